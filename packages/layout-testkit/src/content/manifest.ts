import type { Annotations, Descriptor, Platform } from "@ocilayout/oci-types";

import type { Awaitable, Content } from "./blob.ts";
import { json } from "./blob.ts";

/** A manifest or index, with everything that a repository needs before it. */
export interface ManifestContent extends Content {
  /** The config and the layers. */
  readonly blobs: readonly Content[];
  /** The manifests that an index lists. */
  readonly children: readonly ManifestContent[];
  /** The platform, for the descriptor in an index. */
  readonly platform?: Platform | undefined;
}

/** Members that every manifest may have. */
export interface ManifestOptions {
  /** The artifact type. */
  readonly artifactType?: string | undefined;
  /** The subject. It may be missing from the repository, and is not pushed with the manifest. */
  readonly subject?: Awaitable<Content | Descriptor> | undefined;
  /** The annotations. */
  readonly annotations?: Annotations | undefined;
}

/** A manifest, or only its descriptor. */
export function descriptorOf(item: Content | Descriptor): Descriptor {
  return "descriptor" in item ? item.descriptor : item;
}

/** Returns the members of a document in the order of the specification. */
export interface ManifestMembers extends ManifestOptions {
  readonly mediaType: string;
  readonly config?: Descriptor | undefined;
  readonly layers?: readonly Descriptor[] | undefined;
  readonly manifests?: readonly Descriptor[] | undefined;
}

/** Makes the document of a manifest or index. */
export async function manifestDocument(members: ManifestMembers): Promise<Content> {
  const { mediaType, artifactType, config, layers, manifests, annotations } = members;
  const subject = members.subject === undefined ? undefined : descriptorOf(await members.subject);
  return json(
    { schemaVersion: 2, mediaType, artifactType, config, layers, manifests, subject, annotations },
    mediaType,
  );
}
