import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

import type { ConformanceOptions } from "../run/options.ts";
import { UsageError } from "./usage.ts";

/** Loads the module `target` and finds the options in it; a UsageError where there are none. */
export async function loadTarget(target: string): Promise<ConformanceOptions> {
  const path = resolve(target);
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) throw new UsageError(`there is no file ${target}`);
  const module = await load(target, pathToFileURL(path).href);
  const exported: unknown = Reflect.get(module, "default");
  // A compiler may have put the default export of a CommonJS module one level deeper.
  const places = [exported, isObject(exported) ? Reflect.get(exported, "default") : undefined, module];
  const options = places
    .filter(isObject)
    .map((place) => ({ ...place }))
    .find(hasCreate);
  if (options !== undefined) return options;
  throw new UsageError(
    `${target} exports no create: neither in its default export nor by this name is there such a function`,
  );
}

async function load(target: string, url: string): Promise<object> {
  let onIdle: (() => void) | undefined;
  const idle: Promise<never> = new Promise((_resolve, reject) => {
    onIdle = () => {
      reject(new UsageError(`${target} cannot be loaded: it awaits what never comes`));
    };
    process.once("beforeExit", onIdle);
  });
  try {
    return (await Promise.race([import(url), idle])) as object;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${target} cannot be loaded${explain(error)}`, { cause: error });
  } finally {
    if (onIdle !== undefined) process.off("beforeExit", onIdle);
  }
}

function explain(error: unknown): string {
  if (!isObject(error) || Reflect.get(error, "code") !== "ERR_UNKNOWN_FILE_EXTENSION")
    return `\n${inspect(error)}`;
  return `: this Node (${process.version}) runs no such file; for TypeScript take Node 22.18, 24 or later, or compile it`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function hasCreate(value: object): value is ConformanceOptions {
  return "create" in value && typeof value.create === "function";
}
