import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { openArchive } from "@ocilayout/layout-archive";
import { writeTar } from "@ocilayout/oci-image/tar";
import { collect, isRegistryError } from "@ocilayout/oci-types";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { afterAll, expect, it } from "vitest";

import { outcome } from "./outcome.ts";
import { fuzz } from "./run.ts";

const directory = mkdtempSync(join(tmpdir(), "fuzz-archive-"));
const path = join(directory, "archive.tar");
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const limits = { members: 60, nameBytes: 5_000, indexBytes: 20_000, decompressedBytes: 200_000 };

const digestOf = (content: string): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;
const blob = (content: string): [path: string, content: string] => [
  `blobs/sha256/${digestOf(content).slice("sha256:".length)}`,
  content,
];

const layer = "the content of a layer";
const config = JSON.stringify({
  os: "linux",
  architecture: "amd64",
  rootfs: { diff_ids: [digestOf(layer)] },
});
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: {
    mediaType: "application/vnd.oci.image.config.v1+json",
    digest: digestOf(config),
    size: config.length,
  },
  layers: [
    { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digestOf(layer), size: layer.length },
  ],
});
const entry = {
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: digestOf(manifest),
  size: manifest.length,
  annotations: { "org.opencontainers.image.ref.name": "app:v1" },
};
const index = JSON.stringify({ schemaVersion: 2, manifests: [entry] });
const listing = JSON.stringify([{ Config: "config.json", RepoTags: ["app:v1"], Layers: ["one/layer.tar"] }]);

/** The members of archives that are read as they are: of an OCI layout, of Docker, and of both. */
const oci: readonly (readonly [string, string])[] = [
  ["oci-layout", '{"imageLayoutVersion":"1.0.0"}'],
  blob(layer),
  blob(config),
  blob(manifest),
  ["index.json", index],
];
const docker: readonly (readonly [string, string])[] = [
  ["config.json", config],
  ["one/layer.tar", layer],
  ["repositories", '{"app":{"v1":"one"}}'],
  ["manifest.json", listing],
];

async function tarOf(members: readonly (readonly [string, string])[]): Promise<Buffer> {
  const encoder = new TextEncoder();
  const entries = members.map(([name, content]) => ({ path: name, content: encoder.encode(content) }));
  return Buffer.concat(await collect(writeTar(entries)));
}

const archives = await Promise.all([oci, docker, [...oci, ...docker], oci.toReversed()].map(tarOf));

/** Text that changes the meaning of a document or of a name. */
const token = fc.constantFrom(
  ...[
    '"',
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "-1",
    "1e99",
    "../",
    "/",
    "\0",
    "sha512:",
    "\\u0000",
    "__proto__",
  ],
  ...["index.json", "manifest.json", "oci-layout", "blobs/sha256/"],
);

/** A change of an archive: `at` is a place in it, from 0 to 1. */
const change = fc.oneof(
  fc.record({
    kind: fc.constant("bit" as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    bit: fc.nat(7),
  }),
  fc.record({
    kind: fc.constant("text" as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    text: token,
  }),
  fc.record({
    kind: fc.constantFrom("move" as const, "repeat" as const, "drop" as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    to: fc.double({ min: 0, max: 1, noNaN: true }),
    blocks: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
);

const BLOCK = 512;

type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

function changed(archive: Buffer, it: Change): Buffer {
  const copy = Buffer.from(archive);
  const place = Math.floor(it.at * copy.length);
  switch (it.kind) {
    case "bit":
      if (place < copy.length) copy[place] = (copy[place] ?? 0) ^ (1 << it.bit);
      return copy;
    case "text":
      copy.write(it.text, Math.min(place, Math.max(0, copy.length - it.text.length)), "latin1");
      return copy;
    case "cut":
      return copy.subarray(0, place);
    case "move":
    case "repeat":
    case "drop": {
      const from = place - (place % BLOCK);
      const part = copy.subarray(from, from + it.blocks * BLOCK);
      const rest =
        it.kind === "repeat"
          ? copy
          : Buffer.concat([copy.subarray(0, from), copy.subarray(from + part.length)]);
      if (it.kind === "drop") return rest;
      const to = Math.floor((it.to * rest.length) / BLOCK) * BLOCK;
      return Buffer.concat([rest.subarray(0, to), part, rest.subarray(to)]);
    }
  }
}

/** Corrects the checksums of headers, so that a changed header is read further than its checksum. */
function summed(archive: Buffer): Buffer {
  for (let at = 0; at + BLOCK <= archive.length; at += BLOCK) {
    const block = archive.subarray(at, at + BLOCK);
    if (block.toString("latin1", 257, 262) !== "ustar") continue;
    block.fill(" ", 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  }
  return archive;
}

async function readEverything(format: "oci" | "docker" | undefined): Promise<void> {
  const archive = await openArchive(path, { format, limits });
  try {
    for (const repository of await collect(archive.repositories())) {
      const tags = await collect(archive.tags(repository));
      for (const tag of tags)
        await outcome(async () => (await archive.getTag(repository, tag)).bytes(), [directory]);
      for await (const { descriptor } of archive.manifests(repository)) {
        const { digest } = descriptor;
        const bytes = await outcome(
          async () => (await archive.getManifest(repository, digest)).bytes(),
          [directory],
        );
        if (bytes instanceof Uint8Array)
          expect(`sha256:${createHash("sha256").update(bytes).digest("hex")}`).toBe(digest);
        await collect(archive.referrers(repository, digest));
      }
      for (const content of [layer, config]) {
        const read = await outcome(
          async () => (await archive.getBlob(repository, digestOf(content))).text(),
          [directory],
        );
        if (typeof read === "string") expect(read).toBe(content);
      }
    }
  } finally {
    await archive.close();
  }
}

it("any changed archive of images is read with verified content, or rejected with a code", async () => {
  let opened = 0;
  await fuzz(
    "archives of images",
    1_500,
    fc.record({
      archive: fc.constantFrom(...archives),
      changes: fc.array(change, { maxLength: 4 }),
      isSummed: fc.boolean(),
      isCompressed: fc.constantFrom(false, false, false, true),
      format: fc.constantFrom(undefined, undefined, "oci" as const, "docker" as const),
    }),
    async ({ archive, changes, isSummed, isCompressed, format }) => {
      const whole = changes.reduce(changed, archive);
      const bytes = isSummed ? summed(Buffer.from(whole)) : whole;
      writeFileSync(path, isCompressed ? gzipSync(bytes, { level: 1 }) : bytes);
      const result = await outcome(() => readEverything(format), [directory]);
      if (result === undefined) opened += 1;
      else if (!isRegistryError(result))
        throw new Error("the archive failed without a code", { cause: result });
    },
  );
  // Most changes must be deeper than the first header.
  expect(opened).toBeGreaterThan(0);
});
