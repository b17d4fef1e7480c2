import type { Place } from "../place/place.ts";
import type { ImageSource } from "../reading/image-source.ts";
import { CoveredPaths } from "./covered.ts";
import type { ImageFile } from "./tree/image-file.ts";
import { ImageLayers, type ListFilesOptions } from "./image-layers.ts";
import { isLowerLink } from "./tree/layer-directory.ts";
import { LowerLinks } from "./tree/lower-links.ts";

/**
 * Lists the files of an image as a container sees them. Files of lower layers that a higher layer hides are left out, and so are
 * whiteouts. Hard links have the facts of their targets. Every directory is listed, also one that is only implied by a path
 * below it: with mode 0o755, and without `offset`.
 *
 * Each layer is read once, from the highest to the lowest. The files of a layer follow when it is verified, in no particular
 * order. Memory is needed for the files of one layer, and for the paths of the layers above it.
 *
 * - Whiteouts hide files of lower layers only, wherever they are in the archive. Of two entries with one path, the last counts.
 * - A directory that a layer implies replaces a file or a symlink of a lower layer, as overlay file systems do. Within one
 *   layer, symlinks on the way to an entry are followed.
 * - A path begins at the root, and `..` does not leave it. The image is listed in full, also files that no user may read.
 *
 * @throws TypeError in a browser, if the place is an index and `platform` is absent.
 * @throws `RegistryError` with a code of `readImage` or of {@link readLayer}. Also:
 *
 * - `MANIFEST_INVALID`: the config has another number of layers than the manifest.
 * - `ARCHIVE_INVALID`: no runtime applies an entry: a hard link without a target, an entry below a file of the same layer, a
 *   whiteout without a name, or an unknown type.
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets}
 */
export async function* listFiles(
  at: Place<ImageSource>,
  options: ListFilesOptions = {},
): AsyncGenerator<ImageFile, void, undefined> {
  const image = await ImageLayers.open(at, options);
  const covered = new CoveredPaths(image.budget);
  const links = new LowerLinks((names) => {
    image.budget.addSteps(names);
  });
  for (const layer of image.layers) {
    const tree = image.createTree(layer);
    for await (const entry of image.entries(layer)) tree.add(entry);
    yield* links.resolve(tree.root);
    for (const file of covered.add(tree.root, layer.descriptor.digest)) {
      if (isLowerLink(file)) links.add(file);
      else yield file;
    }
    tree.release();
  }
  links.requireNone();
  for (const { path, layer } of covered.implied())
    yield { path, type: "directory", size: 0, mode: 0o755, uid: 0, gid: 0, mtime: 0, layer };
}
