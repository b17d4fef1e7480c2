import type { Registry } from "@ocilayout/oci-types";

/** A call of a registry. */
export interface Call {
  /** The name of the method. That of links between layouts is `mountFrom`. */
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A registry that records its calls. */
export interface Watched {
  readonly registry: Registry;
  readonly calls: Call[];
  /** Returns the names of the methods that were called, in order. */
  methods(): string[];
  /** Returns how often a method was called. */
  count(...methods: readonly string[]): number;
}

/** The methods that change a registry. */
export const writes = [
  "pushBlob",
  "pushBlobChunked",
  "pushBlobChunkedResume",
  "mountBlob",
  "mountFrom",
  "pushManifest",
  "deleteBlob",
  "deleteManifest",
  "deleteTag",
] as const;

const LISTS: readonly string[] = ["tags", "referrers", "repositories"];

/**
 * Records the calls of a registry. It is another object than `registry`, so a layout does not link its blobs.
 *
 * @param around - Runs instead of each call, and may make the call with `proceed`.
 */
export function watch(
  registry: Registry,
  around: (call: Call, proceed: () => Promise<unknown>) => Promise<unknown> = (_, proceed) => proceed(),
): Watched {
  const calls: Call[] = [];
  const watched = new Proxy(registry, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      const method = typeof name === "symbol" ? (name.description ?? "").replace("@ocilayout/", "") : name;
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]) => {
        const call = { method, args };
        calls.push(call);
        const run = (): unknown => Reflect.apply(value, target, args);
        if (!LISTS.includes(method)) return around(call, async () => run());
        return (async function* () {
          await around(call, () => Promise.resolve());
          yield* run() as AsyncIterable<unknown>;
        })();
      };
    },
  });
  const methods = (): string[] => calls.map(({ method }) => method);
  const count = (...names: readonly string[]): number => methods().filter((it) => names.includes(it)).length;
  return { registry: watched, calls, methods, count };
}
