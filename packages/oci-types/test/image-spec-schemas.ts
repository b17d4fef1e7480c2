/**
 * The rules of the image-spec's JSON Schemas in a short form (directory `schema/` of opencontainers/image-spec, as of May
 * 2026). The files are content-descriptor.json, defs.json, defs-descriptor.json, image-manifest-schema.json and
 * image-index-schema.json.
 */

const mediaType = {
  type: "string",
  pattern: "^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$",
};
const digest = { type: "string", pattern: "^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$" };
const size = { type: "integer", minimum: 0, maximum: 9223372036854776000 };
const int64 = { type: "integer", minimum: -9223372036854776000, maximum: 9223372036854776000 };
const urls = { type: "array", items: { type: "string", format: "uri" } };
const annotations = { type: "object", patternProperties: { ".{1,}": { type: "string" } } };
const base64 = { type: "string", media: { binaryEncoding: "base64" } };
const strings = { type: "array", items: { type: "string" } };
const two = { type: "integer", minimum: 2, maximum: 2 };

const descriptor = {
  type: "object",
  required: ["mediaType", "size", "digest"],
  properties: { mediaType, size, digest, urls, data: base64, artifactType: mediaType, annotations },
};

const platform = {
  type: "object",
  required: ["architecture", "os"],
  properties: {
    architecture: { type: "string" },
    os: { type: "string" },
    "os.version": { type: "string" },
    "os.features": strings,
    variant: { type: "string" },
  },
};

/** image-manifest-schema.json */
export const imageManifestSchema = {
  type: "object",
  required: ["schemaVersion", "config", "layers"],
  properties: {
    schemaVersion: two,
    mediaType,
    artifactType: mediaType,
    config: descriptor,
    subject: descriptor,
    layers: { type: "array", minItems: 1, items: descriptor },
    annotations,
  },
};

/** image-index-schema.json */
export const imageIndexSchema = {
  type: "object",
  required: ["schemaVersion", "manifests"],
  properties: {
    schemaVersion: two,
    mediaType,
    artifactType: mediaType,
    subject: descriptor,
    manifests: {
      type: "array",
      items: {
        type: "object",
        required: ["mediaType", "size", "digest"],
        properties: { mediaType, size: int64, digest, urls, platform, annotations },
      },
    },
    annotations,
  },
};
