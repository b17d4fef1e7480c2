import { setImmediate } from "node:timers/promises";

import type { Registry } from "@ocilayout/oci-types";

import { ConformanceFailure } from "../case/failure.ts";
import { show, showError } from "../case/show.ts";

/** The calls of a case, and violations of the rules that apply to all calls. */
export interface Recording {
  /** The calls and their arguments, as source code. */
  readonly calls: string[];
  /** Violations of rules that apply to every call. */
  readonly violations: ConformanceFailure[];
  /** A path that no message may contain. */
  readonly tempDir: string;
  /** Whether the case has ended. Later calls of a case that timed out then fail, so that it ends, too. */
  isOver: boolean;
}

/** The calls that return a list instead of a promise. */
const LISTS: ReadonlySet<PropertyKey> = new Set([
  "tags",
  "referrers",
  "repositories",
] satisfies (keyof Registry)[]);

/** More items than any list in a case has. */
const ENDLESS = 10_000;

/** Returns a proxy of `registry` that records and checks each call, also those of its writers and readers. */
export function recordCalls(registry: Registry, recording: Recording): Registry {
  return observe(registry, recording);
}

/**
 * Returns a proxy of `subject` that records each call and checks its result. The proxy's target is an empty object: a
 * proxy of a frozen object would have to return the frozen members themselves.
 */
function observe<Subject extends object>(subject: Subject, recording: Recording): Subject {
  return new Proxy({} as Subject, {
    has: (_target, name) => name in subject,
    get: (_target, name) => {
      const member: unknown = Reflect.get(subject, name, subject);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        if (typeof name === "string") recording.calls.push(`${name}(${args.map(show).join(", ")})`);
        const call = (): unknown => Reflect.apply(member, subject, args);
        if (name === Symbol.asyncIterator) return bound(call() as AsyncIterator<unknown>, recording);
        if (name === "stream") return boundStream(call());
        if (LISTS.has(name)) return observeList(String(name), call, recording);
        return observePromise(String(name), call, args, recording);
      };
    },
  });
}

async function observePromise(
  name: string,
  call: () => unknown,
  args: readonly unknown[],
  recording: Recording,
): Promise<unknown> {
  const before = args.map(snapshot);
  try {
    if (recording.isOver)
      throw new ConformanceFailure("no call after the end of the case", `a call of ${name}()`);
    const answer = callAndExpect(`a promise from ${name}()`, call, recording);
    if (!isObject(answer) || !("then" in answer))
      recording.violations.push(new ConformanceFailure(`a promise from ${name}()`, show(answer), PROMISES));
    const value = await answer;
    if (isObject(value) && ("bytes" in value || "commit" in value || Symbol.asyncIterator in value))
      return observe(value, recording);
    return value;
  } catch (error) {
    checkMessage(error, recording);
    throw error;
  } finally {
    // Lets the time limit of a case run that calls in an endless loop.
    if (recording.calls.length % 100 === 0) await setImmediate();
    const changed = args.find((it, i) => snapshot(it) !== before[i]);
    if (changed !== undefined)
      recording.violations.push(
        new ConformanceFailure(`${name}() to leave its arguments unchanged`, show(changed), ARGUMENTS),
      );
  }
}

function observeList(name: string, call: () => unknown, recording: Recording): AsyncIterable<unknown> {
  const list = callAndExpect(`an async iterable from ${name}()`, call, recording);
  if (!isObject(list) || !(Symbol.asyncIterator in list)) {
    throw new ConformanceFailure(`an async iterable from ${name}()`, show(list));
  }
  const iterate = list[Symbol.asyncIterator] as () => AsyncIterator<unknown>;
  return { [Symbol.asyncIterator]: () => bound(Reflect.apply(iterate, list, []), recording) };
}

/** Returns the result of a call, and records a violation if it throws instead of rejecting. */
function callAndExpect(expected: string, call: () => unknown, { violations }: Recording): unknown {
  try {
    return call();
  } catch (error) {
    violations.push(new ConformanceFailure(expected, `${showError(error)}, thrown synchronously`, PROMISES));
    throw error;
  }
}

/** Limits an iterator to {@link ENDLESS} items, and lets timers run in between. */
function bound(iterator: AsyncIterator<unknown>, recording: Recording): AsyncIterator<unknown> {
  let count = 0;
  return {
    next: async () => {
      count += 1;
      if (count > ENDLESS) throw new ConformanceFailure("an end of the list", `item ${count}`);
      if (count % 100 === 0) await setImmediate();
      try {
        return await iterator.next();
      } catch (error) {
        checkMessage(error, recording);
        throw error;
      }
    },
    return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
  };
}

/** Limits a stream like {@link bound}. Other values are returned unchanged: the case reports them. */
function boundStream(stream: unknown): unknown {
  if (!(stream instanceof ReadableStream)) return stream;
  const reader = stream.getReader() as ReadableStreamDefaultReader<unknown>;
  let count = 0;
  const pull = async (controller: ReadableStreamDefaultController<unknown>): Promise<void> => {
    count += 1;
    if (count > ENDLESS) throw new ConformanceFailure("an end of the stream", `chunk ${count}`);
    if (count % 100 === 0) await setImmediate();
    const { done, value } = await reader.read();
    if (done) controller.close();
    else controller.enqueue(value);
  };
  return new ReadableStream<unknown>(
    { pull, cancel: async (reason) => reader.cancel(reason) },
    { highWaterMark: 0 },
  );
}

/** Clause 1: clients receive the messages of errors. */
function checkMessage(error: unknown, { tempDir, violations }: Recording): void {
  if (!(error instanceof Error)) return;
  const said = [error.message, JSON.stringify(error)].find((text) => text.includes(tempDir));
  if (said === undefined) return;
  violations.push(
    new ConformanceFailure(
      "a message without a path of this machine",
      said.replaceAll(tempDir, "/…/target"),
      {
        why: "clients receive messages and details, and must not learn the server's directories",
        lookFor: "a system error passed on unchanged; put it into `cause`",
      },
    ),
  );
}

const PROMISES = {
  why: "a caller's catch() does not receive an error that is thrown before the promise exists",
  lookFor: "a method that is not async and checks its arguments first, or a list that is not a generator",
};

const ARGUMENTS = {
  why: "callers reuse their options",
  lookFor: "an option that is deleted, an array that is sorted in place, or bytes that are overwritten",
};

/** Returns the state of an argument as text, as far as it can be read without consuming it. */
function snapshot(value: unknown): string | undefined {
  if (value instanceof Uint8Array) return value.length > 65_536 ? undefined : String(value);
  if (!isObject(value) || !(Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype))
    return undefined;
  return JSON.stringify(value, (_key, member: unknown) => (ArrayBuffer.isView(member) ? undefined : member));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
