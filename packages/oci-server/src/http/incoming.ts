/** The parts of a request that the options receive. A `Request` has them. */
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

/** The part of `Headers` that the handler reads. The values of one name are joined with ", ". */
export interface HeaderFields extends Iterable<readonly [string, string]> {
  get(name: string): string | null;
  has(name: string): boolean;
}

/** A request that the handler reads. */
export interface ReceivedRequest extends Omit<IncomingRequest, "headers"> {
  /** The headers as the client sent them. */
  readonly headers: HeaderFields;
  /** Returns the same request for the options, always the same object. */
  forOptions(): IncomingRequest;
}
