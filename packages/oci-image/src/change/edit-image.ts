import type { Descriptor, Platform } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { CheckedPlace, Place } from "../place/place.ts";
import { requirePlace, sibling } from "../place/place.ts";
import { requirePlatform } from "../platform/platform.ts";
import { isImage } from "../reading/image-config.ts";
import { readImage } from "../reading/read-image.ts";
import type { ManifestContent, ReadManifestOptions } from "../reading/read-manifest.ts";
import { readManifest, requireReading } from "../reading/read-manifest.ts";
import type { CheckedImageChanges, ImageChanges } from "./change-image.ts";
import { requireImageChanges } from "./change-image.ts";
import { changesImage, ImageEdit } from "./image-edit.ts";
import { LayerContents, publish, pushContent } from "./push-edit.ts";
import { requireTags } from "./tag.ts";
import type { IndexContent } from "./walk-images.ts";
import { walkImages } from "./walk-images.ts";

/** Options of {@link editImage}. */
export interface EditImageOptions extends ReadManifestOptions {
  /**
   * The tags to point at the result: all of them, or none if the call rejects. They move whatever they point at. Without this
   * option, the tag of the place moves, if it still points at the manifest that was read. A place with a digest gets no tag.
   */
  readonly tags?: readonly string[] | undefined;
  /**
   * The platform of the image to change in an index, such as `"linux/arm64"`. It is chosen as `readImage` chooses. Without
   * it, all images of the index change, and annotations change the index itself.
   */
  readonly platform?: Platform | string | undefined;
}

/** The result of a change in a registry. */
export interface EditImageReport {
  /** The media type, the digest and the size of the manifest that the place names, after the change. */
  readonly descriptor: Descriptor;
  /** The entries of attestations that were removed from indexes, because they are about an image before its change. */
  readonly dropped: readonly Descriptor[];
}

/**
 * Changes an image in a registry, as {@link changeImage} changes its documents, and pushes the result: layers, configs,
 * images, then the indexes that contain them. The old manifests stay until they are deleted or collected.
 *
 * - In an index, `config` and `layers` change every image, also in nested indexes, or the one for `platform`. Attestations,
 *   artifacts and other content stay as they are.
 * - `annotations` change the manifest that the place names, or the image for `platform`. Alone, they also change artifacts.
 * - Entries of an index keep their platforms, annotations and unknown members. Attestations about a changed image are removed
 *   from its index and reported. Signatures and other referrers stay with the old manifest.
 * - If nothing changes, the digest stays the same, and only `tags` are set.
 * - Everything is read and checked before the first push. A push that fails can leave untagged content in the repository.
 *
 * A registry with the capability `conditionalTags` decides whether a tag moved together with the push. Another registry is
 * asked for the tag just before, so a change at the same moment can be lost.
 *
 * Unless `changes` are invalid, the `content` of every layer is read, cancelled or returned.
 *
 * @throws TypeError for a value of another type.
 * @throws `RegistryError` with one of these codes:
 *
 * - `MANIFEST_UNKNOWN`: a manifest is missing, or the index has no image to change.
 * - `MANIFEST_INVALID`: as in `changeImage`. The manifest is not an image or an index. An index has more than 1,000 manifests
 *   to change.
 * - `PRECONDITION_FAILED`: the tag of the place moved since it was read.
 * - `MANIFEST_BLOB_UNKNOWN`: a layer without `content` is not in the repository.
 * - `SIZE_INVALID`: a manifest is larger than `maxManifestBytes`, a config larger than 8 MiB, or all of them than 256 MiB.
 * - `NAME_INVALID`: a tag or `platform` is invalid.
 * - `BLOB_UNKNOWN`, `CONTENT_CORRUPT`, `DIGEST_INVALID`: as in `readImage` and `pushBlob`.
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests}
 */
export async function editImage(
  at: Place,
  changes: ImageChanges,
  options: EditImageOptions = {},
): Promise<EditImageReport> {
  const checked = requireImageChanges(changes);
  const layers = new LayerContents(checked.layers);
  try {
    const place = requirePlace(at);
    const reading = requireReading(options);
    const tags = options.tags === undefined ? undefined : requireTags(options.tags);
    const platform = options.platform === undefined ? undefined : requirePlatform(options.platform);
    const root = await readManifest(place, reading);
    const edit = await change(place, root, checked, { ...reading, platform });
    await layers.push(place, reading);
    for (const content of edit.parts) await pushContent(place, content, reading);
    await publish(place, root, edit.rootOf(root), { ...reading, tags });
    return { descriptor: edit.rootOf(root).descriptor, dropped: edit.dropped };
  } finally {
    await layers.release();
  }
}

type Changing = ReadManifestOptions & { readonly platform: Platform | undefined };

/** Changes the manifest `root`, and everything in it that must change. */
async function change(
  place: CheckedPlace,
  root: ManifestContent,
  changes: CheckedImageChanges,
  { platform, ...reading }: Changing,
): Promise<ImageEdit> {
  const edit = new ImageEdit(place, reading);
  // The tag may move meanwhile.
  const pinned = sibling(place, root.descriptor.digest);
  const chosen =
    platform === undefined ? undefined : (await readImage(pinned, { ...reading, platform })).descriptor;
  if (root.kind === "image") await edit.changeImage(root, changes);
  else if (root.kind === "index") await changeTree(edit, place, root, changes, chosen?.digest, reading);
  else throw new RegistryError("MANIFEST_INVALID", `${root.descriptor.digest} is not an image or an index`);
  return edit;
}

/** Changes one image of an index, or all of them, and the indexes that contain them. */
async function changeTree(
  edit: ImageEdit,
  place: CheckedPlace,
  root: IndexContent,
  changes: CheckedImageChanges,
  only: string | undefined,
  reading: ReadManifestOptions,
): Promise<void> {
  if (only === undefined && !changesImage(changes)) {
    await edit.changeIndex(root, changes.annotations);
    return;
  }
  const ofImages = only === undefined ? { ...changes, annotations: undefined } : changes;
  const indexes: IndexContent[] = [];
  let count = 0;
  for await (const manifest of walkImages(
    place,
    root,
    {
      only,
      onEnter: (bytes) => {
        edit.keep(bytes);
      },
    },
    reading,
  )) {
    if (manifest.kind === "index") {
      indexes.push(manifest);
    } else if (only !== undefined || isImage(manifest.document)) {
      await edit.changeImage(manifest, ofImages);
      count += 1;
    }
  }
  if (count === 0) {
    throw new RegistryError("MANIFEST_UNKNOWN", `${place.reference} has no image to change`);
  }
  for (const index of indexes)
    await edit.changeIndex(index, only === undefined && index === root ? changes.annotations : undefined);
}
