import { describe, expect, it } from "vitest";

import {
  dockerMediaTypes,
  emptyDescriptor,
  isRegistryError,
  manifestKind,
  ociMediaTypes,
  parseManifest,
  validateDescriptor,
  validateImageIndex,
  validateImageManifest,
  type Problem,
} from "../src/index.ts";
import { stripMediaTypeParameters } from "../src/authors.ts";
import { bytes } from "./helpers.ts";

const { imageManifest, imageIndex } = ociMediaTypes;
const manifest = { schemaVersion: 2, config: emptyDescriptor, layers: [emptyDescriptor] };
const index = { schemaVersion: 2, manifests: [{ ...emptyDescriptor, mediaType: imageManifest }] };

/** Returns the problems of `document` as `mediaType`. */
function problems(document: unknown, mediaType: string): readonly Problem[] {
  const content = document instanceof Uint8Array ? document : bytes(JSON.stringify(document));
  try {
    parseManifest(content, mediaType);
  } catch (error) {
    if (!isRegistryError(error, "MANIFEST_INVALID")) throw error;
    return (
      (error.detail as { problems?: readonly Problem[] } | undefined)?.problems ?? [
        { path: "", reason: error.message },
      ]
    );
  }
  return [];
}

describe("parseManifest", () => {
  it("recognises OCI and Docker manifests and indexes, and treats other types as opaque", () => {
    const parse = (document: unknown, type: string): string =>
      parseManifest(bytes(JSON.stringify(document)), type).kind;
    expect(parse(manifest, imageManifest)).toBe("image");
    expect(parse(manifest, dockerMediaTypes.manifest)).toBe("image");
    expect(parse(index, imageIndex)).toBe("index");
    expect(parse(index, dockerMediaTypes.manifestList)).toBe("index");
    expect(parse("anything", "application/vnd.example+json")).toBe("opaque");
    expect(parseManifest(new Uint8Array(), "text/plain").kind).toBe("opaque");
  });

  // clause 12
  it("rejects a JSON object whose mediaType differs from the argument, even an unknown one", () => {
    const typed = (mediaType: unknown): object => ({ ...manifest, mediaType });
    for (const argument of [
      "application/octet-stream",
      "application/x-www-form-urlencoded",
      "application/vnd.example+json",
    ]) {
      expect(problems(typed(imageManifest), argument)).toEqual([
        { path: "$.mediaType", reason: `must be ${argument}, the media type of the content` },
      ]);
      expect(problems(bytes(` \n${JSON.stringify(typed("a/b"))}`), argument)).toHaveLength(1);
      for (const content of [
        typed(argument),
        typed(`${argument}; charset=utf-8`),
        typed(7),
        manifest,
        [typed(imageManifest)],
      ]) {
        expect(problems(content, argument), JSON.stringify(content)).toEqual([]);
      }
      expect(problems(bytes(`{"mediaType":"${imageManifest}"`), argument)).toEqual([]);
    }
  });

  // clause 12
  it("accepts invalid JSON that begins like an object under an unknown type, however many commas it has", () => {
    const content = bytes(`{${",z".repeat(200_000)}`);
    expect(parseManifest(content, "application/octet-stream").kind).toBe("opaque");
  });

  // clause 12
  it("rejects an object with too many values under an unknown type, because its own type cannot be read", () => {
    const content = bytes(JSON.stringify({ mediaType: imageIndex, manifests: Array(100_001).fill(0) }));
    expect(() => parseManifest(content, "application/octet-stream")).toThrow(/more than 100000 values/);
  });

  // clause 12
  it("strips the parameters of the media type before it checks", () => {
    expect(parseManifest(bytes(JSON.stringify(manifest)), `${imageManifest}; charset=utf-8`).mediaType).toBe(
      imageManifest,
    );
    expect(problems({}, `${imageManifest};charset=utf-8`)).not.toEqual([]);
  });

  // clause 12
  it("rejects a body with another mediaType and accepts one without", () => {
    expect(problems({ ...manifest, mediaType: imageIndex }, imageManifest)).toMatchObject([
      { path: "$.mediaType" },
    ]);
    expect(problems({ ...manifest, mediaType: imageManifest }, imageManifest)).toEqual([]);
    expect(problems(manifest, imageManifest)).toEqual([]);
  });

  // clause 13
  it.each([
    ["an array instead of an object", [], "$"],
    ["null", null, "$"],
    ["another schemaVersion", { ...manifest, schemaVersion: 7 }, "$.schemaVersion"],
    ["a schemaVersion that is a string", { ...manifest, schemaVersion: "2" }, "$.schemaVersion"],
    ["no schemaVersion", { config: emptyDescriptor, layers: [] }, "$.schemaVersion"],
    ["no config", { schemaVersion: 2, layers: [] }, "$.config"],
    ["manifests beside layers", { ...manifest, manifests: [] }, "$.manifests"],
    ["a negative size", { ...manifest, layers: [{ ...emptyDescriptor, size: -1 }] }, "$.layers[0].size"],
    ["a size that is a string", { ...manifest, config: { ...emptyDescriptor, size: "2" } }, "$.config.size"],
    [
      "a size beyond 2^53",
      { ...manifest, layers: [emptyDescriptor, { ...emptyDescriptor, size: 2 ** 53 }] },
      "$.layers[1].size",
    ],
    [
      "a size with a fraction",
      { ...manifest, layers: [{ ...emptyDescriptor, size: 0.5 }] },
      "$.layers[0].size",
    ],
    [
      "an invalid digest",
      { ...manifest, layers: [{ ...emptyDescriptor, digest: "sha256:zz" }] },
      "$.layers[0].digest",
    ],
    ["no digest", { ...manifest, layers: [{ mediaType: "a/b", size: 2 }] }, "$.layers[0].digest"],
    [
      "no media type",
      { ...manifest, layers: [{ ...emptyDescriptor, mediaType: "" }] },
      "$.layers[0].mediaType",
    ],
    [
      "an annotation that is not a string",
      { ...manifest, annotations: { "a.b": 1 } },
      '$.annotations["a.b"]',
    ],
    ["annotations that are null", { ...manifest, annotations: null }, "$.annotations"],
    ["layers that are null", { ...manifest, layers: null }, "$.layers"],
    [
      "a subject without a size",
      { ...manifest, subject: { mediaType: "a/b", digest: "a:b" } },
      "$.subject.size",
    ],
    [
      "data that is not base64",
      { ...manifest, config: { ...emptyDescriptor, data: "e30" } },
      "$.config.data",
    ],
  ])("reports the path at which a manifest has %s", (_what, document, path) => {
    expect(problems(document, imageManifest)).toMatchObject([{ path }]);
  });

  // clause 13
  it.each([
    ["no manifests", { schemaVersion: 2 }, "$.manifests"],
    ["a config", { ...index, config: emptyDescriptor }, "$.config"],
    ["layers", { ...index, layers: [] }, "$.layers"],
    [
      "a platform without an architecture",
      { ...index, manifests: [{ ...emptyDescriptor, platform: { os: "linux" } }] },
      "$.manifests[0].platform.architecture",
    ],
    [
      "os.features that are not an array",
      {
        ...index,
        manifests: [{ ...emptyDescriptor, platform: { os: "a", architecture: "b", "os.features": "c" } }],
      },
      '$.manifests[0].platform["os.features"]',
    ],
  ])("reports the path at which an index has %s", (_what, document, path) => {
    expect(problems(document, imageIndex)).toMatchObject([{ path }]);
  });

  // clause 13
  it.each([
    ["empty content", new Uint8Array()],
    ["invalid JSON", bytes("{")],
    ["invalid UTF-8", Uint8Array.of(0xff, 0xfe)],
    ["a byte order mark", bytes(`\ufeff${JSON.stringify(manifest)}`)],
    ["UTF-16", Uint8Array.from(Buffer.from(JSON.stringify(manifest), "utf16le"))],
  ])("rejects %s", (_what, content) => {
    expect(problems(content, imageManifest)).toHaveLength(1);
  });

  it("reports a limited number of problems", () => {
    const layers = Array.from({ length: 10_000 }, () => ({}));
    expect(problems({ ...manifest, layers }, imageManifest)).toHaveLength(20);
  });

  it("names the first problem in its message, once", () => {
    expect(() => parseManifest(bytes("{}"), imageManifest)).toThrow("$.schemaVersion is missing, and 2 more");
  });

  it("truncates a long key in a path and escapes its control characters", () => {
    const [problem] = problems(
      { ...manifest, annotations: { [`\u009b${"k".repeat(1_000_000)}`]: 1 } },
      imageManifest,
    );
    expect(problem?.path).toBe(`$.annotations["\\u009b${"k".repeat(79)}…"]`);
  });

  it("survives deep nesting and members called __proto__", () => {
    const bomb = bytes(`{"schemaVersion":2,"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
    expect(problems(bomb, imageManifest)).not.toEqual([]);
    const proto = bytes(`{"__proto__":{"schemaVersion":2,"manifests":[]}}`);
    expect(problems(proto, imageIndex)).toMatchObject([{ path: "$.schemaVersion" }, { path: "$.manifests" }]);
  });

  it.each(["", "text", "/", "a/b/c", "a b/c", " ; x"])("rejects %j as a media type", (mediaType) => {
    expect(problems(manifest, mediaType)).toHaveLength(1);
  });

  // clause 1
  it("rejects an argument of the wrong type with a TypeError", () => {
    expect(() => parseManifest("{}" as unknown as Uint8Array, imageManifest)).toThrow(TypeError);
    expect(() => parseManifest(bytes("{}"), 7 as unknown as string)).toThrow(TypeError);
  });
});

describe("media types", () => {
  it("are compared exactly", () => {
    expect(manifestKind(imageManifest)).toBe("image");
    expect(manifestKind(imageManifest.toUpperCase())).toBe("opaque");
    expect(manifestKind("toString")).toBe("opaque");
  });

  it("lose their parameters", () => {
    expect(stripMediaTypeParameters(" a/b ; c=d; e=f")).toBe("a/b");
    expect(stripMediaTypeParameters("a/b")).toBe("a/b");
  });
});

describe("a member with the value undefined", () => {
  it("counts as absent, as in JSON", () => {
    expect(validateImageManifest({ ...manifest, annotations: undefined, subject: undefined })).toEqual([]);
    expect(validateImageIndex({ ...index, layers: undefined })).toEqual([]);
    expect(validateDescriptor({ ...emptyDescriptor, platform: undefined, urls: undefined })).toEqual([]);
  });

  it("counts as missing when it is required", () => {
    expect(validateImageManifest({ ...manifest, config: undefined })).toEqual([
      { path: "$.config", reason: "is missing" },
    ]);
  });
});

describe("validateDescriptor", () => {
  it("accepts the empty descriptor, which is that of {}", () => {
    expect(validateDescriptor(emptyDescriptor)).toEqual([]);
    expect(atob(emptyDescriptor.data ?? "")).toBe("{}");
  });

  it("accepts a digest of an unknown algorithm", () => {
    expect(validateDescriptor({ mediaType: "a/b", digest: "foo+bar.baz:x", size: 0 })).toEqual([]);
  });
});
