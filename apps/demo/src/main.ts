// `pnpm demo`: what the packages do, in twelve steps. Each prints one sentence, its code, and the result.
import { execFile } from "node:child_process";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { openArchive, writeArchive } from "@ocilayout/layout-archive";
import { openLayout } from "@ocilayout/layout-core";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { openRemote } from "@ocilayout/oci-client";
import { buildIndex, copy, pushLayer, readFile, readImage } from "@ocilayout/oci-image";
import { filesOf } from "@ocilayout/oci-image/node";
import { serve } from "@ocilayout/oci-server/node";
import { collect, type RegistryError } from "@ocilayout/oci-types";

import { attachSbom, pushImages } from "./image.ts";
import { step } from "./step.ts";

process.chdir(fileURLToPath(new URL("../../..", import.meta.url)));
await rm(".demo", { recursive: true, force: true });
const explain = ({ code, message }: RegistryError): string => `${code}: ${message}`;
await using layout = await openLayout(".demo/images");
const app = { registry: layout, repository: "app", reference: "v1" };

const layer = await step(
  "Make a layer of a directory, and stream it into a layout on disk.",
  () => pushLayer(app, filesOf("packages/ociref/src")),
  ({ descriptor }) => `${descriptor.digest}, ${descriptor.size} bytes`,
);

const index = await step(
  "Push an image for two platforms.",
  async () => buildIndex(app, await pushImages(app, layer, ["amd64", "arm64"])),
  ({ digest, mediaType }) => `${digest}, ${mediaType}`,
);

await step(
  "Read the config for another platform than this one.",
  () => readImage(app, { platform: "linux/arm64" }),
  ({ config }) => JSON.stringify(config.config),
);

await step(
  "Read one file of the image.",
  async () => (await readFile(app, "index.ts", { platform: "linux/arm64" })).text(),
  (text) => text.split("\n", 1).join(""),
);

await step(
  "Attach a bill of materials (SBOM) to the image.",
  () => attachSbom(app, index),
  ({ digest }) => digest,
);

await step(
  "Find what is attached to the image.",
  () => collect(layout.referrers("app", index.digest)),
  (found) => found.map(({ digest, artifactType }) => `${digest}, ${artifactType ?? ""}`).join(),
);

await step(
  "Write all of it to an archive, which Docker, podman and skopeo load.",
  () => writeArchive(".demo/app.tar", [app], { format: "both", referrers: true }),
  async () => {
    await using archive = await openArchive(".demo/app.tar");
    return `.demo/app.tar has ${(await archive.resolveTag("app", "v1")).digest}`;
  },
);

const server = await serve(createMemoryRegistry(), { port: 0, writable: true });
const remote = await openRemote(new URL(server.url).host);
await step(
  "Copy it to a registry server.",
  () => copy(app, { ...app, registry: remote }, { referrers: true }),
  ({ blobs, manifests }) => `${blobs.copied} blobs and ${manifests} manifests, copied to ${server.url}`,
);

await using mirror = await openLayout(".demo/mirror");
await step(
  "Copy it from the server to another layout.",
  () => copy({ ...app, registry: remote }, { ...app, registry: mirror }),
  ({ descriptor }) => `${descriptor.digest}, the same digest`,
);
await remote.close();
await server.close();

const tagger = fileURLToPath(new URL("./tagger.js", import.meta.url));
const addTags = (name: string): Promise<unknown> =>
  promisify(execFile)(process.execPath, [tagger, ".demo/images", name, "50"]);
await step(
  "Let two processes add 50 tags each, at the same time.",
  () => Promise.all([addTags("a"), addTags("b")]),
  async () => `${(await collect(layout.tags("app"))).length} tags: v1, and all of the 100`,
);

const file = await open(
  join(".demo/images/blobs/sha256", layer.descriptor.digest.slice("sha256:".length)),
  "r+",
);
await file.write(Uint8Array.of(0xff), 0, 1, 100);
await file.close();
await step(
  "Change one byte of the layer on the disk, and read it.",
  async () => (await layout.getBlob("app", layer.descriptor.digest)).bytes().catch(explain),
  String,
);

await layout.deleteManifest("app", index.digest);
await step(
  "Delete the image, and collect the garbage.",
  () => layout.gc({ graceMs: 0, untagged: true }),
  ({ removed, bytes }) => `${removed.length} blobs with ${bytes} bytes removed`,
);
