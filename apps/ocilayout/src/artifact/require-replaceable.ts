import type { ImageSource, Place } from "@ocilayout/oci-image";
import type { CallOptions } from "@ocilayout/oci-types";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { kindOfManifest, type ManifestKind } from "../images/manifest-kind.ts";
import { nameOf } from "../places/reference.ts";

/**
 * Checks that a new artifact may take a tag: the tag is free, or it points at an artifact of the same type.
 *
 * @param reference - The tag.
 * @throws `RegistryError` `DENIED` if the tag points at something else, with the option to use instead.
 */
export async function requireReplaceable(
  { registry, repository, reference }: Place<ImageSource>,
  {
    artifactType,
    hasSubject,
    signal,
  }: CallOptions & { readonly artifactType: string; readonly hasSubject: boolean },
): Promise<void> {
  const found = await kindOfManifest({ registry, repository, reference }, { signal }).catch(
    (error: unknown) => {
      if (isRegistryError(error, "NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN")) return undefined;
      throw error;
    },
  );
  if (found === undefined || (found.kind === "artifact" && found.artifactType === artifactType)) return;
  const attach = hasSubject ? `leave out :${reference}` : `use --subject ${reference}`;
  throw new RegistryError(
    "DENIED",
    `${nameOf(repository, { tag: reference })} is ${describe(found)}: ` +
      `to attach the files to it, ${attach}; to replace it, use --force`,
  );
}

function describe(found: ManifestKind): string {
  if (found.kind === "artifact") return `an artifact of the type ${excerpt(found.artifactType)}`;
  return { image: "an image", index: "an index of images", other: "another manifest" }[found.kind];
}
