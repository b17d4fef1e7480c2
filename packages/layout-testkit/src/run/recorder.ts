import { setImmediate } from "node:timers/promises";

import type { Registry } from "@ocilayout/oci-types";

import { ConformanceFailure } from "../case/failure.ts";
import { show, showError } from "../case/show.ts";

/** What a case did, and what no registry may do whatever is asked of it. */
export interface Recording {
  /** What was called, in the words of who called it. */
  readonly calls: string[];
  /** Broken rules that hold for every call. */
  readonly violations: ConformanceFailure[];
  /** A path that no message may carry. */
  readonly tempDir: string;
  /** What a case that ran out of time still calls is refused: it would go on for ever. */
  isOver: boolean;
}

/** The calls that answer with a list and not with a promise. */
const LISTS: ReadonlySet<PropertyKey> = new Set([
  "tags",
  "referrers",
  "repositories",
] satisfies (keyof Registry)[]);

/** No case makes so many. */
const ENDLESS = 10_000;

/** `registry`, with every call written down and looked at. Its writers and readers are looked at, too. */
export function recordCalls(registry: Registry, recording: Recording): Registry {
  return observe(registry, recording);
}

/**
 * A stand-in for `subject` that writes down each call and checks what comes of it. It stands in front of an empty object,
 * because that of a frozen one would have to give the very members that the frozen one has.
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
    if (recording.isOver) throw new ConformanceFailure("the end of the case", `another call of ${name}()`);
    const answer = callAndExpect(`a promise of ${name}()`, call, recording);
    if (!isObject(answer) || !("then" in answer))
      recording.violations.push(new ConformanceFailure(`a promise of ${name}()`, show(answer), PROMISES));
    const value = await answer;
    if (isObject(value) && ("bytes" in value || "commit" in value || Symbol.asyncIterator in value))
      return observe(value, recording);
    return value;
  } catch (error) {
    checkMessage(error, recording);
    throw error;
  } finally {
    // A case that calls again and again must let its own time limit run.
    if (recording.calls.length % 100 === 0) await setImmediate();
    const changed = args.find((it, i) => snapshot(it) !== before[i]);
    if (changed !== undefined)
      recording.violations.push(
        new ConformanceFailure(`what is passed to ${name}(), as it was`, show(changed), ARGUMENTS),
      );
  }
}

function observeList(name: string, call: () => unknown, recording: Recording): AsyncIterable<unknown> {
  const list = callAndExpect(`an async iterable of ${name}()`, call, recording);
  if (!isObject(list) || !(Symbol.asyncIterator in list)) {
    throw new ConformanceFailure(`an async iterable of ${name}()`, show(list));
  }
  const iterate = list[Symbol.asyncIterator] as () => AsyncIterator<unknown>;
  return { [Symbol.asyncIterator]: () => bound(Reflect.apply(iterate, list, []), recording) };
}

/** What comes of a call that may not throw before it has returned. */
function callAndExpect(expected: string, call: () => unknown, { violations }: Recording): unknown {
  try {
    return call();
  } catch (error) {
    violations.push(
      new ConformanceFailure(expected, `${showError(error)}, thrown by the call itself`, PROMISES),
    );
    throw error;
  }
}

/** An iterator that ends, and lets timers run: nobody waits for a list that never ends. */
function bound(iterator: AsyncIterator<unknown>, recording: Recording): AsyncIterator<unknown> {
  let count = 0;
  return {
    next: async () => {
      count += 1;
      if (count > ENDLESS) throw new ConformanceFailure("an end", `item number ${count}`);
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

/** The same for a stream. What is none is left for the case to find out. */
function boundStream(stream: unknown): unknown {
  if (!(stream instanceof ReadableStream)) return stream;
  const reader = stream.getReader() as ReadableStreamDefaultReader<unknown>;
  let count = 0;
  const pull = async (controller: ReadableStreamDefaultController<unknown>): Promise<void> => {
    count += 1;
    if (count > ENDLESS) throw new ConformanceFailure("an end", `chunk number ${count}`);
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

/** Clause 1: what a message says goes to clients. */
function checkMessage(error: unknown, { tempDir, violations }: Recording): void {
  if (!(error instanceof Error)) return;
  const said = [error.message, JSON.stringify(error)].find((text) => text.includes(tempDir));
  if (said === undefined) return;
  violations.push(
    new ConformanceFailure(
      "a message without a path of this machine",
      said.replaceAll(tempDir, "/…/target"),
      {
        why: "messages and details go to clients, who have no business with the server's directories",
        lookFor: "the system's error passed on as it is; it belongs into `cause`",
      },
    ),
  );
}

const PROMISES = {
  why: "a caller's catch() never sees what is thrown before there is a promise",
  lookFor: "a method that is not async and checks its arguments first; a list that is not a generator",
};

const ARGUMENTS = {
  why: "callers use the same options again",
  lookFor: "an option that is deleted, an array that is sorted in place, bytes that are overwritten",
};

/** What an argument looks like, as far as it can be told without touching it. */
function snapshot(value: unknown): string | undefined {
  if (value instanceof Uint8Array) return value.length > 65_536 ? undefined : String(value);
  if (!isObject(value) || !(Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype))
    return undefined;
  return JSON.stringify(value, (_key, member: unknown) => (ArrayBuffer.isView(member) ? undefined : member));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
