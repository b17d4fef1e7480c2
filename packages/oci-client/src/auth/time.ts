/** Time, for the expiry of tokens. Tests pass their own. */
export interface Time {
  /** Returns the time in milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`. Rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
