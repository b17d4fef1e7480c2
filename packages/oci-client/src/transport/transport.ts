/** The body of a request. */
export interface RequestBody {
  /** The size in bytes. `undefined` if it is unknown; the body is then sent with chunked transfer coding. */
  readonly size: number | undefined;
  /**
   * Returns the bytes. A second call begins anew, or returns `undefined` if this body can be read only once. The transport
   * never changes a chunk, and has sent it when it asks for the next.
   */
  open(): AsyncIterable<Uint8Array> | undefined;
}

/** One HTTP request, as it is sent: redirects, retries and authentication are the work of the layer above. */
export interface TransportRequest {
  /** The method, in upper case. */
  readonly method: string;
  /** The address, `http:` or `https:`. */
  readonly url: URL;
  /** The headers; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, if there is one. */
  readonly body?: RequestBody | undefined;
  /** Ends the request, and the reading of its response. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether a response of the registry chose the host, and its name must not lead into the caller's network. A transport that
   * resolves names itself then refuses link-local and loopback addresses, and private ones unless the registry has one too.
   * Defaults to false.
   */
  readonly isLed?: boolean | undefined;
  /**
   * The caller is done with a chunk of the response when it requests the next one. The transport may then collect the body of a
   * response with status 200 or 206 in blocks of up to this size, in bytes, and use their memory again. A transport may ignore it.
   * By default each chunk has its own memory.
   */
  readonly blockBytes?: number | undefined;
}

/** The response to a request. Its body must be read to its end or discarded, which frees the connection. */
export interface TransportResponse {
  /** The status code. */
  readonly status: number;
  /** Returns the values of a header, in order; `name` in lower case. */
  header(name: string): readonly string[];
  /** The bytes, undecoded. Can be read once. Leaving the loop early closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Drops the body. */
  discard(): Promise<void>;
}

/** Sends HTTP requests. A transport follows no redirects and adds no credentials. */
export interface Transport {
  /** Resolves when the headers of the response have arrived. Rejects with the system's error, or the signal's reason. */
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Closes idle connections, and ends requests in flight. */
  close(): Promise<void>;
}
