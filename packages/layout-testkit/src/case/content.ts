import type { Descriptor, Registry } from "@ocilayout/oci-types";
import { ociMediaTypes } from "@ocilayout/oci-types";

import type { Content, ManifestContent } from "../content/index.ts";
import { artifact, blob, pushContent } from "../content/index.ts";

/** Where most cases work. */
export const repo = "conformance/a";
/** Another repository. */
export const other = "conformance/b";

/** UTF-8. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A blob that is pushed. */
export async function pushText(
  registry: Registry,
  text: string,
  repository: string = repo,
): Promise<Content> {
  const it = await blob(text);
  await registry.pushBlob(repository, it.descriptor, it.content);
  return it;
}

/** An artifact, told from others by `name`. */
export async function namedArtifact(name: string, subject?: Descriptor): Promise<ManifestContent> {
  return artifact({ artifactType: "application/vnd.conformance", annotations: { name }, subject });
}

/** An artifact that is pushed, told from others by `name`. */
export async function pushArtifact(
  registry: Registry,
  name: string,
  tags: readonly string[] = [],
  subject?: Descriptor,
): Promise<Descriptor> {
  return pushContent(registry, repo, namedArtifact(name, subject), { tags });
}

/** Lets everything else go on, so many times. */
export async function letPass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1)
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
}

/**
 * How a call says that something is not there. Where the whole repository is not, it may say that; a case in which the
 * repository is there asks for the one code.
 */
export const absent = {
  blob: ["BLOB_UNKNOWN", "NAME_UNKNOWN"],
  manifest: ["MANIFEST_UNKNOWN", "NAME_UNKNOWN"],
} as const;

/** A digest that nothing has. */
export const nowhere: `sha256:${string}` = `sha256:${"0".repeat(64)}`;

/** The media type of an image manifest. */
export const imageManifest: string = ociMediaTypes.imageManifest;
/** The media type of an image index. */
export const imageIndex: string = ociMediaTypes.imageIndex;
