import { existsSync, readFileSync } from "node:fs";

import { Ajv, type ValidateFunction } from "ajv";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { isMediaType, validateImageIndex, validateImageManifest, type Problem } from "../src/index.ts";
import { imageIndexSchema, imageManifestSchema } from "./image-spec-schemas.ts";

const ajv = new Ajv({ strict: false, validateFormats: false });
const schemas = { manifest: ajv.compile(imageManifestSchema), index: ajv.compile(imageIndexSchema) };
const ours = { manifest: validateImageManifest, index: validateImageIndex };
type Kind = keyof typeof ours;

const hex = fc.string({
  unit: fc.constantFrom(...Array.from("0123456789abcdef")),
  minLength: 64,
  maxLength: 64,
});
const digest = fc.oneof(
  hex.map((encoded) => `sha256:${encoded}`),
  fc.constantFrom("multihash+base58:QmRZ", "sha256+b64u:LCa0a2j_xo", `sha512:${"0".repeat(128)}`),
);
const mediaType = fc.constantFrom(
  "application/vnd.oci.image.manifest.v1+json",
  "text/plain",
  "a/b",
  "x-a.b/c+d_e",
);
const annotations = fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 3 });
const size = fc.oneof(fc.nat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER));
const required = { requiredKeys: ["mediaType", "digest", "size"] as ["mediaType", "digest", "size"] };
const descriptor = fc.record(
  {
    mediaType,
    digest,
    size,
    urls: fc.array(fc.webUrl(), { maxLength: 2 }),
    annotations,
    artifactType: mediaType,
    data: fc.constantFrom("e30=", ""),
    "x-unknown": fc.jsonValue({ maxDepth: 1 }),
  },
  required,
);
const platform = fc.record(
  {
    architecture: fc.string(),
    os: fc.string(),
    "os.version": fc.string(),
    "os.features": fc.array(fc.string(), { maxLength: 2 }),
    variant: fc.string(),
  },
  { requiredKeys: ["architecture", "os"] },
);
const entry = fc.record(
  { mediaType, digest, size, urls: fc.array(fc.webUrl(), { maxLength: 1 }), annotations, platform },
  required,
);
const common = {
  schemaVersion: fc.constant(2),
  mediaType,
  artifactType: mediaType,
  subject: descriptor,
  annotations,
};
const documents: Record<Kind, fc.Arbitrary<Record<string, unknown>>> = {
  manifest: fc.record(
    { ...common, config: descriptor, layers: fc.array(descriptor, { minLength: 1, maxLength: 3 }) },
    { requiredKeys: ["schemaVersion", "config", "layers"] },
  ),
  index: fc.record(
    { ...common, manifests: fc.array(entry, { maxLength: 3 }) },
    { requiredKeys: ["schemaVersion", "manifests"] },
  ),
};

/** Replacements for a value: of every JSON type, and close to the limits of the rules. */
const replacement = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    1,
    2,
    3,
    -1,
    0.5,
    2.0,
    Number.MAX_SAFE_INTEGER,
    "",
    "x",
    "a/b",
    "a/",
    "/b",
    "a/b/c",
    "a b/c",
    "sha256:",
    "sha256:zz",
    "SHA256:00",
    "md5:00",
    "a:b",
    "../x:y",
    [],
    [1],
    ["a"],
    [null],
    {},
    { a: "b" },
    { a: 1 },
    { "": 1 },
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Yields every place in `value`, as a list of keys. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, member]) => places(member, [...path, key]))];
}

