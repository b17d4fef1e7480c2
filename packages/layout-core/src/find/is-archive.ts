/** The number of bytes that {@link isArchive} needs. */
export const ARCHIVE_HEAD_BYTES = 262;

/** The first bytes of files that can be archives: compressed with gzip or zstd, or a tar archive. */
const STARTS: readonly (readonly [offset: number, ...bytes: number[]])[] = [
  [0, 0x1f, 0x8b],
  [0, 0x28, 0xb5, 0x2f, 0xfd],
  // "ustar", in the headers of ustar, PAX and GNU tar.
  [257, 0x75, 0x73, 0x74, 0x61, 0x72],
];

/**
 * Whether a file can be a tar archive, by its first bytes. A compressed file can contain something else.
 *
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 | POSIX, ustar}
 */
export function isArchive(head: Uint8Array): boolean {
  return STARTS.some(([offset, ...bytes]) => bytes.every((byte, at) => head[offset + at] === byte));
}
