import { isRegistryError } from "@ocilayout/oci-types";
import { isRecord, scanDocument } from "@ocilayout/oci-types/authors";

import { invalidArchive } from "../file/errors.ts";
import { parseJson } from "../members/read-member.ts";

/** The document that lists the images of a Docker archive. */
export const DOCKER_MANIFEST = "manifest.json";

/**
 * An image in `manifest.json`.
 *
 * @see {@link https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format}
 */
export interface DockerItem {
  /** The path of the config. */
  readonly config: string;
  /** The names of the image: `repository:tag`. */
  readonly repoTags: readonly string[];
  /** The paths of the layers, the lowest first. */
  readonly layers: readonly string[];
}

/**
 * Parses `manifest.json`.
 *
 * @throws `RegistryError` `ARCHIVE_INVALID` if it has another form, or more than 100,000 values.
 */
export function parseDockerItems(bytes: Uint8Array): readonly DockerItem[] {
  requireBounded(bytes, DOCKER_MANIFEST);
  const document = parseJson(bytes, DOCKER_MANIFEST);
  if (!Array.isArray(document)) throw invalidArchive(`${DOCKER_MANIFEST} is not a list of images`);
  return document.map(parseItem);
}

/** Requires that a document has a bounded number of values, before it is parsed. */
export function requireBounded(bytes: Uint8Array, path: string): void {
  try {
    scanDocument(bytes);
  } catch (cause) {
    if (!isRegistryError(cause, "MANIFEST_INVALID")) throw cause;
    throw invalidArchive(`${path} has too many values, or is nested too deeply`, cause);
  }
}

function parseItem(item: unknown, at: number): DockerItem {
  if (!isRecord(item)) throw invalidItem(at, "it is not an object");
  const { Config: config, RepoTags: repoTags, Layers: layers } = item;
  if (typeof config !== "string" || config === "") throw invalidItem(at, "it has no Config");
  return {
    config,
    repoTags: parseList(repoTags, at, "RepoTags"),
    layers: parseList(layers, at, "Layers"),
  };
}

/** Docker writes `null` for an empty list. */
function parseList(value: unknown, at: number, name: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  throw invalidItem(at, `its ${name} is not a list of strings`);
}

function invalidItem(at: number, reason: string): Error {
  return invalidArchive(`image ${at} in ${DOCKER_MANIFEST} is invalid: ${reason}`);
}
