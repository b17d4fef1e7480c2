import type { Registry } from "@ocilayout/oci-types";

import type { ConformanceTarget } from "./options.ts";

/** Returns a target whose registries `open` opens over the same content. Disposing the target disposes all of them. */
export async function openTarget(
  open: () => Promise<Registry & AsyncDisposable>,
): Promise<ConformanceTarget> {
  const opened: AsyncDisposable[] = [];
  const reopen = async (): Promise<Registry> => {
    const registry = await open();
    opened.push(registry);
    return registry;
  };
  const close = async (): Promise<void> => {
    for (const registry of opened) await registry[Symbol.asyncDispose]();
  };
  return { registry: await reopen(), reopen, [Symbol.asyncDispose]: close };
}
