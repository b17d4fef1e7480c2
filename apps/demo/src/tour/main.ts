// `pnpm demo`: what the packages do, in ten steps. Each prints one sentence, its code, and the result.
import { execFile } from "node:child_process";
import { open, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { openArchive, writeArchive } from "@ocilayout/layout-archive";
import { openLayout } from "@ocilayout/layout-core";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { openRemote } from "@ocilayout/oci-client";
import { buildIndex, copy, pushLayer, readFile, readImage } from "@ocilayout/oci-image";
import { filesOf } from "@ocilayout/oci-image/node";
import { serve } from "@ocilayout/oci-server/node";
import { collect } from "@ocilayout/oci-types";

import { attachSbom, pushImage } from "./image.ts";
import { step } from "./step.ts";

process.chdir(resolve(fileURLToPath(new URL("../../..", import.meta.url))));
const writer = fileURLToPath(new URL("./writer.js", import.meta.url));
const run = promisify(execFile);
const short = (digest: string): string => digest.slice(0, 19);
await rm(".demo", { recursive: true, force: true });

const layout = await openLayout(".demo/images");
const app = { registry: layout, repository: "app", reference: "v1" };

const layer = await step(
  "Make a layer of a directory, and stream it into a layout on disk.",
  () => pushLayer(app, filesOf("packages/ociref")),
  ({ descriptor }) => `${short(descriptor.digest)} ${descriptor.mediaType}, ${descriptor.size} bytes`,
);

const index = await step(
  "Push an image for two platforms.",
  async () =>
    buildIndex(
      app,
      [await pushImage(layout, "app", "amd64", layer), await pushImage(layout, "app", "arm64", layer)].map(
        ({ digest }) => ({ reference: digest }),
      ),
    ),
  ({ digest, mediaType }) => `app:v1 is ${short(digest)} ${mediaType}`,
);

await step(
  "Read the config for the other platform.",
  () => readImage(app, { platform: "linux/arm64" }),
  ({ config }) => JSON.stringify(config.config),
);

await step(
  "Read one file of the image, and no more.",
  async () => (await readFile(app, "README.md", { platform: "linux/arm64" })).text(),
  (text) => text.split("\n")[0] ?? "",
);

await step(
  "Attach a bill of materials (SBOM), and find it.",
  async () => {
    await attachSbom(layout, "app", index);
    return collect(layout.referrers("app", index.digest));
  },
  ([found]) => `${short(found?.digest ?? "")} ${found?.artifactType ?? ""}`,
);

await step(
  "Write all of it to an archive that Docker, podman and skopeo load.",
  async () => {
    await writeArchive(".demo/app.tar", [app], { format: "both", referrers: true });
    return collect((await openArchive(".demo/app.tar")).tags("app"));
  },
  (tags) => `.demo/app.tar has the tags ${tags.join(", ")}`,
);

const server = await serve(createMemoryRegistry(), { port: 0, writable: true });
const remote = await openRemote(new URL(server.url).host);
await step(
  "Copy it to a registry server, and from there to another layout.",
  async () => {
    await copy(app, { ...app, registry: remote }, { referrers: true });
    return copy({ ...app, registry: remote }, { ...app, registry: await openLayout(".demo/mirror") });
  },
  ({ descriptor, blobs }) =>
    `${short(descriptor.digest)}, the same digest; ${blobs.copied} blobs copied and verified`,
);
await remote.close();
await server.close();

await step(
  "Let two processes tag at the same time. No tag is lost.",
  async () => {
    await Promise.all(["a", "b"].map((name) => run("node", [writer, ".demo/images", name, "50"])));
    return collect(layout.tags("app"));
  },
  (tags) => `${tags.length} tags: v1, and 50 of each process`,
);

await step(
  "Flip one byte of the layer on the disk. The next reader sees it.",
  async () => {
    const file = await open(join(".demo/images/blobs/sha256", layer.descriptor.digest.slice(7)), "r+");
    await file.write(Uint8Array.of(0xff), 0, 1, 100);
    await file.close();
    return (await layout.getBlob("app", layer.descriptor.digest)).bytes().catch(String);
  },
  (outcome) => String(outcome),
);

await step(
  "Push it again, which replaces the damaged file; delete the image, and collect the garbage.",
  async () => {
    await pushLayer(app, filesOf("packages/ociref"));
    await layout.deleteManifest("app", index.digest);
    return layout.gc({ graceMs: 0, untagged: true });
  },
  ({ removed, bytes }) => `${removed.length} blobs removed, ${bytes} bytes`,
);
await layout.close();