function mutate(
  document: unknown,
  path: readonly string[],
  change: { drop: boolean; value: unknown },
): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return change.drop ? undefined : change.value;
  const copy = (
    Array.isArray(document) ? [...(document as unknown[])] : { ...(document as object) }
  ) as Record<string, unknown>;
  const member = mutate(copy[key], rest, change);
  if (member === undefined && !Array.isArray(copy)) Reflect.deleteProperty(copy, key);
  else
    Object.defineProperty(copy, key, {
      value: member ?? null,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return copy;
}

/**
 * The deliberate differences from the schemas. The name of each is the reason, and its document is an example.
 */
const differences = {
  "sizes beyond 2^53 are rejected, because JavaScript would round them": {
    kind: "manifest",
    document: (base: object) => ({ ...base, layers: [{ mediaType: "a/b", digest: "a:b", size: 2 ** 60 }] }),
    schemaSays: true,
  },
  "negative sizes are rejected in an index too": {
    kind: "index",
    document: (base: object) => ({ ...base, manifests: [{ mediaType: "a/b", digest: "a:b", size: -1 }] }),
    schemaSays: true,
  },
  "a digest of a registered algorithm must have that algorithm's form": {
    kind: "manifest",
    document: (base: object) => ({ ...base, config: { mediaType: "a/b", digest: "sha256:ABC", size: 1 } }),
    schemaSays: true,
  },
  "a digest may have at most 255 characters": {
    kind: "manifest",
    document: (base: object) => ({
      ...base,
      config: { mediaType: "a/b", digest: `a:${"b".repeat(300)}`, size: 1 },
    }),
    schemaSays: true,
  },
  "layers may be empty, because images from scratch and artifacts without files exist": {
    kind: "manifest",
    document: (base: object) => ({ ...base, layers: [] }),
    schemaSays: false,
  },
  "data must be base64, which the schemas do not check": {
    kind: "manifest",
    document: (base: object) => ({
      ...base,
      config: { mediaType: "a/b", digest: "a:b", size: 1, data: "e30" },
    }),
    schemaSays: true,
  },
  "an annotation with an empty key must be a string too": {
    kind: "manifest",
    document: (base: object) => ({ ...base, annotations: { "": 1 } }),
    schemaSays: true,
  },
  "optional members of a descriptor are checked in an index's entries too": {
    kind: "index",
    document: (base: object) => ({
      ...base,
      manifests: [{ mediaType: "a/b", digest: "a:b", size: 1, artifactType: 7 }],
    }),
    schemaSays: true,
  },
  "a platform's reserved member features must be an array of strings": {
    kind: "index",
    document: (base: object) => {
      const platform = { architecture: "a", os: "b", features: "sse4" };
      return { ...base, manifests: [{ mediaType: "a/b", digest: "a:b", size: 1, platform }] };
    },
    schemaSays: true,
  },
  "manifests are rejected in an image manifest, config and layers in an index (CVE-2021-41190)": {
    kind: "index",
    document: (base: object) => ({ ...base, layers: [] }),
    schemaSays: true,
  },
} as const satisfies Record<string, { kind: Kind; document: (base: object) => unknown; schemaSays: boolean }>;

const bases: Record<Kind, object> = {
  manifest: {
    schemaVersion: 2,
    config: { mediaType: "a/b", digest: "a:b", size: 1 },
    layers: [{ mediaType: "a/b", digest: "a:b", size: 1 }],
  },
  index: { schemaVersion: 2, manifests: [] },
};

/** Whether a verdict that differs from the schema's is one of the deliberate differences. */
function isDeliberate(document: unknown, problems: readonly Problem[]): boolean {
  if (problems.length === 0) return (document as { layers: unknown[] }).layers.length === 0;
  return problems.every(
    ({ path, reason }) =>
      reason.includes("from 0 to") ||
      reason === "must be a digest" ||
      reason === "must be base64" ||
      reason.startsWith("is not allowed in") ||
      path.endsWith('annotations[""]') ||
      /^\$\.manifests\[\d+\]\.(artifactType|data)|\.platform\.features/.test(path),
  );
}

/** Generates documents of `kind`. About half of them are invalid. */
function mutated(kind: Kind): fc.Arbitrary<unknown> {
  return documents[kind].chain((document) =>
    fc
      .record({
        path: fc.constantFrom(...places(document)),
        drop: fc.boolean(),
        value: replacement,
        times: fc.nat(1),
      })
      .map(({ path, drop, value, times }) =>
        times === 0 ? document : mutate(document, path, { drop, value }),
      ),
  );
}

describe("validation agrees with the image-spec's JSON Schemas", () => {
  it.each(["manifest", "index"] as const)("on valid documents of kind %s", (kind) => {
    fc.assert(
      fc.property(documents[kind], (document) => {
        expect(schemas[kind](document), JSON.stringify(schemas[kind].errors)).toBe(true);
        expect(ours[kind](document)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(["manifest", "index"] as const)(
    "on invalid documents of kind %s, except for the differences below",
    (kind) => {
      let refused = 0;
      fc.assert(
        fc.property(mutated(kind), (document) => {
          const problems = ours[kind](document);
          if (problems.length > 0) refused += 1;
          if (schemas[kind](document) !== (problems.length === 0))
            expect(problems).toSatisfy(() => isDeliberate(document, problems));
        }),
        { numRuns: 5000 },
      );
      // The test is only useful if the mutations produce both verdicts.
      expect(refused).toBeGreaterThan(1000);
    },
  );
});

describe("validation deliberately differs from the schemas", () => {
  it.each(Object.entries(differences))("%s", (_why, { kind, document, schemaSays }) => {
    const value = document(bases[kind]);
    expect(schemas[kind](bases[kind])).toBe(true);
    expect(ours[kind](bases[kind])).toEqual([]);
    expect(schemas[kind](value)).toBe(schemaSays);
    expect(ours[kind](value).length === 0).toBe(!schemaSays);
  });
});

/** The directory of Debian's package of the schemas. Its version, 1.1.0-rc2, lacks some members. */
const DEBIAN = "/usr/share/gocode/src/github.com/opencontainers/image-spec/schema";

/** Whether the schemas are installed. The project's CI requires them; elsewhere the comparison is skipped. */
function hasSchemas(): boolean {
  if (existsSync(DEBIAN)) return true;
  if (process.env["OCILAYOUT_CI"] !== undefined && process.platform === "linux")
    throw new Error("golang-github-opencontainers-image-spec-dev is needed in CI");
  console.info(
    "skipped: the comparison with the schemas themselves, because golang-github-opencontainers-image-spec-dev is not installed",
  );
  return false;
}

describe.skipIf(!hasSchemas())("the schemas in this test", () => {
  const compiled: Partial<Record<Kind, ValidateFunction>> = {};

  beforeAll(() => {
    const real = new Ajv({ strict: false, validateFormats: false, validateSchema: false, logger: false });
    for (const name of ["defs.json", "defs-descriptor.json", "content-descriptor.json"])
      real.addSchema(load(name), name);
    compiled.manifest = real.compile(load("image-manifest-schema.json"));
    compiled.index = real.compile(load("image-index-schema.json"));
  });

  /** The schema files, without the nested ids, which are URLs that the validator would try to resolve. */
  function load(name: string): object {
    const text = readFileSync(`${DEBIAN}/${name}`, "utf8");
    return JSON.parse(text, (key, value: unknown) =>
      key === "id" || key === "$schema" ? undefined : value,
    ) as object;
  }

  /** Returns `document` without the members that version 1.1.0-rc2 lacks or gets wrong. */
  function asOfRc2(document: unknown): unknown {
    const laxMediaType = /^[A-Za-z0-9][A-Za-z0-9!#$&-^_.+]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&-^_.+]{0,126}$/;
    return JSON.parse(JSON.stringify(document), (key, value: unknown) => {
      if (["data", "artifactType", "subject"].includes(key)) return undefined;
      if (typeof value === "number") return Math.abs(value);
      return typeof value === "string" && laxMediaType.test(value) && !isMediaType(value) ? "" : value;
    }) as unknown;
  }

  it.each(["manifest", "index"] as const)("agree with the files that Debian ships: %s", (kind) => {
    fc.assert(
      fc.property(mutated(kind), (document) => {
        const known = asOfRc2(document ?? null);
        expect(compiled[kind]?.(known)).toBe(schemas[kind](known));
      }),
      { numRuns: 2000 },
    );
  });
});
