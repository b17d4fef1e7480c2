import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openTarget, type ConformanceTarget } from "@ocilayout/layout-testkit";
import type { Registry } from "@ocilayout/oci-types";

import { openLayout, type LayoutOptions, type LayoutRegistry } from "../src/index.ts";
import { readIndex, type IndexEntry } from "./helpers.ts";

/** A backend with one fault, and the cases that must find it. */
export interface LayoutMutant {
  /** The fault, as a description of what the backend does. */
  readonly what: string;
  readonly caughtBy: readonly string[];
  create(tempDir: string): Promise<ConformanceTarget>;
}

/** Overrides methods of a correct registry with faulty ones. */
export type Fault = (whole: LayoutRegistry, directory: string) => Partial<Registry>;

/** Makes a mutant of a layout. */
export function mutant(
  what: string,
  caughtBy: readonly string[],
  fault: Fault,
  options: LayoutOptions = {},
): LayoutMutant {
  const create = (tempDir: string): Promise<ConformanceTarget> =>
    openTarget(async () => {
      const whole = await openLayout(tempDir, { durability: "none", ...options });
      return { ...whole, ...fault(whole, tempDir) };
    });
  return { what, caughtBy, create };
}

type ListCall = "tags" | "referrers" | "repositories";
/** A method that returns a promise. */
export type PromiseCall = Exclude<keyof Registry, ListCall | "capabilities">;

const reads = [
  "getBlob",
  "getBlobRange",
  "getManifest",
  "getTag",
  "resolveBlob",
  "resolveManifest",
  "resolveTag",
] as const satisfies PromiseCall[];
/** The methods that push. */
export const pushes = ["pushBlob", "pushManifest"] as const satisfies PromiseCall[];

/** Returns methods of `whole` that run `act` after one of these calls. */
export function after(
  whole: Registry,
  names: readonly PromiseCall[],
  act: (...args: never[]) => unknown,
): Partial<Registry> {
  return wrap(names, async (name, args) => {
    const result = await call(whole, name, args);
    await act(...(args as never[]));
    return result;
  });
}

/** Returns methods of `whole` that run `act` before one of these calls. */
export function before(
  whole: Registry,
  names: readonly PromiseCall[],
  act: (...args: never[]) => unknown,
): Partial<Registry> {
  return wrap(names, async (name, args) => {
    await act(...(args as never[]));
    return call(whole, name, args);
  });
}

/** Returns methods of `whole` that run `act` before every call that reads, pushes or lists tags. */
export function beforeEvery(whole: Registry, act: () => unknown): Partial<Registry> {
  return {
    ...before(whole, [...reads, ...pushes], act),
    async *tags(...args) {
      await act();
      yield* whole.tags(...args);
    },
  };
}

function wrap(
  names: readonly PromiseCall[],
  run: (name: PromiseCall, args: readonly unknown[]) => Promise<unknown>,
): Partial<Registry> {
  return Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => run(name, args)]));
}

function call(whole: Registry, name: PromiseCall, args: readonly unknown[]): Promise<unknown> {
  return Reflect.apply(whole[name], whole, args) as Promise<unknown>;
}

/** Rewrites `index.json`, if it exists, with the entries that `change` returns. */
export function editEntries(directory: string, change: (entries: IndexEntry[]) => readonly unknown[]): void {
  if (!existsSync(join(directory, "index.json"))) return;
  const document = readIndex(directory);
  writeIndex(directory, JSON.stringify({ ...document, manifests: change(document.manifests) }));
}

/** Rewrites `index.json`, if it exists, with the text that `change` returns. */
export function editIndexText(directory: string, change: (text: string) => string): void {
  const path = join(directory, "index.json");
  if (existsSync(path)) writeIndex(directory, change(readFileSync(path, "utf8")));
}

function writeIndex(directory: string, text: string): void {
  const aside = join(directory, "index.aside");
  writeFileSync(aside, text);
  renameSync(aside, join(directory, "index.json"));
}

/** Returns the name of an entry according to the specification. */
export function refNameOf(entry: IndexEntry | undefined): string | undefined {
  return entry?.annotations?.["org.opencontainers.image.ref.name"];
}
