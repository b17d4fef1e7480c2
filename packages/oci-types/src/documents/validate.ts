import { isDigest } from "../basics/digest.ts";
import type { Problem } from "../basics/error-details.ts";
import { isMediaType } from "./media-types.ts";
import type { Check } from "./problems.ts";
import { absent, arrayOf, mapOf, object, ProblemList, text } from "./problems.ts";

const mediaType = text("a media type (RFC 6838)", isMediaType);
const digest = text("a digest", isDigest);
const annotations = mapOf(text("a string"));
const base64 = text("base64", isBase64);
const strings = arrayOf(text("a string"));

/** Checks a size in bytes. A number that JavaScript would round is rejected. */
const size: Check = (value, path, list) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    list.add(path, `must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}`);
  }
};

const schemaVersion: Check = (value, path, list) => {
  if (value !== 2) list.add(path, "must be 2");
};

const platform = object(
  { architecture: text("a string"), os: text("a string") },
  { "os.version": text("a string"), "os.features": strings, variant: text("a string"), features: strings },
);

const content = object(
  { mediaType, digest, size },
  { urls: strings, data: base64, artifactType: mediaType, annotations },
);

const manifestEntry = object(
  { mediaType, digest, size },
  { urls: strings, data: base64, artifactType: mediaType, annotations, platform },
);

const imageManifest = object(
  { schemaVersion, config: content, layers: arrayOf(content) },
  {
    mediaType,
    artifactType: mediaType,
    subject: content,
    annotations,
    manifests: absent("is not allowed in an image manifest, beside config and layers"),
  },
);

const imageIndex = object(
  { schemaVersion, manifests: arrayOf(manifestEntry) },
  {
    mediaType,
    artifactType: mediaType,
    subject: content,
    annotations,
    config: absent("is not allowed in an image index, beside manifests"),
    layers: absent("is not allowed in an image index, beside manifests"),
  },
);

/**
 * Checks a descriptor. Returns its problems, at most 20; an empty list if it is valid.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/descriptor.md#properties}
 */
export function validateDescriptor(value: unknown): readonly Problem[] {
  return check(manifestEntry, value);
}

/**
 * Checks an image manifest. Returns its problems, at most 20; an empty list if it is valid.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/manifest.md#image-manifest-property-descriptions}
 */
export function validateImageManifest(value: unknown): readonly Problem[] {
  return check(imageManifest, value);
}

/**
 * Checks an image index. Returns its problems, at most 20; an empty list if it is valid.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md#image-index-property-descriptions}
 */
export function validateImageIndex(value: unknown): readonly Problem[] {
  return check(imageIndex, value);
}

function check(rules: Check, value: unknown): readonly Problem[] {
  const list = new ProblemList();
  rules(value, () => "$", list);
  return list.problems;
}

/** Whether `value` is padded base64 of the standard alphabet. The pattern takes linear time. */
function isBase64(value: string): boolean {
  return value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}
