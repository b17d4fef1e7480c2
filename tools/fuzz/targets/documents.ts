import { dockerMediaTypes, ociMediaTypes } from "@ocilayout/oci-types";
import fc from "fast-check";

const hex = (length: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));

/** Mostly digests. */
export const digest: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: hex(64).map((it) => `sha256:${it}`) },
  { weight: 2, arbitrary: hex(128).map((it) => `sha512:${it}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "sha256:",
      "sha256:../../x",
      "blake3:00",
      "foo+bar.baz:x",
      "sha256:G",
      ":",
      "",
      "SHA256:00",
      "sha256:" + "A".repeat(64),
    ),
  },
);

const size: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.nat() },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-1, 0.5, 2 ** 53, -0, "1", null, true, [], Number.MAX_SAFE_INTEGER),
  },
);

/** Mostly media types. */
export const mediaType: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...Object.values(ociMediaTypes), ...Object.values(dockerMediaTypes)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      "a/b",
      "a",
      "a/b; c=d",
      "text/plain",
      "a/b/c",
      "\n/x",
      `${"x".repeat(127)}/${"y".repeat(127)}`,
    ),
  },
);

/** Names of entries, as tools write them, and invalid ones. */
export const refName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "latest",
    "v1",
    "a:v1",
    "a/b:v1",
    "ghcr.io/a/b:v1",
    "localhost:5000/a:v1",
    "v1.0+build",
    "Foo/Bar:1",
    "a:b:c",
    "",
    "a@sha256:00",
    "../x:v1",
    "a".repeat(300),
    "__proto__",
    "a:__proto__",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
);

const annotations: fc.Arbitrary<unknown> = fc.oneof(
  fc.record(
    { "org.opencontainers.image.ref.name": refName, "io.containerd.image.name": refName, other: fc.string() },
    { requiredKeys: [] },
  ),
  fc.constantFrom(null, [], "x", { "org.opencontainers.image.ref.name": 7 }),
);

const platform = fc.record(
  { architecture: fc.string(), os: fc.string(), features: fc.constant(["x"]) },
  { requiredKeys: [] },
);

/** Mostly descriptors. */
export const descriptor: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        mediaType,
        digest,
        size,
        annotations,
        platform,
        urls: fc.array(fc.webUrl(), { maxLength: 2 }),
        data: fc.base64String({ maxLength: 8 }),
      },
      { requiredKeys: ["mediaType", "digest", "size"] },
    ),
  },
  { weight: 1, arbitrary: fc.oneof(fc.constantFrom(null, 0, "x", [], {}), fc.jsonValue({ maxDepth: 2 })) },
);

const descriptors = fc.array(descriptor, { maxLength: 5 });

/** Mostly manifests and indexes. */
export const manifest: fc.Arbitrary<unknown> = fc.oneof(
  fc.record(
    {
      schemaVersion: fc.constantFrom<unknown>(2, 2, 2, 1, "2"),
      mediaType,
      config: descriptor,
      layers: descriptors,
      subject: descriptor,
      annotations,
      artifactType: mediaType,
    },
    { requiredKeys: ["schemaVersion", "config", "layers"] },
  ),
  fc.record(
    { schemaVersion: fc.constant(2), mediaType, manifests: descriptors, subject: descriptor, annotations },
    { requiredKeys: ["schemaVersion", "manifests"] },
  ),
);

/** Texts of index.json, mostly valid. */
export const indexDocument: fc.Arbitrary<string> = fc
  .tuple(
    descriptors,
    fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
    fc.constantFrom(0, 1, 2, "\t"),
  )
  .map(([manifests, members, indent]) =>
    JSON.stringify({ schemaVersion: 2, ...members, manifests }, null, indent),
  );
