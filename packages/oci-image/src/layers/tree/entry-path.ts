/** The names in a path, from the root. */
export type PathNames = readonly string[];

/**
 * Splits a path into its names, as runtimes do: `.` and empty names are dropped, `..` removes the name before it, and nothing is
 * above the root. So the names of `./a//b/../c` and `/a/c` are the same.
 */
export function namesOf(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names;
}

/** Joins names to an absolute path. */
export function joinNames(names: PathNames): string {
  return `/${names.join("/")}`;
}

/** The meaning of the last name of an entry. */
export type EntryName =
  | { readonly kind: "entry" }
  /** The entry hides the file `target`, or everything below its directory if `target` is absent. */
  | { readonly kind: "whiteout"; readonly target?: string | undefined }
  | { readonly kind: "metadata" | "invalid" };

const PREFIX = ".wh.";
const METADATA = ".wh..wh.";
const OPAQUE = ".wh..wh..opq";
const ENTRY: EntryName = { kind: "entry" };

/**
 * Returns the meaning of an entry with these names.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts}
 */
export function classify(names: PathNames): EntryName {
  const last = names.at(-1) ?? "";
  const isMetadata = names[0]?.startsWith(METADATA) === true && names[0] !== OPAQUE;
  if (isMetadata) return { kind: "metadata" };
  if (!last.startsWith(PREFIX)) return ENTRY;
  if (last === OPAQUE) return { kind: "whiteout" };
  if (last.startsWith(METADATA)) return { kind: "metadata" };
  const target = last.slice(PREFIX.length);
  return target === "" || target === "." || target === ".."
    ? { kind: "invalid" }
    : { kind: "whiteout", target };
}
