import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import {
  collect,
  dockerMediaTypes,
  emptyDescriptor,
  isRegistryError,
  ociMediaTypes,
  type Descriptor,
} from "@ocilayout/oci-types";
import {
  artifact,
  blobPath,
  bytes,
  descriptorOf,
  freshLayout,
  imageIndex,
  pushArtifact,
  temporaryDirectory,
} from "@ocilayout/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { openLayout } from "../src/index.ts";

const { imageManifest, imageIndex: indexType } = ociMediaTypes;
const artifactManifest = "application/vnd.oci.artifact.manifest.v1+json";

/** Writes a layout by hand, as another tool may do. */
function writeLayout(
  directory: string,
  contents: readonly Uint8Array[],
  manifests: readonly object[],
): string {
  mkdirSync(join(directory, "blobs/sha256"), { recursive: true });
  writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  for (const content of contents) writeFileSync(blobPath(directory, descriptorOf(content).digest), content);
  writeFileSync(join(directory, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
  return directory;
}

function named(descriptor: Descriptor, name: string): object {
  return { ...descriptor, annotations: { "org.opencontainers.image.ref.name": name } };
}

/** The kind of a random document, and its references to earlier documents (`from`) under given types (`as`). */
const node = fc.record({
  kind: fc.constantFrom("blob", "image", "index", "artifact", "unknown"),
  isTyped: fc.boolean(),
  isStored: fc.integer({ min: 0, max: 9 }).map((it) => it > 0),
  references: fc.array(
    fc.record({
      from: fc.nat(30),
      as: fc.constantFrom("", "", "", imageManifest, indexType, artifactManifest, "text/plain"),
    }),
    { maxLength: 3 },
  ),
});

const TYPES = {
  blob: "text/plain",
  image: imageManifest,
  index: indexType,
  artifact: artifactManifest,
  unknown: "application/x.other",
};

describe("verify and gc", () => {
  it("agree on what is unreachable in any layout that another tool may have written", async () => {
    const entries = fc.array(
      fc.record({ from: fc.nat(30), as: fc.constantFrom("", "", imageManifest, "text/plain") }),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(node, { minLength: 2, maxLength: 9 }), entries, async (nodes, roots) => {
        const made: { content: Uint8Array; type: string }[] = [{ content: bytes("first"), type: TYPES.blob }];
        const refer = ({ from, as }: { from: number; as: string }): Descriptor => {
          const { content, type } = made[from % made.length] ?? { content: bytes(""), type: "" };
          return descriptorOf(content, as === "" ? type : as);
        };
        for (const [at, { kind, isTyped, references }] of nodes.entries()) {
          const [first = descriptorOf(bytes("first")), ...others] = references.map(refer);
          const type = TYPES[kind];
          const common = {
            ...(isTyped ? { mediaType: type } : {}),
            schemaVersion: 2,
            annotations: { at: String(at) },
          };
          const documents = {
            blob: at,
            image: {
              ...common,
              config: first,
              layers: others,
              ...(others[0] === undefined ? {} : { subject: others[0] }),
            },
            index: { ...common, manifests: [first, ...others] },
            artifact: { ...common, blobs: others, subject: first },
            unknown: { ...common, some: { where: [first, others] } },
          };
          made.push({ content: bytes(JSON.stringify(documents[kind])), type });
        }
        const stored = made.filter((_, at) => nodes[at - 1]?.isStored ?? true).map(({ content }) => content);
        const directory = writeLayout(
          temporaryDirectory(),
          stored,
          roots.map((root, at) => named(refer(root), `t${at}`)),
        );
        await using registry = await openLayout(directory);
        const findings = await collect(registry.verify());
        const unreached = findings.flatMap(({ kind, digest }) =>
          kind === "unreachable-blob" || kind === "unlisted-referrer" ? [digest] : [],
        );
        const isDamaged = findings.some(({ kind }) => kind === "damaged-manifest");
        const removed = await registry.gc({ graceMs: 0, dryRun: true }).then(
          (report) => report.removed,
          (error: unknown) => (isRegistryError(error, "LAYOUT_INVALID") ? "refused" : "failed"),
        );
        expect(removed).toEqual(isDamaged ? "refused" : unreached.toSorted());
      }),
      { numRuns: 60 },
    );
  });

  it("follow what one manifest lists as a layer and another as a manifest", async () => {
    const layer = bytes("only the child has it");
    const child = artifact("child", { layers: [descriptorOf(layer)] });
    const parent = artifact("parent", { layers: [descriptorOf(child, imageManifest)] });
    const roots = [
      named(descriptorOf(parent, imageManifest), "parent"),
      named(descriptorOf(child, imageManifest), "child"),
    ];
    await using registry = await openLayout(
      writeLayout(temporaryDirectory(), [layer, child, parent, bytes("{}")], roots),
    );
    expect(await collect(registry.verify())).toEqual([]);
  });
});

// clause 12
describe("bytes without a mediaType", () => {
  const untyped = bytes(JSON.stringify({ schemaVersion: 2, config: emptyDescriptor, layers: [] }));

  it("keep the type that they were pushed as, even after verify read them", async () => {
    const directory = freshLayout();
    const writer = await openLayout(directory);
    await writer.pushBlob("a", emptyDescriptor, bytes("{}"));
    const one = await writer.pushManifest("a", untyped, dockerMediaTypes.manifest, { tags: ["v1"] });
    await writer.deleteManifest("a", one.digest);
    await writer.close();
    await using registry = await openLayout(directory);
    await collect(registry.verify());
    await registry.pushManifest("a", untyped, dockerMediaTypes.manifest, { tags: ["v1"] });
    expect(await registry.resolveTag("a", "v1")).toEqual(one);
  });

  it.each([imageManifest, "text/plain"])(
    "keep an entry that calls an index %s from hiding a manifest of another repository",
    async (lie) => {
      const directory = freshLayout();
      const writer = await openLayout(directory);
      const child = await pushArtifact(writer, "good", "child");
      await writer.close();
      const list = bytes(
        new TextDecoder().decode(imageIndex(child)).replace(/"mediaType":"[^"]*index[^"]*",/, ""),
      );
      const entries = [
        named(descriptorOf(list, lie), "bad:v1"),
        named(descriptorOf(list, indexType), "good:v1"),
      ];
      writeLayout(directory, [list], entries);
      await using registry = await openLayout(directory);
      await registry.resolveTag("bad", "v1");
      expect(await registry.resolveManifest("good", child.digest)).toEqual(child);
      expect(await collect(registry.manifests("good"))).toHaveLength(2);
    },
  );
});
