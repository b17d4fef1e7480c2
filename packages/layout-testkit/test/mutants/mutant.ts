import type {
  BlobReader,
  BlobWriter,
  Descriptor,
  Registry,
  RegistryCapabilities,
  RegistryError,
  RegistryErrorCode,
} from "@ocilayout/oci-types";
import { isRegistryError, octetStream } from "@ocilayout/oci-types";

import type { ConformanceTarget, TargetPlace } from "../../src/index.ts";
import type { MemoryOptions } from "../../src/memory/index.ts";
import { createMemoryRegistry } from "../../src/memory/index.ts";

/** A registry with one defect, and the cases that must detect it. */
export interface Mutant {
  /** The defect, as the continuation of “a registry that …”. */
  readonly what: string;
  readonly caughtBy: readonly string[];
  readonly capabilities: Partial<RegistryCapabilities>;
  readonly create: (place: TargetPlace) => ConformanceTarget;
}

/** Returns the defective calls, given the correct ones. */
export type Defect = (whole: Registry, place: TargetPlace) => Partial<Registry>;

/** Options of {@link mutant}. */
export interface MutantOptions {
  readonly capabilities?: Partial<RegistryCapabilities>;
  readonly memory?: MemoryOptions;
  /** Opens the registry again. By default it has the same content and defect. */
  readonly reopen?: (whole: Registry) => Registry;
}

/** Makes a mutant of a registry in memory. Like a registry on disk, it can be opened again over the same content. */
export function mutant(
  what: string,
  caughtBy: readonly string[],
  defect: Defect,
  options: MutantOptions = {},
): Mutant {
  const create = (place: TargetPlace): ConformanceTarget => {
    // Its capabilities are in the options, so it must not report its own.
    const whole: Registry = { ...createMemoryRegistry(options.memory), capabilities: undefined };
    const open = (): Registry => ({ ...whole, ...defect(whole, place) });
    return { registry: open(), reopen: async () => options.reopen?.(whole) ?? open() };
  };
  return { what, caughtBy, capabilities: options.capabilities ?? {}, create };
}

/** Returns the result of `promise`, or of `instead` if it rejects with this code. */
export async function unless<Value, Code extends RegistryErrorCode>(
  promise: Promise<Value>,
  code: Code,
  instead: (error: RegistryError<Code>) => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await promise;
  } catch (error) {
    if (isRegistryError(error, code)) return instead(error);
    throw error;
  }
}

/** Returns a blob's descriptor. The blob need not exist. */
export function pretend(digest: string, size: number): Descriptor {
  return { mediaType: octetStream, digest: digest as Descriptor["digest"], size };
}

/** Makes a list of a promise of its items. */
export async function* listOf<Item>(items: Promise<readonly Item[]>): AsyncGenerator<Item, void, undefined> {
  yield* await items;
}

/** Parses a document. Returns an empty object if it is not a JSON object. */
export function documentOf(content: unknown): Readonly<Record<string, unknown>> {
  try {
    const document: unknown =
      content instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(content)) : undefined;
    return typeof document === "object" && document !== null ? (document as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Returns `reader` with some members replaced. */
export function changeReader(reader: BlobReader, change: Partial<BlobReader>): BlobReader {
  return {
    descriptor: reader.descriptor,
    stream: () => reader.stream(),
    bytes: () => reader.bytes(),
    text: () => reader.text(),
    json: () => reader.json(),
    close: () => reader.close(),
    [Symbol.asyncIterator]: () => reader[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
    ...change,
  };
}

/** Returns `writer` with some members replaced. */
export function changeWriter(writer: BlobWriter, change: Partial<BlobWriter>): BlobWriter {
  const changed = {
    id: writer.id,
    chunkSize: writer.chunkSize,
    get size(): number {
      return writer.size;
    },
    write: (chunk: Uint8Array) => writer.write(chunk),
    close: () => writer.close(),
    commit: (digest: string) => writer.commit(digest),
    cancel: () => writer.cancel(),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
  for (const [name, value] of Object.entries(Object.getOwnPropertyDescriptors(change)))
    Object.defineProperty(changed, name, value);
  const dispose = change[Symbol.asyncDispose];
  if (dispose !== undefined) changed[Symbol.asyncDispose] = dispose;
  return changed;
}

/** Returns the two calls that open writers, with every writer changed. */
export function changeWriters(
  whole: Registry,
  change: (writer: BlobWriter, repo: string) => Partial<BlobWriter>,
): Pick<Registry, "pushBlobChunked" | "pushBlobChunkedResume"> {
  const changed = (writer: BlobWriter, repo: string): BlobWriter =>
    changeWriter(writer, change(writer, repo));
  return {
    pushBlobChunked: async (repo, options) => changed(await whole.pushBlobChunked(repo, options), repo),
    pushBlobChunkedResume: async (repo, id, options) =>
      changed(await whole.pushBlobChunkedResume(repo, id, options), repo),
  };
}

/** Waits until other callbacks have run. */
export async function moment(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
