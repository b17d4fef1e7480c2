import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";
import type { Registry } from "@ocilayout/oci-types";

import { createHandler } from "../src/index.ts";
import { openHttpRegistry } from "./http-registry.ts";

/** The kit pushes a thousand tags at once, and each is in the URL. */
const limits = { maxUrlLength: 65_536, maxHeaderLength: 131_072 };

/** Opens a client of a handler over `registry`, without a network. */
function handled(registry: Registry): Registry {
  return openHttpRegistry(
    "http://registry.test",
    createHandler(registry, { writable: true, limits }),
    registry.capabilities,
  );
}

// conformance.deep.test.ts tests layouts behind node:http.
describeRegistry("a registry in memory behind a handler", {
  create: () => ({ registry: handled(createMemoryRegistry()) }),
  capabilities: { persistent: false },
  runs: 3,
  // Long enough for a busy machine. A call that hangs still fails.
  timeoutMs: 60_000,
});
