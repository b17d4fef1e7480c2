/** What the handler needs of a request. A `Request` is one; so is what the entry for `node:http` makes. */
export interface IncomingRequest {
  /** In capitals. */
  readonly method: string;
  /** Absolute, or the path and the query alone. */
  readonly url: string;
  /** As they were sent. */
  readonly headers: Headers;
  /** What was sent, read once; `null` where nothing was. */
  readonly body: AsyncIterable<Uint8Array> | null;
  /** The address that the connection comes from, if it is known. */
  readonly address?: string | undefined;
  /** Aborted when whoever asked has gone. */
  readonly signal: AbortSignal;
}
