import type { TarHeader } from "../tar/reading/header.ts";
import { badEntry } from "../decompression/errors.ts";
import { classify, namesOf, type PathNames } from "./tree/entry-path.ts";
import type { ImageFile } from "./tree/image-file.ts";
import { LayerDirectory, type Leaf } from "./tree/layer-directory.ts";
import type { Budget } from "./limits.ts";
import { createWay, findWay, MAX_LINKS, type Way } from "./tree/walk-layer.ts";

/** The estimated memory for an entry without its texts, and for a character, in bytes. */
const ENTRY_BYTES = 400;
const CHARACTER_BYTES = 2;

/** The files and whiteouts of one layer, applied in the order of the archive. */
export class LayerTree {
  readonly root: LayerDirectory = new LayerDirectory();
  readonly #layer: string;
  readonly #budget: Budget;
  #treeBytes = 0;
  /** The directory of the last entry. Entries of one directory usually follow each other. */
  #last: { readonly prefix: string; readonly path: string; readonly directory: LayerDirectory } | undefined;

  /** @param layer - The digest of the layer. */
  constructor(layer: string, budget: Budget) {
    this.#layer = layer;
    this.#budget = budget;
  }

  /**
   * Applies an entry. Returns the file, or `undefined` for whiteouts and metadata of AUFS.
   *
   * @throws `RegistryError` `ARCHIVE_INVALID` if no runtime applies the entry, or runtimes disagree about it.
   */
  add(header: TarHeader): Leaf | undefined {
    this.#count(header);
    return this.#addBesideLast(header) ?? this.#add(header);
  }

  /** Frees the memory that the budget has counted. */
  release(): void {
    this.#budget.addTreeBytes(-this.#treeBytes);
    this.#treeBytes = 0;
  }

  #count({ path, linkName, xattrs }: TarHeader): void {
    let bytes = ENTRY_BYTES + CHARACTER_BYTES * (path.length + linkName.length);
    for (const [name, value] of xattrs) bytes += name.length + value.length + ENTRY_BYTES / 2;
    this.#treeBytes += bytes;
    this.#budget.addTreeBytes(bytes);
  }

  /** Applies an entry in the directory of the last one, if it is there and its name is plain. */
  #addBesideLast(header: TarHeader): Leaf | undefined {
    const last = this.#last;
    const { path, type } = header;
    if (last === undefined || type === "directory" || !path.startsWith(last.prefix)) return undefined;
    const name = path.slice(last.prefix.length);
    if (name === "" || name.startsWith(".") || name.includes("/")) return undefined;
    return this.#put(header, last.directory, last.path + name, name);
  }

  #add(header: TarHeader): Leaf | undefined {
    const { path, offset } = header;
    const names = namesOf(path);
    const meaning = classify(names);
    switch (meaning.kind) {
      case "metadata":
        return undefined;
      case "invalid":
        throw badEntry(path, offset, "the whiteout names no file");
      case "whiteout": {
        const { directory } = this.#walk(names.slice(0, -1), header, false);
        // umoci writes whiteouts for the content of a directory that a file replaces. The file hides all of it.
        if (directory === undefined) return undefined;
        if (meaning.target === undefined) directory.isOpaque = true;
        else (directory.whiteouts ??= new Set()).add(meaning.target);
        return undefined;
      }
      case "entry": {
        const name = names.pop();
        if (name === undefined) return this.#putRoot(header);
        const { directory, links, names: parent } = this.#enter(names, header);
        const directoryPath = parent.length === 0 ? "/" : `/${parent.join("/")}/`;
        const prefix = path.slice(0, path.lastIndexOf("/") + 1);
        // A symlink on the way may be replaced later. A path that does not end with its name has no useful prefix.
        const isPlain = links === 0 && prefix.length > 0 && path.endsWith(name);
        this.#last = isPlain ? { prefix, path: directoryPath, directory } : undefined;
        return this.#put(header, directory, directoryPath + name, name);
      }
    }
  }

  /** Returns the way to a directory, and creates it. */
  #enter(names: PathNames, header: TarHeader): Way & { directory: LayerDirectory } {
    const way = this.#walk(names, header, true);
    const { directory } = way;
    if (directory === undefined)
      throw badEntry(header.path, header.offset, "a directory above it is a file in the same layer");
    return { ...way, directory };
  }

  /** Returns the way to a directory, and creates it unless a file is on the way. */
  #walk(names: PathNames, { path, offset }: TarHeader, isReal: boolean): Way {
    const way = createWay(this.root, names, isReal);
    this.#countSteps(way);
    if (way.links > MAX_LINKS) throw badEntry(path, offset, `it is behind more than ${MAX_LINKS} symlinks`);
    return way;
  }

  /** A short path can lead to long targets of symlinks. */
  #countSteps({ links, steps }: Way): void {
    if (links > 0) this.#budget.addSteps(steps);
  }

  #put(header: TarHeader, parent: LayerDirectory, path: string, name: string): Leaf {
    if (header.type === "link") {
      const link = this.#link(header, path);
      parent.children.set(name, link);
      return link;
    }
    const file = this.#describe(header, path);
    if (file.type !== "directory") {
      parent.children.set(name, file);
      return file;
    }
    const existing = parent.children.get(name);
    const directory = existing instanceof LayerDirectory ? existing : new LayerDirectory();
    // The file before the directory has removed the directory of lower layers.
    if (existing !== undefined && directory !== existing) directory.isOpaque = true;
    parent.children.set(name, directory);
    directory.isReal = true;
    directory.file = file;
    return file;
  }

  #putRoot(header: TarHeader): ImageFile {
    if (header.type !== "directory")
      throw badEntry(header.path, header.offset, "the root is not a directory");
    this.root.isReal = true;
    this.root.file = this.#describe(header, "/");
    return this.root.file;
  }

  #describe(header: TarHeader, path: string): ImageFile {
    const { type, size, mode, uid, gid, mtime, linkName, xattrs, offset } = header;
    if (type === "link" || type === "other")
      throw badEntry(header.path, offset, `runtimes do not know the type ${JSON.stringify(header.typeflag)}`);
    const isDevice = type === "character-device" || type === "block-device";
    return {
      path,
      type,
      size,
      mode,
      uid,
      gid,
      mtime,
      linkName: type === "symlink" ? linkName : undefined,
      device: isDevice ? { major: header.deviceMajor, minor: header.deviceMinor } : undefined,
      xattrs: xattrs.size > 0 ? xattrs : undefined,
      layer: this.#layer,
      offset,
    };
  }

  /** Resolves a hard link, at the moment when it is applied. Whiteouts of the same layer do not hide its target. */
  #link(header: TarHeader, path: string): Leaf {
    const { offset, linkName } = header;
    const names = namesOf(linkName);
    const name = names.pop();
    if (name === undefined) throw badEntry(header.path, offset, "it is a hard link to the root");
    const way = findWay(this.root, names);
    this.#countSteps(way);
    if (way.isBlocked) throw badEntry(header.path, offset, "the target of the hard link is missing");
    const found = way.directory?.children.get(name);
    if (!(found instanceof LayerDirectory))
      return found === undefined ? { path, target: [...way.names, name], offset } : { ...found, path };
    if (found.isReal) throw badEntry(header.path, offset, "it is a hard link to a directory");
    return { path, target: [...way.names, name], offset };
  }
}
