import { setImmediate } from "node:timers/promises";

import { registryCapabilityNames, type RegistryCapabilities } from "@ocilayout/oci-types";

import { openArena } from "./arena.ts";
import type { ConformanceSettings } from "./options.ts";
import { makeTarget } from "./target.ts";
import { listenForUnhandled } from "./unhandled.ts";

/**
 * Returns the capabilities of a backend: those of one of its registries, overridden by the settings. If the target
 * cannot be created, only those of the settings: every case then reports the error.
 */
export async function askCapabilities(settings: ConformanceSettings): Promise<Partial<RegistryCapabilities>> {
  const arena = openArena();
  // Each case reports the unhandled errors of its own target.
  const stopListening = listenForUnhandled([]);
  try {
    const { target, close } = await makeTarget(settings, arena.tempDir);
    try {
      return { ...promised(target.registry.capabilities), ...settings.capabilities };
    } finally {
      await close();
    }
  } catch {
    return settings.capabilities;
  } finally {
    await setImmediate();
    stopListening();
    arena.remove();
  }
}

/** Returns the known capabilities that are booleans. */
function promised(capabilities: Partial<RegistryCapabilities> = {}): Partial<RegistryCapabilities> {
  const said = registryCapabilityNames.filter((name) => typeof capabilities[name] === "boolean");
  return Object.fromEntries(said.map((name) => [name, capabilities[name]]));
}
