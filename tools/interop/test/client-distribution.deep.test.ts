import { describeRegistry } from "@ocilayout/layout-testkit/vitest";
import { openRemote } from "@ocilayout/oci-client";

import { distributionCapabilities as capabilities, startDistribution, unpromised } from "./distribution.ts";

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
