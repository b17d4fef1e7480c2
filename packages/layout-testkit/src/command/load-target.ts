import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

import type { ConformanceOptions } from "../run/options.ts";
import { UsageError } from "./usage.ts";

/**
 * Loads the module `target` and returns the options that it exports.
 *
 * @throws UsageError if it exports none.
 */
export async function loadTarget(target: string): Promise<ConformanceOptions> {
  const path = resolve(target);
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) throw new UsageError(`cannot find the file ${target}`);
  const module = await load(target, pathToFileURL(path).href);
  const exported: unknown = Reflect.get(module, "default");
  // A compiler may nest the default export of a CommonJS module.
  const places = [exported, isObject(exported) ? Reflect.get(exported, "default") : undefined, module];
  const options = places
    .filter(isObject)
    .map((place) => ({ ...place }))
    .find(hasCreate);
  if (options !== undefined) return options;
  throw new UsageError(`${target} must export a function create, by name or in its default export`);
}

async function load(target: string, url: string): Promise<object> {
  let onIdle: (() => void) | undefined;
  const idle: Promise<never> = new Promise((_resolve, reject) => {
    onIdle = () => {
      reject(new UsageError(`cannot load ${target}: its top-level await never settles`));
    };
    process.once("beforeExit", onIdle);
  });
  try {
    return (await Promise.race([import(url), idle])) as object;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot load ${target}${explain(error)}`, { cause: error });
  } finally {
    if (onIdle !== undefined) process.off("beforeExit", onIdle);
  }
}

function explain(error: unknown): string {
  if (!isObject(error) || Reflect.get(error, "code") !== "ERR_UNKNOWN_FILE_EXTENSION")
    return `\n${inspect(error)}`;
  return `: this Node (${process.version}) cannot run this type of file; for TypeScript use Node 22.18, 24 or later, or compile it`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function hasCreate(value: object): value is ConformanceOptions {
  return "create" in value && typeof value.create === "function";
}
