import { describeRegistry } from "@ocilayout/layout-testkit/vitest";
import { openRemote } from "@ocilayout/oci-client";
import type { RegistryCapabilities } from "@ocilayout/oci-types";

import { startDistribution } from "./distribution.ts";

/** The promises of docker-registry 2.8 that differ from those of any registry. */
const capabilities: Partial<RegistryCapabilities> = {
  checksReferences: true,
  deleteTag: false,
  knowsManifests: false,
  opaqueManifests: false,
  sha512: false,
};

/** The capabilities that no registry promises before it announces them. */
const unpromised: Partial<RegistryCapabilities> = {
  anonymousMounts: false,
  atomicTags: false,
  comparesReferences: false,
  conditionalTags: false,
  deniesReferenced: false,
};

describeRegistry("a client of docker-registry", {
  create: async () => {
    const daemon = await startDistribution();
    // Damaged content is answered with 500, which a client repeats.
    const open = () => openRemote(daemon.host, { credentials: false, capabilities, retries: 1 });
    const registry = await open();
    return { registry, reopen: open, [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() };
  },
  capabilities: { ...unpromised, ...capabilities },
  timeoutMs: 60_000,
});
