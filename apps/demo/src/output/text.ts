/** What a terminal obeys or does not show. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** `text` from a stranger, made fit for a terminal: on one line, control and format characters as escapes. */
export function printable(text: string): string {
  return text.replace(INVISIBLE, (character) =>
    character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}

/** A digest, cut to what tells it from others. */
export function shorten(digest: string): string {
  return digest.slice(0, digest.indexOf(":") + 13);
}

/** A size in bytes, with the unit that keeps it short. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** `count` of something, in words: `1 file`, `2 files`. */
export function countOf(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
