// A process that is killed at a step: `killed.ts DIRECTORY OPERATION STEP ARGUMENT`. Exits with 0 if the operation has
// fewer steps.
import { emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";

import { directDisk } from "../../src/disk/direct-disk.ts";
import type { Disk } from "../../src/disk/disk.ts";
import { fullDisk, type Shortage } from "../full-disk.ts";
import { openLayoutOn, type LayoutRegistry } from "../../src/open-layout.ts";

const [directory = "", operation = "", step = "", argument = "", shortage = ""] = process.argv.slice(2);
const changing: readonly (keyof Disk)[] = [
  "mkdir",
  "open",
  "write",
  "truncate",
  "chmod",
  "touch",
  "sync",
  "link",
  "rename",
  "unlink",
  "rmdir",
];

let steps = 0;
let isRunning = false;
const base: Disk = shortage === "" ? directDisk : fullDisk(directory, shortage as Shortage);
const disk = { ...base };
for (const name of changing) {
  const call = base[name] as (...args: unknown[]) => Promise<unknown>;
  (disk as Record<string, unknown>)[name] = async (...args: unknown[]) => {
    if (isRunning && (steps += 1) === Number(step)) process.kill(process.pid, "SIGKILL");
    return call(...args);
  };
}

const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

const operations: Readonly<Record<string, (registry: LayoutRegistry) => Promise<unknown>>> = {
  async push(registry) {
    await registry.pushBlob("a", emptyDescriptor, encode("{}"));
    const manifest = {
      schemaVersion: 2,
      mediaType: ociMediaTypes.imageManifest,
      artifactType: "application/vnd.example",
      config: emptyDescriptor,
      layers: [],
      annotations: { name: "pushed" },
    };
    await registry.pushManifest("a", encode(manifest), ociMediaTypes.imageManifest, { tags: ["v1", "v2"] });
  },
  async "pushes at once"(registry) {
    const names = ["v1", "v2", "v3", "v4"];
    await Promise.all(
      names.map((name) =>
        registry.pushManifest("a", encode({ name }), "application/x-thing", { tags: [name] }),
      ),
    );
  },
  async upload(registry) {
    const writer = await registry.pushBlobChunked("a");
    await writer.write(encode("hello "));
    await writer.write(encode("world"));
    await writer.commit(argument);
  },
  untag: (registry) => registry.deleteTag("a", argument),
  delete: (registry) => registry.deleteManifest("a", argument),
  gc: (registry) => registry.gc({ graceMs: 0, untagged: true }),
};

const registry = openLayoutOn(disk, directory);
isRunning = true;
await operations[operation]?.(registry);
process.stdout.write("done\n");
isRunning = false;
await registry.close();
