import { setImmediate } from "node:timers/promises";

import type { RegistryCapabilities } from "@ocilayout/oci-types";

import { openArena } from "./arena.ts";
import type { ConformanceSettings } from "./options.ts";
import { capabilityNames } from "./options.ts";
import { makeTarget } from "./target.ts";
import { listenForUnhandled } from "./unhandled.ts";

/**
 * What a backend promises: what the capabilities of one of its registries say, and the settings, which win. A target that
 * cannot be made is asked nothing: every case reports it.
 */
export async function askCapabilities(settings: ConformanceSettings): Promise<Partial<RegistryCapabilities>> {
  const arena = openArena();
  // Each case reports what its own target leaves unhandled.
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

/** What is said of the capabilities that there are. */
function promised(capabilities: Partial<RegistryCapabilities> = {}): Partial<RegistryCapabilities> {
  const said = capabilityNames.filter((name) => typeof capabilities[name] === "boolean");
  return Object.fromEntries(said.map((name) => [name, capabilities[name]]));
}
