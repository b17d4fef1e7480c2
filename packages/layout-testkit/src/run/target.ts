import { defineRegistry } from "@ocilayout/oci-backend";

import type { ConformanceSettings, ConformanceTarget } from "./options.ts";
import { show } from "../case/show.ts";
import { within } from "../case/time-limit.ts";

/** A target, and how it is taken leave of. */
export interface MadeTarget {
  readonly target: ConformanceTarget;
  /** Tells it that the case is over, and disposes it. */
  readonly close: () => Promise<void>;
}

/** Makes a target in `tempDir`. Rejects where none comes in time, or what comes is none. */
export async function makeTarget(
  { create, timeoutMs }: ConformanceSettings,
  tempDir: string,
): Promise<MadeTarget> {
  const controller = new AbortController();
  try {
    const target: unknown = await within(timeoutMs, () => create({ tempDir, signal: controller.signal }));
    if (!isTarget(target)) throw new TypeError(`create() gave ${show(target)} in place of { registry }`);
    requireMethods(target.registry, "create() gave a registry");
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

/** What a registry has, whatever it promises. A call of what is not there is a TypeError, which some cases expect. */
const METHODS: readonly string[] = Object.keys(defineRegistry({}));

/** Throws a TypeError that says which methods `registry` has not. */
export function requireMethods(registry: object, what: string): void {
  const missing = METHODS.filter((name) => typeof Reflect.get(registry, name) !== "function");
  if (missing.length > 0)
    throw new TypeError(
      `${what} without ${missing.join(", ")}: defineRegistry() answers for what a backend does not have`,
    );
}
