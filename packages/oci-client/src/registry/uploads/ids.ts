/**
 * The id of an upload session is the address that the registry gave it, so that another process can resume the session.
 *
 * An id comes from the caller, and may be hostile: it could make a client send content to any address. So an address is used in
 * two cases only:
 *
 * - It is below the uploads of the same repository at the registry's own origin.
 * - The registry sent it to this process.
 */

/** Returns the id for the address of an upload. */
export function idOf(location: URL, origin: URL): string {
  const text = location.origin === origin.origin ? location.pathname + location.search : location.href;
  return toBase64Url(new TextEncoder().encode(text));
}

/** Returns the address in an id, or `undefined` if it is not an upload of this repository at the registry's origin. */
export function locationOf(id: string, origin: URL, uploads: string): URL | undefined {
  const text = fromBase64Url(id);
  if (text?.startsWith(uploads) !== true) return undefined;
  let url: URL;
  try {
    url = new URL(text, origin);
  } catch {
    return undefined;
  }
  // Parsing resolves dots and backslashes. An address that was changed by it names something else.
  const isSame = url.origin === origin.origin && url.pathname + url.search === text && url.hash === "";
  const session = url.pathname.slice(uploads.length);
  return isSame && session !== "" && !/[/%]/.test(session) ? url : undefined;
}

/** The longest id, in characters. */
const MAX_LENGTH = 8192;

function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Decodes an id. Returns `undefined` for any text that {@link idOf} would not write. */
function fromBase64Url(id: string): string | undefined {
  if (id.length > MAX_LENGTH || !/^[A-Za-z0-9_-]+$/.test(id)) return undefined;
  try {
    const binary = atob(id.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return toBase64Url(bytes) === id ? new TextDecoder("utf-8", { fatal: true }).decode(bytes) : undefined;
  } catch {
    return undefined;
  }
}
