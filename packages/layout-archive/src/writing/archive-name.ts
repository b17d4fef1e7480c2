import { RegistryError } from "@ocilayout/oci-types";
import { excerpt, requireString } from "@ocilayout/oci-types/authors";
import { parseReference, tryParseHostlessReference } from "@ocilayout/ociref";

/** The name of an image in an archive. */
export interface ArchiveName {
  /** The whole name, such as `docker.io/library/app:1.0`. */
  readonly full: string;
  /** The name without the tag. */
  readonly repository: string;
  readonly tag: string;
}

/**
 * Parses the name of an image: a repository with a tag, with or without a host.
 *
 * @throws `RegistryError` `NAME_INVALID` if it is another text.
 */
export function parseArchiveName(text: string): ArchiveName {
  requireString(text, "the name of an image");
  // A host with a port is not a part of a repository.
  const { host, repository, tag, digest } = tryParseHostlessReference(text) ?? parseReference(text);
  if (tag === undefined || digest !== undefined)
    throw new RegistryError(
      "NAME_INVALID",
      `${excerpt(text)} is not a name with a tag and without a digest`,
      {
        detail: { reason: "it must have a tag, and no digest" },
      },
    );
  return { full: text, repository: host === undefined ? repository : `${host}/${repository}`, tag };
}
