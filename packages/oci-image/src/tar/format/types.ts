/** The types of entries. The typeflag of `"other"` is not one of these types. */
export type TarEntryType =
  "file" | "directory" | "symlink" | "link" | "character-device" | "block-device" | "fifo" | "other";

const TYPES: ReadonlyMap<string, TarEntryType> = new Map([
  ["\0", "file"],
  ["0", "file"],
  ["1", "link"],
  ["2", "symlink"],
  ["3", "character-device"],
  ["4", "block-device"],
  ["5", "directory"],
  ["6", "fifo"],
  // A contiguous file.
  ["7", "file"],
  // A sparse file of GNU tar.
  ["S", "file"],
]);

/** Returns the type of an entry with a typeflag. */
export function typeOf(typeflag: string): TarEntryType {
  return TYPES.get(typeflag) ?? "other";
}

/** Returns the typeflag of a type, as POSIX has it. Returns `undefined` for `"other"`. */
export function typeflagOf(type: TarEntryType): string | undefined {
  const found = [...TYPES].find(([typeflag, other]) => other === type && typeflag !== "\0");
  return found?.[0];
}
