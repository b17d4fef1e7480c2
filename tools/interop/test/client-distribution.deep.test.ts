import { describeRegistry } from "@ocilayout/layout-testkit/vitest";
import { openRemote } from "@ocilayout/oci-client";

import { startDistribution } from "./distribution.ts";

describeRegistry("a client of docker-registry", {
  create: async () => {
    const daemon = await startDistribution();
    const open = () => openRemote(daemon.host, { credentials: false });
    const registry = await open();
    return { registry, reopen: open, [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() };
  },
  capabilities: { deleteTag: false, checksReferences: true },
  runs: 3,
  timeoutMs: 60_000,
});
