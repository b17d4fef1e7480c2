import { describe, expect, it } from "vitest";

import {
  dockerMediaTypes,
  emptyDescriptor,
  isRegistryError,
  manifestKind,
  ociMediaTypes,
  parseManifest,
  stripMediaTypeParameters,
  validateDescriptor,
  validateImageIndex,
  validateImageManifest,
  type Problem,
} from "../src/index.ts";
import { bytes } from "./helpers.ts";

const { imageManifest, imageIndex } = ociMediaTypes;
const manifest = { schemaVersion: 2, config: emptyDescriptor, layers: [emptyDescriptor] };
const index = { schemaVersion: 2, manifests: [{ ...emptyDescriptor, mediaType: imageManifest }] };

/** The problems that `document` has as `mediaType`. */
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
  it("knows manifests and indexes, of OCI and of Docker, and lets anything else be", () => {
    const parse = (document: unknown, type: string): string =>
      parseManifest(bytes(JSON.stringify(document)), type).kind;
    expect(parse(manifest, imageManifest)).toBe("image");
    expect(parse(manifest, dockerMediaTypes.manifest)).toBe("image");
    expect(parse(index, imageIndex)).toBe("index");
    expect(parse(index, dockerMediaTypes.manifestList)).toBe("index");
    expect(parse("anything", "application/vnd.example+json")).toBe("opaque");
    expect(parseManifest(new Uint8Array(), "text/plain").kind).toBe("opaque");
  });

  it("12: refuses a JSON object that says it is of another type, whatever the argument is", () => {
    const typed = (mediaType: unknown): object => ({ ...manifest, mediaType });
    for (const argument of [
      "application/octet-stream",
      "application/x-www-form-urlencoded",
      "application/vnd.example+json",
    ]) {
      expect(problems(typed(imageManifest), argument)).toEqual([
        { path: "$.mediaType", reason: `must be ${argument}, as the content was said to be` },
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

  it("12: takes bytes that begin like an object and are not JSON, however many commas they have", () => {
    const content = bytes(`{${",z".repeat(200_000)}`);
    expect(parseManifest(content, "application/octet-stream").kind).toBe("opaque");
  });

  it("12: refuses an object with too many values under an unknown type: its own type would go unseen", () => {
    const content = bytes(JSON.stringify({ mediaType: imageIndex, manifests: Array(100_001).fill(0) }));
    expect(() => parseManifest(content, "application/octet-stream")).toThrow(/more than 100000 values/);
  });

  it("12: strips the parameters of the media type, and then checks as ever", () => {
    expect(parseManifest(bytes(JSON.stringify(manifest)), `${imageManifest}; charset=utf-8`).mediaType).toBe(
      imageManifest,
    );
    expect(problems({}, `${imageManifest};charset=utf-8`)).not.toEqual([]);
  });

  it("12: refuses a body that says it is something else, and takes one that says nothing", () => {
    expect(problems({ ...manifest, mediaType: imageIndex }, imageManifest)).toMatchObject([
      { path: "$.mediaType" },
    ]);
    expect(problems({ ...manifest, mediaType: imageManifest }, imageManifest)).toEqual([]);
    expect(problems(manifest, imageManifest)).toEqual([]);
  });

  it.each([
    ["no object", [], "$"],
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
      "a digest that is none",
      { ...manifest, layers: [{ ...emptyDescriptor, digest: "sha256:zz" }] },
      "$.layers[0].digest",
    ],
    ["no digest", { ...manifest, layers: [{ mediaType: "a/b", size: 2 }] }, "$.layers[0].digest"],
    [
      "no media type",
      { ...manifest, layers: [{ ...emptyDescriptor, mediaType: "" }] },
      "$.layers[0].mediaType",
    ],
    ["an annotation that is no string", { ...manifest, annotations: { "a.b": 1 } }, '$.annotations["a.b"]'],
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
  ])("13: says where a manifest has %s", (_what, document, path) => {
    expect(problems(document, imageManifest)).toMatchObject([{ path }]);
  });

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
      "os.features that are no array",
      {
        ...index,
        manifests: [{ ...emptyDescriptor, platform: { os: "a", architecture: "b", "os.features": "c" } }],
      },
      '$.manifests[0].platform["os.features"]',
    ],
  ])("13: says where an index has %s", (_what, document, path) => {
    expect(problems(document, imageIndex)).toMatchObject([{ path }]);
  });

  it.each([
    ["nothing", new Uint8Array()],
    ["what is not JSON", bytes("{")],
    ["what is not UTF-8", Uint8Array.of(0xff, 0xfe)],
    ["a byte order mark", bytes(`\ufeff${JSON.stringify(manifest)}`)],
    ["UTF-16", Uint8Array.from(Buffer.from(JSON.stringify(manifest), "utf16le"))],
  ])("13: refuses %s", (_what, content) => {
    expect(problems(content, imageManifest)).toHaveLength(1);
  });

  it("lists no more problems than a reader could want", () => {
    const layers = Array.from({ length: 10_000 }, () => ({}));
    expect(problems({ ...manifest, layers }, imageManifest)).toHaveLength(20);
  });

  it("says the first problem in its message, without saying twice what is invalid", () => {
    expect(() => parseManifest(bytes("{}"), imageManifest)).toThrow("$.schemaVersion is missing, and 2 more");
  });

  it("cuts a long key in its path, and shows it without control characters", () => {
    const [problem] = problems(
      { ...manifest, annotations: { [`\u009b${"k".repeat(1_000_000)}`]: 1 } },
      imageManifest,
    );
    expect(problem?.path).toBe(`$.annotations["\\u009b${"k".repeat(79)}…"]`);
  });

  it("survives a nesting bomb and members called __proto__", () => {
    const bomb = bytes(`{"schemaVersion":2,"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
    expect(problems(bomb, imageManifest)).not.toEqual([]);
    const proto = bytes(`{"__proto__":{"schemaVersion":2,"manifests":[]}}`);
    expect(problems(proto, imageIndex)).toMatchObject([{ path: "$.schemaVersion" }, { path: "$.manifests" }]);
  });

  it.each(["", "text", "/", "a/b/c", "a b/c", " ; x"])("refuses %j as a media type", (mediaType) => {
    expect(problems(manifest, mediaType)).toHaveLength(1);
  });

  it("3: says TypeError of a mistaken argument", () => {
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

describe("a member that is undefined", () => {
  it("is absent, as the types and JSON have it", () => {
    expect(validateImageManifest({ ...manifest, annotations: undefined, subject: undefined })).toEqual([]);
    expect(validateImageIndex({ ...index, layers: undefined })).toEqual([]);
    expect(validateDescriptor({ ...emptyDescriptor, platform: undefined, urls: undefined })).toEqual([]);
  });

  it("is missing where it is required", () => {
    expect(validateImageManifest({ ...manifest, config: undefined })).toEqual([
      { path: "$.config", reason: "is missing" },
    ]);
  });
});

describe("validateDescriptor", () => {
  it("finds nothing wrong with the empty descriptor, which is that of {}", () => {
    expect(validateDescriptor(emptyDescriptor)).toEqual([]);
    expect(atob(emptyDescriptor.data ?? "")).toBe("{}");
  });

  it("lets a digest of an unknown algorithm pass", () => {
    expect(validateDescriptor({ mediaType: "a/b", digest: "foo+bar.baz:x", size: 0 })).toEqual([]);
  });
});
