import type { RegistryCapabilities } from "@ocilayout/oci-types";
import { registryCapabilityNames } from "@ocilayout/oci-types";
import { isRecord } from "@ocilayout/oci-types/authors";

/**
 * What any registry may lack, so that only its announcement or the caller can promise it. The distribution-spec requires none
 * of these.
 */
const UNPROMISED: Partial<RegistryCapabilities> = {
  checksReferences: false,
  conditionalTags: false,
  atomicTags: false,
  deniesReferenced: false,
  comparesReferences: false,
  anonymousMounts: false,
};

/**
 * Returns the capabilities of a registry: those that the caller declares, or else those that the registry announces in its
 * answer to a ping, as the servers of this project do. All others are what the distribution-spec requires.
 */
export function capabilitiesOf(
  announced: unknown,
  declared: Partial<RegistryCapabilities> = {},
): Partial<RegistryCapabilities> {
  return {
    ...UNPROMISED,
    ...booleansIn(isRecord(announced) ? announced["capabilities"] : undefined),
    ...booleansIn(declared),
  };
}

function booleansIn(value: unknown): Partial<RegistryCapabilities> {
  if (!isRecord(value)) return {};
  const known = registryCapabilityNames.filter((name) => typeof value[name] === "boolean");
  return Object.fromEntries(known.map((name) => [name, value[name]]));
}
