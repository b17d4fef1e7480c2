import type { BlobReader, Registry, RegistryErrorCode } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";

import { ConformanceFailure } from "./failure.ts";
import { show, showError } from "./show.ts";

/** Everything that a case uses. */
export interface CaseContext {
  /** The registry under test, empty. */
  readonly registry: Registry;
  /** Opens another registry over the same content. Only for cases with `needsReopen`. */
  readonly reopen: () => Promise<Registry>;
  /** Returns the layout directory of a repository. Only for cases with `needsLayout`. */
  readonly layoutDirectory: (repository: string) => string;
  /** Makes another empty registry, independent of the first. */
  readonly createAnother: () => Promise<{ readonly registry: Registry; close(): Promise<void> }>;
  /** Whether the backend promises a capability. */
  readonly promises: (name: keyof NonNullable<Registry["capabilities"]>) => boolean;
  /** The seed of random choices. */
  readonly seed: number;
  /** The number of random sequences. */
  readonly runs: number;
  /** The time limit of a call, in milliseconds. */
  readonly timeoutMs: number;
}

/** Fails unless `call` rejects with one of `codes`. */
export async function rejects(
  call: () => Promise<unknown>,
  ...codes: readonly RegistryErrorCode[]
): Promise<void> {
  const error = await rejection(call, `RegistryError ${codes.join(" or ")}`);
  if (!isRegistryError(error, ...codes)) throw unexpected(`RegistryError ${codes.join(" or ")}`, error);
}

/** Fails unless `call` rejects with an error of this class, which reports a programming error of the caller. */
export async function rejectsWith(
  call: () => Promise<unknown>,
  type: typeof TypeError | typeof RangeError,
): Promise<void> {
  const error = await rejection(call, type.name);
  if (!(error instanceof type)) throw unexpected(type.name, error);
}

/** Fails unless `call` rejects with the `reason` of its aborted signal. */
export async function rejectsAborted(call: () => Promise<unknown>, reason: unknown): Promise<void> {
  const error = await rejection(call, "the signal's reason");
  if (error !== reason) throw unexpected("the signal's own reason", error);
}

/** Returns the error that `call` rejects with. Fails if it resolves. */
export async function rejection(
  call: () => Promise<unknown>,
  expected: string = "an error",
): Promise<unknown> {
  let value: unknown;
  try {
    value = await call();
  } catch (error) {
    if (error instanceof ConformanceFailure) throw error;
    return error;
  }
  throw new ConformanceFailure(`rejection with ${expected}`, show(value));
}

function unexpected(expected: string, error: unknown): ConformanceFailure {
  return new ConformanceFailure(`rejection with ${expected}`, `rejection with ${showError(error)}`);
}

/** Fails unless `received` equals `expected`, member by member. */
export function equal(received: unknown, expected: unknown, what: string): void {
  if (isEqual(received, expected)) return;
  throw new ConformanceFailure(`${what}: ${show(expected)}`, show(received));
}

/** Fails unless `condition` is true. */
export function holds(condition: boolean, expected: string, received: unknown): asserts condition {
  if (!condition) throw new ConformanceFailure(expected, show(received));
}

/**
 * Returns the value that `call` resolves with. Fails if it rejects; `what` names the call in the failure: “`what` to
 * succeed”.
 */
export async function resolves<Value>(call: () => Promise<Value>, what: string): Promise<Value> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ConformanceFailure) throw error;
    throw new ConformanceFailure(`${what} to succeed`, `rejection with ${showError(error)}`);
  }
}

/** Fails unless the reader's content is `expected`; `what` names the content in the failure. */
export async function reads(reader: BlobReader, expected: Uint8Array, what: string): Promise<void> {
  const received: unknown = await reader.bytes();
  if (!(received instanceof Uint8Array)) throw new ConformanceFailure(`${what}: bytes`, show(received));
  const at = received.findIndex((byte, i) => byte !== expected[i]);
  if (at === -1 && received.length === expected.length) return;
  throw new ConformanceFailure(`${what}: ${decode(expected)}`, decode(received));
}

function decode(bytes: Uint8Array): string {
  return bytes.length > 200 ? show(bytes) : show(new TextDecoder().decode(bytes));
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (
    typeof a !== "object" ||
    typeof b !== "object" ||
    a === null ||
    b === null ||
    Array.isArray(a) !== Array.isArray(b)
  )
    return false;
  const keys = new Set([...definedKeys(a), ...definedKeys(b)]);
  return [...keys].every((key) => isEqual(Reflect.get(a, key), Reflect.get(b, key)));
}

function definedKeys(value: object): string[] {
  return Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : [key]));
}
