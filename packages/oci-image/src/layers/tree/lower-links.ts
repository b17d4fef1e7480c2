import { badEntry } from "../../decompression/errors.ts";
import type { ImageFile } from "./image-file.ts";
import { isLowerLink, type LayerDirectory, type LowerLink } from "./layer-directory.ts";
import { PathSearch } from "./path-search.ts";

/** Resolves hard links into lower layers. */
export class LowerLinks {
  readonly #onSearch: (names: number) => void;
  #waiting: { readonly link: LowerLink; readonly search: PathSearch }[] = [];

  /** @param onSearch - Receives the number of names that a search looks up, at most. */
  constructor(onSearch: (names: number) => void) {
    this.#onSearch = onSearch;
  }

  /** Adds a link. Its target is in a layer below the current one. */
  add(link: LowerLink): void {
    this.#waiting.push({ link, search: new PathSearch(link.target) });
  }

  /**
   * Searches for the targets in the next layer. Returns the links whose target it has, with the facts of the target.
   *
   * @throws `RegistryError` `ARCHIVE_INVALID` if a target is missing.
   */
  resolve(root: LayerDirectory): ImageFile[] {
    const resolved: ImageFile[] = [];
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { link, search } of waiting) {
      this.#onSearch(link.target.length);
      const result = search.in(root);
      if (result.kind === "below") this.#waiting.push({ link, search });
      else if (result.kind !== "leaf" || result.at < link.target.length - 1) throw withoutTarget(link);
      else if (isLowerLink(result.leaf)) this.add({ ...result.leaf, path: link.path });
      else resolved.push({ ...result.leaf, path: link.path });
    }
    return resolved;
  }

  /** @throws `RegistryError` `ARCHIVE_INVALID` if a link is not resolved. Call it after the lowest layer. */
  requireNone(): void {
    const [first] = this.#waiting;
    if (first !== undefined) throw withoutTarget(first.link);
  }
}

/** Returns `ARCHIVE_INVALID`: a hard link has no target. */
export function withoutTarget({ path, target, offset }: LowerLink): Error {
  return badEntry(
    path,
    offset,
    `no lower layer has ${JSON.stringify(target.join("/"))}, the target of the hard link`,
  );
}
