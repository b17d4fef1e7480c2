import type { Place } from "@ocilayout/oci-image";
import { readImage } from "@ocilayout/oci-image";

import { isDigest, placeOf } from "../places/reference.ts";
import type { OpenRegistry, OpenTarget } from "../places/target.ts";

/** A manifest to copy. */
export interface ChosenImage {
  /** The manifest. With one platform its reference is the digest of the image for it. */
  readonly from: Place<OpenRegistry>;
  /** The tag that the source names. */
  readonly tag: string | undefined;
  /** The platforms that are left to choose from an index: none, or several. */
  readonly platforms: readonly string[] | undefined;
}

/** Returns the manifest to copy: with one platform, the image for it instead of the index. */
export async function chooseImage(
  source: OpenTarget,
  platforms: readonly string[],
  signal: AbortSignal,
): Promise<ChosenImage> {
  const from = await placeOf(source, { signal });
  const tag = isDigest(from.reference) ? source.tag : from.reference;
  const [platform, ...more] = platforms;
  if (platform === undefined) return { from, tag, platforms: undefined };
  if (more.length > 0) return { from, tag, platforms };
  const { descriptor } = await readImage(from, { platform, signal });
  return { from: { ...from, reference: descriptor.digest }, tag, platforms: undefined };
}
