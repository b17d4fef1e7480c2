/** The parts of a request's URL. */
export interface RequestTarget {
  /** The host that an absolute URL names. */
  readonly host: string | undefined;
  /** As it was sent. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

const TARGET = /^(?:[a-z][a-z0-9+.-]*:\/\/(?<host>[^/?#]*))?(?<path>[^?#]*)(?:\?(?<query>[^#]*))?/i;

/**
 * Takes a request's URL apart, which is absolute or begins with the path. Nothing is decoded or made simpler.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-3.2}
 */
export function parseTarget(url: string): RequestTarget {
  const { host, path = "", query = "" } = TARGET.exec(url)?.groups ?? {};
  return { host, path, query };
}
