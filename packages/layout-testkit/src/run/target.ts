import { defineRegistry } from "@ocilayout/oci-backend";

import type { ConformanceSettings, ConformanceTarget } from "./options.ts";
import { show } from "../case/show.ts";
import { within } from "../case/time-limit.ts";

/** A target, and how to close it. */
export interface MadeTarget {
  readonly target: ConformanceTarget;
  /** Aborts the target's signal and disposes the target. */
  readonly close: () => Promise<void>;
}

/** Creates a target in `tempDir`. Rejects if `create` takes too long or does not return a valid target. */
export async function makeTarget(
  { create, timeoutMs }: ConformanceSettings,
  tempDir: string,
): Promise<MadeTarget> {
  const controller = new AbortController();
  try {
    const target: unknown = await within(timeoutMs, () => create({ tempDir, signal: controller.signal }));
    if (!isTarget(target)) throw new TypeError(`create() must return { registry }, not ${show(target)}`);
    requireMethods(target.registry, "the registry of create()");
    const close = async (): Promise<void> => {
      controller.abort();
      await within(timeoutMs, () => target[Symbol.asyncDispose]?.());
    };
    return { target, close };
  } catch (error) {
    controller.abort();
    throw error;
  }
}

function isTarget(value: unknown): value is ConformanceTarget {
  return (
    typeof value === "object" &&
    value !== null &&
    "registry" in value &&
    typeof value.registry === "object" &&
    value.registry !== null
  );
}

/**
 * The methods of every registry, whatever it promises. Without this check, calling a missing method would throw a
 * TypeError, which some cases expect.
 */
const METHODS: readonly string[] = Object.keys(defineRegistry({}));

/** Throws a TypeError that names the missing methods of `registry`. */
export function requireMethods(registry: object, what: string): void {
  const missing = METHODS.filter((name) => typeof Reflect.get(registry, name) !== "function");
  if (missing.length > 0)
    throw new TypeError(
      `${what} has no ${missing.join(", ")}: defineRegistry() adds the methods that a backend does not have`,
    );
}
