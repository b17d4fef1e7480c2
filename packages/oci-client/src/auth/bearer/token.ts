import { RegistryError } from "@ocilayout/oci-types";
import { isRecord } from "@ocilayout/oci-types/authors";

import { isHeaderSafe } from "../require-credentials.ts";

/** The lifetime of a token whose answer has none, in seconds. */
const DEFAULT_SECONDS = 60;

/** The longest lifetime that is believed, in seconds: a day. */
const MAX_SECONDS = 24 * 60 * 60;

/** A token is renewed this long before its end, in milliseconds, but not before three quarters of its life. */
const EARLY_MS = 10_000;

/** The maximum length of a token, in characters. Servers reject headers that are much longer. */
const MAX_LENGTH = 32 * 1024;

/** A bearer token. */
export interface Token {
  /** The token, without `Bearer`. */
  readonly value: string;
  /** When it was received, in milliseconds. */
  readonly receivedAt: number;
  /** When it is to be renewed, in milliseconds. */
  readonly renewAt: number;
  /** Whether it was given without credentials. */
  readonly isAnonymous: boolean;
}

/** The parsed answer of a token server. */
export interface TokenAnswer {
  readonly value: string;
  /** The rest of its lifetime, in milliseconds. */
  readonly lifeMs: number;
  /** The next identity token, if there is one. */
  readonly refreshToken: string | undefined;
}

/**
 * Parses the answer of a token server.
 *
 * @param now - The time of the server if it is known, else of this machine, in milliseconds.
 * @throws `RegistryError` with `REMOTE_FAILED` if it has no token, or one that does not fit into a header.
 * @see {@link https://distribution.github.io/distribution/spec/auth/token/}
 */
export function parseTokenAnswer(bytes: Uint8Array, now: number): TokenAnswer {
  const answer = parseJson(bytes);
  const found = [answer["token"], answer["access_token"]].find((it) => it !== undefined && it !== "");
  if (typeof found !== "string") throw invalid("it has no token");
  if (found.length > MAX_LENGTH) throw invalid(`the token is longer than ${MAX_LENGTH} characters`);
  if (!isHeaderSafe(found)) throw invalid("the token has invalid characters");
  const refreshToken = answer["refresh_token"];
  return {
    value: found,
    lifeMs: lifetimeOf(answer, now),
    refreshToken: typeof refreshToken === "string" && refreshToken !== "" ? refreshToken : undefined,
  };
}

/** Returns a token that is renewed a little before its end. */
export function createToken({ value, lifeMs }: TokenAnswer, receivedAt: number, isAnonymous: boolean): Token {
  const renewAt = receivedAt + lifeMs - Math.min(EARLY_MS, lifeMs / 4);
  return { value, receivedAt, renewAt, isAnonymous };
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // The error of the parser quotes the text, which may contain a token.
    throw invalid("it is not JSON");
  }
  if (!isRecord(answer)) throw invalid("it is not a JSON object");
  return answer;
}

/** Returns what is left of the lifetime. A time of issue that makes no sense is ignored: clocks differ. */
function lifetimeOf(answer: Record<string, unknown>, now: number): number {
  const said = Number(answer["expires_in"]);
  const seconds = said > 0 ? Math.min(said, MAX_SECONDS) : DEFAULT_SECONDS;
  const issuedAt = typeof answer["issued_at"] === "string" ? Date.parse(answer["issued_at"]) : Number.NaN;
  const age = now - issuedAt;
  return seconds * 1000 - (age > 0 && age < seconds * 1000 ? age : 0);
}

function invalid(reason: string): RegistryError {
  return new RegistryError("REMOTE_FAILED", `the answer of the token server is invalid: ${reason}`);
}
