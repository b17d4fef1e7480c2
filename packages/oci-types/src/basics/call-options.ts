/** Options of every call. */
export interface CallOptions {
  /**
   * Ends the call early. The call rejects with `signal.reason`, and no part of it becomes visible.
   *
   * - Aborted before the call: the call does no I/O.
   * - Aborted after the commit point: the call succeeds.
   * - Aborted after the call: ends the reader, writer or list that the call returned.
   *
   * @see {@link https://github.com/ocilayout/ocilayout/blob/main/docs/contract.md#clause-2 | Contract, clause 2}
   */
  readonly signal?: AbortSignal | undefined;
}
