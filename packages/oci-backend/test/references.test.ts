import { emptyDescriptor, ociMediaTypes, parseManifest, type Descriptor } from "@ocilayout/oci-types";
import { artifact, bytes, descriptorOf, digestOf, imageIndex, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import {
  checkReferences,
  childrenOf,
  describeReferrer,
  readChild,
  referencesOf,
  requireCurrent,
  subjectOf,
} from "../src/index.ts";

const { imageManifest, imageIndex: index } = ociMediaTypes;
const layer = descriptorOf(bytes("layer"));
const child = descriptorOf(artifact("child"), imageManifest);

const read = (content: Uint8Array<ArrayBuffer>, mediaType: string) => ({
  descriptor: descriptorOf(content, mediaType),
  content,
  parsed: parseManifest(content, mediaType),
});

// clause 15
describe("requireCurrent", () => {
  const [one, other] = [layer.digest, child.digest];

  it.each([
    [{}, one],
    [{}, undefined],
    [{ ifMatch: "*" }, one],
    [{ ifMatch: one }, one],
    [{ ifNoneMatch: "*" as const }, undefined],
  ])("accepts %o if the tag fulfils it", (precondition, current) => {
    expect(() => {
      requireCurrent("t", current, precondition);
    }).not.toThrow();
  });

  it.each([
    [{ ifMatch: "*" }, undefined],
    [{ ifMatch: one }, undefined],
    [{ ifMatch: one }, other],
    [{ ifNoneMatch: "*" as const }, one],
  ])("rejects %o if the tag does not fulfil it, and reports its digest", (precondition, current) => {
    expect(() => {
      requireCurrent("t", current, precondition);
    }).toThrow(
      expect.objectContaining({
        code: "PRECONDITION_FAILED",
        detail: { tag: "t", digest: current ?? null },
      }),
    );
  });
});

// clause 14
describe("checkReferences", () => {
  const check = (content: Uint8Array, mediaType: string, stored: readonly Descriptor[], sparse?: boolean) =>
    checkReferences(
      parseManifest(content, mediaType),
      {
        sizeOf: (digest) => stored.find((it) => it.digest === digest)?.size,
        isAsDescribed: (it) =>
          stored.some((one) => one.digest === it.digest && one.mediaType === it.mediaType),
      },
      sparse,
    );

  it("reports all missing references, except subjects and layers with urls", async () => {
    const elsewhere = { ...descriptorOf(bytes("elsewhere")), urls: ["https://example.com"] };
    const image = artifact("a", { layers: [layer, elsewhere], subject: child });
    expect(await rejection(check(image, imageManifest, []))).toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
      detail: { missing: [emptyDescriptor.digest, layer.digest] },
    });
    await check(image, imageManifest, [emptyDescriptor, layer]);
    await check(image, imageManifest, [], true);
  });

  it("rejects content that is stored with another size or type, even if references may be missing", async () => {
    const wrongSize = check(artifact("a", { layers: [layer] }), imageManifest, [{ ...layer, size: 1 }], true);
    expect(await rejection(wrongSize)).toMatchObject({
      code: "MANIFEST_INVALID",
      detail: { problems: [{ path: "$.layers[0].size" }] },
    });
    const wrongType = check(imageIndex(child), index, [{ ...child, mediaType: index }], true);
    expect(await rejection(wrongType)).toMatchObject({ detail: { problems: [{ path: "$.manifests[0]" }] } });
    const twoTypes = check(imageIndex(child, { ...child, mediaType: index }), index, [child]);
    expect(await rejection(twoTypes)).toMatchObject({ detail: { problems: [{ path: "$.manifests[1]" }] } });
  });

  it("checks no references of a manifest of an unknown type", async () => {
    await check(bytes(`{"digest":"${layer.digest}"}`), "application/x-thing", []);
  });
});

describe("the relations of a manifest", () => {
  const image = read(artifact("a", { layers: [layer], subject: child }), imageManifest);
  const list = read(imageIndex(child), index);
  const opaque = read(bytes(`{"deep":[{"digest":"${layer.digest}"}],"digest":"x"}`), "application/x-thing");

  it("are its references, its children and its subject", () => {
    expect(referencesOf(image)).toEqual([emptyDescriptor.digest, layer.digest]);
    expect(referencesOf(list)).toEqual([child.digest]);
    expect(referencesOf(opaque)).toEqual([layer.digest]);
    expect(referencesOf(read(bytes("not JSON"), "text/plain"))).toEqual([]);
    expect([image, list, opaque].map(childrenOf)).toEqual([[], [child], []]);
    expect([image, list, opaque].map(subjectOf)).toEqual([child.digest, undefined, undefined]);
  });

  // clause 21
  it("are described with the artifact type, and a copy of the annotations", () => {
    expect(describeReferrer(image)).toEqual({
      ...image.descriptor,
      artifactType: "application/vnd.example",
      annotations: { name: "a" },
    });
    const plain = read(artifact("a", { artifactType: undefined, annotations: undefined }), imageManifest);
    expect(describeReferrer(plain)).toEqual({ ...plain.descriptor, artifactType: emptyDescriptor.mediaType });
    expect(describeReferrer(list)).toEqual(list.descriptor);
    expect(describeReferrer(opaque)).toEqual(opaque.descriptor);
  });

  // clause 18
  it("of a child are read from its bytes, not from its index", () => {
    const content = artifact("child");
    expect(readChild({ ...child, mediaType: index }, content)?.descriptor).toEqual(child);
    expect(readChild({ ...child, mediaType: imageManifest }, bytes("not JSON"))).toBeUndefined();
    const thing = { mediaType: "application/x-thing", digest: digestOf(bytes("thing")), size: 5 };
    expect(readChild(thing, bytes("thing"))?.descriptor).toEqual(thing);
  });
});
