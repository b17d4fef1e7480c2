import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import type { ImageFile } from "../layers/tree/image-file.ts";
import { requireNames } from "./file-name.ts";
import type { CheckedExtractOptions, SkippedFile } from "./options.ts";

/** The largest number of a user or group. The next number means "no change" to the system, and larger ones wrap around. */
const MOST_ID = 0xffff_fffe;

/** A file of an image with the names of its path. */
export interface PlannedFile {
  readonly file: ImageFile;
  readonly names: readonly string[];
}

/** A regular file or symlink, and the names of its hard links. */
export interface PlannedContent extends PlannedFile {
  readonly links: PlannedFile[];
}

/** The options that a plan needs. */
type PlanOptions = Pick<CheckedExtractOptions, "maxBytes" | "owners" | "path">;

/** The files of an image, sorted by how they are extracted. */
export class ExtractPlan {
  /** The directories without the root, each before those in it. */
  directories: PlannedFile[] = [];
  /** The regular files by the digest of their layer, and by the offset of their entry. */
  readonly layers: Map<string, Map<number, PlannedContent>> = new Map();
  /** The symlinks. */
  readonly symlinks: PlannedContent[] = [];
  /** The files that cannot be created completely. */
  readonly skipped: SkippedFile[] = [];
  /** The number of files, directories and links to create. */
  entries = 0;
  /** The size of the files, in bytes. */
  bytes = 0;
  readonly #symlinks: Map<string, PlannedContent> = new Map();
  readonly #platform: string;
  readonly #options: PlanOptions;
  /** The length of the path of the directory above the extracted path. */
  readonly #above: number;
  #isFound = false;

  constructor(platform: string, options: PlanOptions) {
    this.#platform = platform;
    this.#options = options;
    this.#above = options.path.lastIndexOf("/");
  }

  /**
   * Adds a file, if it is at or below the extracted path.
   *
   * @throws `RegistryError` `NAME_INVALID` if the path leads elsewhere; `SIZE_INVALID` beyond the limit; `UNSUPPORTED` if the
   * system does not have such an owner.
   */
  add(file: ImageFile): void {
    const { path, type } = file;
    const { path: wanted } = this.#options;
    if (wanted !== "/" && path !== wanted && !path.startsWith(`${wanted}/`)) return;
    this.#isFound = true;
    const planned = { file, names: requireNames(path.slice(this.#above), this.#platform) };
    if (this.#options.owners) requireOwner(file);
    if (type === "character-device" || type === "block-device" || type === "fifo") {
      this.skipped.push({ path, reason: type });
      return;
    }
    if (file.xattrs !== undefined && file.xattrs.size > 0) this.skipped.push({ path, reason: "xattrs" });
    if (planned.names.length === 0) return;
    this.entries += 1;
    if (type === "directory") this.directories.push(planned);
    else if (type === "symlink") this.#addSymlink(planned);
    else this.#addFile(planned);
  }

  /**
   * Sorts the directories. Call it after the last file.
   *
   * @throws `RegistryError` `FILE_UNKNOWN` if nothing is at the extracted path.
   */
  finish(): void {
    const { path } = this.#options;
    if (path !== "/" && !this.#isFound)
      throw new RegistryError("FILE_UNKNOWN", `${excerpt(path)} is missing in the image`, {
        detail: { path },
      });
    const keyed = this.directories.map((directory) => ({ directory, key: directory.names.join("\0") }));
    keyed.sort((one, other) => (one.key < other.key ? -1 : 1));
    this.directories = keyed.map(({ directory }) => directory);
  }

  #addFile(planned: PlannedFile): void {
    const { layer, offset = -1, size } = planned.file;
    const files = this.layers.get(layer) ?? new Map<number, PlannedContent>();
    this.layers.set(layer, files);
    const first = files.get(offset);
    if (first !== undefined) {
      first.links.push(planned);
      return;
    }
    this.bytes += size;
    const { maxBytes } = this.#options;
    if (this.bytes > maxBytes) {
      throw new RegistryError(
        "SIZE_INVALID",
        `cannot extract the image: its files exceed the limit of ${maxBytes} bytes`,
        { detail: { limit: maxBytes } },
      );
    }
    files.set(offset, { ...planned, links: [] });
  }

  #addSymlink(planned: PlannedFile): void {
    const key = `${planned.file.layer} ${planned.file.offset ?? -1}`;
    const first = this.#symlinks.get(key);
    if (first !== undefined) {
      first.links.push(planned);
      return;
    }
    const symlink = { ...planned, links: [] };
    this.#symlinks.set(key, symlink);
    this.symlinks.push(symlink);
  }
}

function requireOwner({ path, uid, gid }: ImageFile): void {
  const largest = Math.max(uid, gid);
  if (largest <= MOST_ID) return;
  throw new RegistryError(
    "UNSUPPORTED",
    `cannot extract ${excerpt(path)}: no system has an owner ${largest}`,
    {
      detail: { limit: MOST_ID },
    },
  );
}
