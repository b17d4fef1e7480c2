/** The parts of a request that the handler reads. A `Request` has them. */
export interface IncomingRequest {
  /** The method, in upper case. */
  readonly method: string;
  /** The absolute URL, or its path and query. */
  readonly url: string;
  /** The headers as the client sent them. */
  readonly headers: Headers;
  /** The body, which can be read once, or `null` without one. */
  readonly body: AsyncIterable<Uint8Array> | null;
  /** The address of the connection, if it is known. */
  readonly address?: string | undefined;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
}
