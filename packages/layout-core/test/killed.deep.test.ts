import { existsSync } from "node:fs";
import { join } from "node:path";

import { collect, ociMediaTypes } from "@ocilayout/oci-types";
import { bytes, descriptorOf, imageIndex, pushArtifact, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { fullDisk, type Shortage } from "./full-disk.ts";
import { listTree } from "./helpers.ts";
import { bundledWorker, ended, start } from "./run-worker.ts";

interface Operation {
  readonly name: string;
  /** The resource that runs out during the operation and for the next process. */
  readonly shortage?: Shortage | undefined;
  /** Prepares the layout for the operation, and returns the operation's argument. */
  readonly prepare: (registry: LayoutRegistry) => Promise<string>;
  /** Checks the result of an acknowledged operation. */
  readonly expectDone: (registry: LayoutRegistry, argument: string) => Promise<unknown>;
}

const hello = descriptorOf(bytes("hello world"));

const operations: readonly Operation[] = [
  {
    name: "push",
    prepare: async () => "",
    expectDone: async (it) => {
      for (const tag of ["v1", "v2"])
        expect(await (await it.getTag("a", tag)).json()).toMatchObject({ annotations: { name: "pushed" } });
    },
  },
  {
    name: "pushes at once",
    prepare: async () => "",
    expectDone: async (it) => {
      for (const name of ["v1", "v2", "v3", "v4"])
        expect(await (await it.getTag("a", name)).json()).toEqual({ name });
    },
  },
  {
    name: "upload",
    prepare: async () => hello.digest,
    expectDone: async (it) => {
      expect(await (await it.getBlob("a", hello.digest)).text()).toBe("hello world");
    },
  },
  {
    name: "delete",
    prepare: async (it) => {
      const child = await pushArtifact(it, "a", "child");
      return (await it.pushManifest("a", imageIndex(child), ociMediaTypes.imageIndex, { tags: ["gone"] }))
        .digest;
    },
    expectDone: async (it, digest) => {
      await expect(it.resolveManifest("a", digest)).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    },
  },
  {
    name: "gc",
    prepare: async (it) => {
      await pushArtifact(it, "a", "untagged");
      await it.pushBlob("a", hello, bytes("hello world"));
      return "";
    },
    expectDone: async (it) => {
      await expect(it.resolveBlob("a", hello.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    },
  },
  ...(["names", "blocks"] as const).map((shortage): Operation => ({
    name: "untag",
    shortage,
    prepare: async (it) => {
      await pushArtifact(it, "a", "tagged", ["tagged"]);
      await it.pushBlob("a", hello, bytes("hello world"));
      return "tagged";
    },
    expectDone: async (it) => {
      await expect(it.resolveTag("a", "tagged")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    },
  })),
];

describe.skipIf(process.platform === "win32")("a process killed at any step", () => {
  const script = bundledWorker("killed");

  /** Runs the operation in a process that is killed at `step`. Returns whether it was killed. */
  async function kill({ name, shortage, prepare, expectDone }: Operation, step: number): Promise<boolean> {
    const directory = join(temporaryDirectory(), "layout");
    const before = await openLayout(directory, { durability: "none" });
    await pushArtifact(before, "a", "kept", ["kept"]);
    const argument = await prepare(before);
    await before.close();

    const child = start(script(), directory, name, String(step), argument, shortage ?? "");
    let said = "";
    child.stdout?.on("data", (data: Buffer) => {
      said += data.toString();
    });
    const end = await ended(child);

    // The next process does not wait for the dead one. It finds everything acknowledged intact, and can write.
    const context = `${name}, step ${step}${shortage === undefined ? "" : `, without ${shortage}`}`;
    if (shortage !== undefined) {
      // No space was freed, but operations that free space still run.
      await using without = openLayoutOn(fullDisk(directory, shortage), directory, { lockTimeoutMs: 1_000 });
      expect((await without.gc({ graceMs: 0 })).removed, context).toContain(hello.digest);
    }
    await using registry = await openLayout(directory, { lockTimeoutMs: 1_000 });
    expect(await (await registry.getTag("a", "kept")).json(), context).toMatchObject({
      annotations: { name: "kept" },
    });
    if (said === "done\n") await expectDone(registry, argument);
    await pushArtifact(registry, "a", "next", ["next"]);
    expect(
      (await collect(registry.verify())).filter(({ severity }) => severity === "error"),
      context,
    ).toEqual([]);

    // A garbage collection removes everything that is left over.
    await registry.gc({ graceMs: 0 });
    const isUpload = (path: string): boolean => /^_uploads\/[0-9a-f-]{36}\//.test(path);
    const left = listTree(directory).filter(
      (path) => !/^(blobs\/.*|_uploads\/(reserve-.*)?|index\.json|oci-layout)$/.test(path) && !isUpload(path),
    );
    expect(left, context).toEqual([]);
    expect(
      (await collect(registry.verify())).filter(({ kind }) => kind !== "stale-upload"),
      context,
    ).toEqual([]);
    expect(existsSync(join(directory, ".index.json.lock")), context).toBe(false);
    return end === "SIGKILL";
  }

  it.each(
    operations.map((operation) => [operation.name, operation.shortage ?? "nothing", operation] as const),
  )(
    "of %s, short of %s, loses nothing acknowledged, blocks no successor and leaves nothing behind",
    async (_name, _shortage, operation) => {
      let steps = 0;
      // Two at a time, because each mostly waits for its process.
      for (let isOver = false; !isOver; steps += 2) {
        const killed = await Promise.all([kill(operation, steps + 1), kill(operation, steps + 2)]);
        isOver = !killed.every(Boolean);
      }
      expect(steps).toBeGreaterThan(8);
    },
    300_000,
  );
});
