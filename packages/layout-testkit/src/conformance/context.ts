import type { BlobReader, Registry, RegistryErrorCode } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";

import { show } from "./recorder.ts";

/** A registry that did not do what a case expects of it. */
export class ConformanceFailure extends Error {
  readonly expected: string;
  readonly received: string;

  constructor(expected: string, received: string) {
    super(`expected ${expected}, received ${received}`);
    this.name = "ConformanceFailure";
    this.expected = expected;
    this.received = received;
  }
}

/** What a case works with. */
export interface CaseContext {
  /** The registry that is put to the test; empty. */
  readonly registry: Registry;
  /** Another one over the same content; only where the case needs it. */
  readonly reopen: () => Promise<Registry>;
}

/** Fails unless `call` rejects with one of `codes`. */
export async function rejects(call: () => Promise<unknown>, ...codes: readonly RegistryErrorCode[]): Promise<void> {
  const expected = `rejection with RegistryError ${codes.join(" or ")}`;
  let value: unknown;
  try {
    value = await call();
  } catch (error) {
    if (isRegistryError(error, ...codes)) return;
    throw new ConformanceFailure(expected, `rejection with ${show(error)}`);
  }
  throw new ConformanceFailure(expected, show(value));
}

/** Fails unless `call` rejects with an error of this class: a mistake of the program that calls. */
export async function rejectsWith(call: () => Promise<unknown>, type: typeof TypeError | typeof RangeError): Promise<void> {
  let value: unknown;
  try {
    value = await call();
  } catch (error) {
    if (error instanceof type) return;
    throw new ConformanceFailure(`rejection with ${type.name}`, `rejection with ${show(error)}`);
  }
  throw new ConformanceFailure(`rejection with ${type.name}`, show(value));
}

/** Fails unless `received` is `expected`, member by member. */
export function equal(received: unknown, expected: unknown, what: string): void {
  if (isEqual(received, expected)) return;
  throw new ConformanceFailure(`${what}: ${show(expected)}`, show(received));
}

/** Fails unless `call` resolves; gives what it resolves to. */
export async function resolves<Value>(call: () => Promise<Value>, what: string): Promise<Value> {
  try {
    return await call();
  } catch (error) {
    throw new ConformanceFailure(what, `rejection with ${show(error)}`);
  }
}

/** Fails unless the reader gives `expected`, and says what it is. */
export async function reads(reader: BlobReader, expected: Uint8Array, what: string): Promise<void> {
  const received = await reader.bytes();
  const isSame = received.length === expected.length && received.every((byte, at) => byte === expected[at]);
  if (!isSame) throw new ConformanceFailure(`${what}: ${decode(expected)}`, decode(received));
}

function decode(bytes: Uint8Array): string {
  return show(new TextDecoder().decode(bytes));
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...definedKeys(a), ...definedKeys(b)]);
  return [...keys].every((key) => isEqual(Reflect.get(a, key), Reflect.get(b, key)));
}

function definedKeys(value: object): string[] {
  return Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : [key]));
}
