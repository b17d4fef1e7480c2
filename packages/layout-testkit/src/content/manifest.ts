import type { Annotations, Descriptor, Platform } from "@ocilayout/oci-types";

import type { Awaitable, Content } from "./blob.ts";
import { json } from "./blob.ts";

/** A manifest or index, and what has to be in a repository before it. */
export interface ManifestContent extends Content {
  /** Its config and layers. */
  readonly blobs: readonly Content[];
  /** The manifests it lists. */
  readonly children: readonly ManifestContent[];
  /** Where it runs: what an index says of it. */
  readonly platform?: Platform | undefined;
}

/** What every manifest may say. */
export interface ManifestOptions {
  /** What kind of artifact it is. */
  readonly artifactType?: string | undefined;
  /** What it is about. It need not be in the repository, and is not pushed with it. */
  readonly subject?: Awaitable<Content | Descriptor> | undefined;
  /** What else is to be said of it. */
  readonly annotations?: Annotations | undefined;
}

/** Something that is there, or only what it would be. */
export function descriptorOf(item: Content | Descriptor): Descriptor {
  return "descriptor" in item ? item.descriptor : item;
}

/** The members of a document, in the order of the specification. */
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
