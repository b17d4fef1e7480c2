import { openLayout } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import type { ConformanceTarget } from "@ocilayout/layout-testkit";
import { describeRegistry } from "@ocilayout/layout-testkit/vitest";
import type { Registry } from "@ocilayout/oci-types";

import { serve } from "../src/node.ts";
import { openHttpRegistry } from "./http-registry.ts";

/** The kit pushes a thousand tags at once, and each is in the URL. */
const limits = { maxUrlLength: 65_536, maxHeaderLength: 131_072 };

/** Makes a target: a client of a server over the registry that `open` returns. */
async function served(open: () => Promise<Registry & AsyncDisposable>): Promise<ConformanceTarget> {
  const closing: AsyncDisposable[] = [];
  const reopen = async (): Promise<Registry> => {
    const registry = await open();
    const server = await serve(registry, { writable: true, port: 0, limits });
    closing.push(server, registry);
    return openHttpRegistry(server.url, fetch, registry.capabilities);
  };
  const close = async (): Promise<void> => {
    for (const it of closing) await it[Symbol.asyncDispose]();
  };
  return { registry: await reopen(), reopen, [Symbol.asyncDispose]: close };
}

describeRegistry("a layout behind node:http", {
  create: ({ tempDir }) => served(() => openLayout(tempDir, { durability: "none" })),
  capabilities: { repositoryScopedBlobs: false },
  runs: 3,
  // Long enough for a busy machine. A call that hangs still fails.
  timeoutMs: 60_000,
});

describeRegistry("a directory of layouts behind node:http", {
  create: ({ tempDir }) => served(() => openPerRepository(tempDir, { durability: "none" })),
  only: ["BLOB", "UPLOAD", "SCOPE", "MOUNT", "REPOSITORY", "LIST", "DELETE", "OPEN"],
  runs: 3,
  // Long enough for a busy machine. A call that hangs still fails.
  timeoutMs: 60_000,
});
