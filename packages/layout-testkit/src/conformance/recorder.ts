import type { BlobWriter, Registry } from "@ocilayout/oci-types";

/** What was called, in the words of who called it. */
export type Calls = string[];

/** `registry`, with every call written down in `calls`. Writers write down theirs, too. */
export function recordCalls(registry: Registry, calls: Calls): Registry {
  return new Proxy(registry, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        calls.push(`${String(name)}(${args.map(show).join(", ")})`);
        const answer: unknown = (member as (...all: unknown[]) => unknown).apply(target, args);
        if (!isPromise(answer)) return answer;
        return answer.then((value) => (isWriter(value) ? recordWriter(value, calls) : value));
      };
    },
  });
}

function recordWriter(writer: BlobWriter, calls: Calls): BlobWriter {
  return new Proxy(writer, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        if (typeof name === "string") calls.push(`${name}(${args.map(show).join(", ")})`);
        return (member as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}

function isWriter(value: unknown): value is BlobWriter {
  return typeof value === "object" && value !== null && "commit" in value && "write" in value;
}

/** A value as it is best read in a line: digests and contents cut short. */
export function show(value: unknown): string {
  if (value === undefined) return "undefined";
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 19)}…` : value);
  if (value instanceof Uint8Array) return `${value.length} B`;
  if (value instanceof AbortSignal) return value.aborted ? "an aborted signal" : "a signal";
  if (value instanceof Error) return "code" in value ? `${value.name} ${String(value.code)}: ${value.message}` : `${value.name}: ${value.message}`;
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value !== "object" || value === null) return typeof value === "function" ? "a function" : `${value as number | boolean | bigint | null}`;
  if (Symbol.asyncIterator in value || Symbol.iterator in value) return value.constructor.name;
  const members = Object.entries(value).filter(([, member]) => member !== undefined && typeof member !== "function");
  return members.length === 0 ? "{}" : `{ ${members.map(([key, member]) => `${key}: ${show(member)}`).join(", ")} }`;
}
