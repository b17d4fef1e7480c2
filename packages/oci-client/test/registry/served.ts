import type { ConformanceTarget } from "@ocilayout/layout-testkit";
import { serve } from "@ocilayout/oci-server/node";
import type { Registry } from "@ocilayout/oci-types";

import { openRemote, type RemoteOptions, type RemoteRegistry } from "../../src/index.ts";

/** The kit pushes a thousand tags at once, and each is in the URL. */
const limits = { maxUrlLength: 65_536, maxHeaderLength: 131_072 };

/** A registry behind a server of this project, and a client of it. */
export interface Served extends AsyncDisposable {
  /** The host and port. */
  readonly host: string;
  readonly client: RemoteRegistry;
}

/** Serves a registry on a free port of this machine, and opens a client of it. */
export async function serveRegistry(registry: Registry, options: RemoteOptions = {}): Promise<Served> {
  const server = await serve(registry, { writable: true, port: 0, limits });
  const { host } = new URL(server.url);
  const client = await openRemote(host, { credentials: false, ...options });
  return {
    host,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Makes a target of the kit: a client of a server over each registry that `open` returns. */
export async function servedTarget(
  open: () => Promise<Registry & Partial<AsyncDisposable>>,
  options: RemoteOptions = {},
): Promise<ConformanceTarget> {
  const closing: Partial<AsyncDisposable>[] = [];
  const reopen = async (): Promise<Registry> => {
    const registry = await open();
    const served = await serveRegistry(registry, options);
    closing.push(served, registry);
    return served.client;
  };
  const close = async (): Promise<void> => {
    for (const it of closing) await it[Symbol.asyncDispose]?.();
  };
  return { registry: await reopen(), reopen, [Symbol.asyncDispose]: close };
}
