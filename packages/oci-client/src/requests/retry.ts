import type { TransportResponse } from "../transport/transport.ts";
import type { Clock } from "./clock.ts";

/** The first delay, and the longest, in milliseconds. */
const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Statuses of a registry that may work again soon. */
const TRANSIENT = new Set([408, 500, 502, 503, 504]);

/** Errors of a connection that may work again soon. */
const TRANSIENT_ERRORS = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
]);

/** Of those, the errors of a request that was never sent. */
const UNSENT_ERRORS = new Set(["EAI_AGAIN", "ECONNREFUSED", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH"]);

/** Whether a response with this status may be repeated. */
export function isTransient(status: number): boolean {
  return TRANSIENT.has(status);
}

/** Whether a request that failed with `error` may be sent again. */
export function mayRepeat(error: unknown, isRepeatable: boolean): boolean {
  // `fetch` reports every failure of a connection as a TypeError, with its reason in `cause` in some runtimes.
  const code = systemCode(error);
  if (code === undefined)
    return isRepeatable && error instanceof TypeError && error.message !== "" && isFetchError(error);
  if (!TRANSIENT_ERRORS.has(code)) return false;
  return isRepeatable || UNSENT_ERRORS.has(code) || (error as { isUnsent?: boolean }).isUnsent === true;
}

function isFetchError(error: TypeError): boolean {
  return /fetch|network|load failed|connect|sending request/i.test(error.message);
}

/** Returns the code of the system's error, such as `ECONNRESET`. */
export function systemCode(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return undefined;
}

/** Decides how long to wait before a request is sent again. */
export class Retries {
  readonly #clock: Clock;
  #leftRetries: number;
  #leftMs: number;
  #count = 0;

  constructor(retries: number, maxMs: number, clock: Clock) {
    this.#leftRetries = retries;
    this.#leftMs = maxMs;
    this.#clock = clock;
  }

  /** Returns the delay before the next attempt in milliseconds, or `undefined` for the end of the attempts. */
  next(response?: Pick<TransportResponse, "header">): number | undefined {
    if (this.#leftRetries <= 0) return undefined;
    const asked = response && retryAfter(response, this.#clock.now());
    const delay = Math.max(asked ?? 0, this.#backOff());
    // To come back earlier than the registry asked would only make it worse.
    if (delay > this.#leftMs) return undefined;
    this.#leftRetries -= 1;
    this.#leftMs -= delay;
    this.#count += 1;
    return delay;
  }

  /** Allows at most `retries` from now on, over all calls. */
  leaveAtMost(retries: number): void {
    this.#leftRetries = Math.min(this.#leftRetries, Math.max(0, retries - this.#count));
  }

  /** Counts time that an attempt took before it timed out. */
  spend(ms: number): void {
    this.#leftMs -= ms;
  }

  #backOff(): number {
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#count);
    return most / 2 + (this.#clock.random() * most) / 2;
  }
}

/**
 * Returns the delay that a response asks for, in milliseconds: `Retry-After` in seconds or as a date, or as Docker Hub has it,
 * in seconds since 1970.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#name-retry-after}
 */
export function retryAfter(response: Pick<TransportResponse, "header">, now: number): number | undefined {
  const value = (response.header("retry-after")[0] ?? response.header("x-retry-after")[0])?.trim();
  if (value === undefined || value === "") return undefined;
  if (!/^\d+$/.test(value)) {
    const date = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
    return Number.isNaN(date) ? undefined : Math.max(0, date - now);
  }
  const seconds = Number(value);
  return seconds > 1_000_000_000 ? Math.max(0, seconds * 1000 - now) : seconds * 1000;
}

/**
 * Whether a response with status 429 is about a used up quota. A retry within minutes does not help.
 *
 * @see {@link https://docs.docker.com/docker-hub/usage/pulls/}
 */
export function isQuota(response: Pick<TransportResponse, "header">, text: string): boolean {
  const remaining = response.header("ratelimit-remaining")[0] ?? response.header("x-ratelimit-remaining")[0];
  const isUsedUp = remaining !== undefined && /^\s*0+\s*(?:;|$)/.test(remaining);
  return isUsedUp || /\bpull rate limit\b|\bquota\b/i.test(text);
}
