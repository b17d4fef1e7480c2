import type { RegistryCapabilities } from "@ocilayout/oci-types";
import { registryCapabilityNames } from "@ocilayout/oci-types";
import { isRecord } from "@ocilayout/oci-types/authors";

/** The capabilities that the distribution-spec does not require. Only an announcement or the caller can promise them. */
const UNPROMISED: Partial<RegistryCapabilities> = {
  checksReferences: false,
  conditionalTags: false,
  atomicTags: false,
  deniesReferenced: false,
  comparesReferences: false,
  anonymousMounts: false,
};

/**
 * Returns the capabilities of a registry. Declarations of the caller come first, then announcements of the registry in its answer
 * to a ping, as the servers of this project make them. All others are those that the distribution-spec requires.
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
