const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Added to a byte that is not UTF-8, it makes a lone surrogate from U+DC80 to U+DCFF. */
const ESCAPE = 0xdc00;

/**
 * Decodes UTF-8 without loss: each byte that is not UTF-8 becomes a lone surrogate from U+DC80 to U+DCFF. So two different
 * names never decode to the same text.
 */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.length === 0) return "";
  try {
    return decoder.decode(bytes);
  } catch {
    return decodeWithEscapes(bytes);
  }
}

function decodeWithEscapes(bytes: Uint8Array): string {
  const parts: string[] = [];
  let valid = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      if (at > valid) parts.push(decoder.decode(bytes.subarray(valid, at)));
      parts.push(String.fromCharCode(ESCAPE + (bytes[at] ?? 0)));
      valid = at + 1;
    }
    at += Math.max(length, 1);
  }
  return parts.join("") + decoder.decode(bytes.subarray(valid));
}

/**
 * Returns the length of the UTF-8 sequence at a position, or 0 if the bytes are not UTF-8.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc3629#section-4}
 */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  // These limits exclude overlong forms, surrogates, and code points after U+10FFFF.
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (length === 0 || second < least || second > most || at + length > bytes.length) return 0;
  const rest = bytes.subarray(at + 2, at + length);
  return rest.every((byte) => byte >> 6 === 0b10) ? length : 0;
}

/** Matches a lone surrogate. With the flag `u`, it does not match the halves of a pair. */
const LONE = /[\ud800-\udfff]/u;
const ESCAPED = /([\udc80-\udcff])/u;

/** Whether text that {@link decodeText} returned has bytes that are not UTF-8. */
export function hasEscapes(text: string): boolean {
  return LONE.test(text);
}

/**
 * Returns the bytes of a name in an archive: UTF-8, and one byte for each lone surrogate from U+DC80 to U+DCFF.
 *
 * @returns `undefined` if the text has another lone surrogate.
 */
export function encodeText(text: string): Uint8Array | undefined {
  if (!LONE.test(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const [at, part] of text.split(ESCAPED).entries()) {
    if (at % 2 === 1) bytes.push(part.charCodeAt(0) - ESCAPE);
    else if (LONE.test(part)) return undefined;
    else for (const byte of encoder.encode(part)) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
