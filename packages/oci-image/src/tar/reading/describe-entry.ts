import { beyondLimit, malformed } from "../errors.ts";
import { encodeText } from "../format/text.ts";
import { typeOf } from "../format/types.ts";
import type { EntryExtensions } from "./extensions.ts";
import type { TarHeader } from "./header.ts";
import { FIELDS, isGnu, parseFields, requireField } from "./header-block.ts";
import type { CheckedLimits } from "./limits.ts";
import { type SparseFile, takeSparseFile } from "./sparse-map.ts";

/** A header whose content is not located yet. */
export type HeaderDraft = { -readonly [Name in keyof TarHeader]: TarHeader[Name] };

/** The parts of a header that are known before it is described. */
export interface HeaderStart {
  readonly typeflag: string;
  /** The size in the header, in bytes. */
  readonly size: number;
  /** The offset of the header in the archive, in bytes. */
  readonly offset: number;
}

/**
 * Combines the header of an entry with its extensions. A PAX record replaces a field of the header.
 *
 * @throws `RegistryError` `ARCHIVE_INVALID` if they are malformed, or programs disagree about their meaning; `SIZE_INVALID`
 * beyond a limit.
 */
export function describeEntry(
  block: Uint8Array,
  { typeflag, size, offset }: HeaderStart,
  { offset: start, pax, longName, longLink }: EntryExtensions,
  limits: CheckedLimits,
): { readonly header: HeaderDraft; readonly sparse: SparseFile | undefined } {
  const fields = parseFields(block, offset);
  const fromPax = takeSparseFile(pax, offset, limits.segments);
  const sparse = typeflag === "S" ? describeGnuSparse(block, offset, fromPax) : fromPax;
  const paxPath = pax.takeText("path");
  const paxLink = pax.takeText("linkpath");
  const path = choose("paths", longName, fromPax?.name ?? paxPath, fields.path, offset);
  const linkName = choose("link targets", longLink, paxLink, fields.linkName, offset);
  requireName(path, limits, offset);
  requireName(linkName, limits, offset);

  const isDirectory = path.endsWith("/") && typeOf(typeflag) === "file";
  const type = isDirectory ? "directory" : typeOf(typeflag);
  const isLink = type === "link" || type === "symlink";
  const isDevice = type === "character-device" || type === "block-device";
  const paxSize = pax.takeNumber("size");
  const stated = paxSize ?? size;
  const hasContent = type === "file" || type === "other";
  if (stated < 0) throw malformed(offset, `the size in the header is ${stated}`);
  if (path === "") throw malformed(offset, "an entry has no path");
  if (isLink && linkName === "") throw malformed(offset, "a link has no target");
  // GNU tar, bsdtar, Python and Go ignore the size in the header of a link or a directory, and disagree about other sizes.
  const isIgnored = paxSize === undefined && (typeflag === "1" || typeflag === "5");
  if (!hasContent && stated > 0 && !isIgnored) throw malformed(offset, `a ${type} has the size ${stated}`);
  if (sparse !== undefined && type !== "file")
    throw malformed(offset, `an entry of the type ${type} is sparse`);
  const dataSize = hasContent ? stated : 0;
  return {
    sparse,
    header: {
      path,
      type,
      typeflag,
      size: sparse?.size ?? dataSize,
      mode: fields.mode,
      uid: pax.takeNumber("uid") ?? fields.uid,
      gid: pax.takeNumber("gid") ?? fields.gid,
      userName: pax.takeText("uname") ?? fields.userName,
      groupName: pax.takeText("gname") ?? fields.groupName,
      mtime: pax.takeTime("mtime") ?? fields.mtime,
      linkName: isLink ? linkName : "",
      deviceMajor: isDevice ? requireField(block, FIELDS.deviceMajor, offset) : 0,
      deviceMinor: isDevice ? requireField(block, FIELDS.deviceMinor, offset) : 0,
      xattrs: pax.xattrs,
      pax: pax.rest,
      offset: start,
      dataOffset: 0,
      dataSize,
      sparse: undefined,
    },
  };
}

function describeGnuSparse(block: Uint8Array, offset: number, fromPax: SparseFile | undefined): SparseFile {
  if (!isGnu(block)) throw malformed(offset, 'the type "S" needs the format of GNU tar');
  if (fromPax !== undefined) throw malformed(offset, "a sparse file has two maps");
  return { size: requireField(block, FIELDS.realSize, offset), segments: "after-header" };
}

/** Returns the value that counts. Programs disagree if a header of GNU tar and a PAX record state different values. */
function choose(
  what: string,
  long: string | undefined,
  pax: string | undefined,
  field: string,
  offset: number,
): string {
  if (long !== undefined && pax !== undefined && long !== pax)
    throw malformed(offset, `the extended headers of an entry have two ${what}`);
  return long ?? pax ?? field;
}

function requireName(name: string, { nameBytes }: CheckedLimits, offset: number): void {
  // A character has at most three bytes, so most names need no encoding.
  if (3 * name.length <= nameBytes) return;
  const size = encodeText(name)?.length ?? 0;
  if (size > nameBytes) throw beyondLimit(offset, "the size of a name", nameBytes);
}
