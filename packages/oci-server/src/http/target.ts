/** The parts of a request's URL. */
export interface RequestTarget {
  /** The host of an absolute URL. */
  readonly host: string | undefined;
  /** The path as the client sent it. */
  readonly path: string;
  /** The query, without the question mark. */
  readonly query: string;
}

const TARGET = /^(?:[a-z][a-z0-9+.-]*:\/\/(?<host>[^/?#]*))?(?<path>[^?#]*)(?:\?(?<query>[^#]*))?/i;

/**
 * Splits a request's URL, which is absolute or begins with the path. Decodes and normalizes nothing.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-3.2}
 */
export function parseTarget(url: string): RequestTarget {
  const { host, path = "", query = "" } = TARGET.exec(url)?.groups ?? {};
  return { host, path, query };
}
