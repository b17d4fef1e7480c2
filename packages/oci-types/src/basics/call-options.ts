/** What every call takes. */
export interface CallOptions {
  /**
   * Ends the call early: it rejects with `signal.reason`, and what was half done never becomes visible. A signal
   * that was aborted before rejects before any I/O; one aborted after the commit point changes nothing. It also
   * bounds the life of the reader, writer or iteration that the call returned.
   */
  readonly signal?: AbortSignal | undefined;
}
