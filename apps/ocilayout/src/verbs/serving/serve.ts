import { once } from "node:events";
import { access, constants } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import type { RegistryServer, ServeOptions } from "@ocilayout/oci-server/node";
import { serve as listen } from "@ocilayout/oci-server/node";
import type { Registry } from "@ocilayout/oci-types";

import { UsageError } from "../../errors/usage-error.ts";
import { writeJson, writeText } from "../../output/output.ts";
import { printable } from "../../output/text.ts";
import { flag, list, required, text } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withWhole } from "../../places/open.ts";
import type { OpenTarget } from "../../places/target.ts";

/** `ocilayout serve`: serves a layout or an archive over HTTP. */
export const verb: Verb = defineVerb({
  positionals: { path: required("A layout, or an archive for reading") },
  options: {
    port: text("NUMBER", "The port; 0 chooses a free one", "5000"),
    host: text("ADDRESS", "The address to listen on", "127.0.0.1"),
    "allowed-host": list(
      "HOST",
      "A host that requests may name, such as registry.example. Default: on a loopback address localhost, 127.0.0.0/8 and [::1]; on other addresses every host",
    ),
    "allowed-origin": list(
      "ORIGIN",
      "An origin whose web pages may use the server, such as https://ui.example",
    ),
    writable: flag("Accept pushes and deletions"),
    "allow-sparse": flag("Accept images without all of their parts"),
    verify: flag("Verify blobs while they are sent; clients verify them anyway"),
  },
  examples: [
    ["ocilayout serve images", "Serve for reading at http://127.0.0.1:5000"],
    [
      "ocilayout serve images --port 0 --json",
      "Choose a free port, and print it as JSON when connections are accepted",
    ],
    ["ocilayout serve tree:trees --writable", "Also accept pushes from this machine"],
    ["ocilayout serve images --allowed-host registry.example", "Serve behind a proxy with that name"],
  ],
  run: async (args, { output, signal }) => {
    const { host, writable, json } = args;
    const port = parsePort(args.port);
    const run = async ({ registry, kind, directory }: OpenTarget): Promise<undefined> => {
      if (writable && (kind === "layout" || kind === "tree")) await requireWritable(directory);
      const onError = (error: unknown, request: { readonly method: string; readonly url: string }): void => {
        const reason = error instanceof Error ? error.message : String(error);
        void output.note(printable(`ocilayout: ${request.method} ${request.url}: ${reason}`));
      };
      // Without the option, the address decides: an empty list would allow no host.
      const hosts = args["allowed-host"];
      const pages = {
        allowedHosts: hosts.length === 0 ? undefined : hosts,
        allowedOrigins: args["allowed-origin"],
      };
      const server = await listenOrExplain(registry, {
        host,
        port,
        writable,
        verifyBlobs: args.verify,
        onError,
        ...pages,
      });
      try {
        if (writable && !isLoopback(server.url)) await output.note(OPEN_TO_ALL);
        await (json
          ? writeJson(output, {
              url: server.url,
              port: server.port,
              place: `docker://${new URL(server.url).host}`,
            })
          : writeText(output, server.url));
        if (!json)
          await output.note(`ocilayout: as a place: docker://${new URL(server.url).host}/REPOSITORY:TAG`);
        if (!signal.aborted) await once(signal, "abort");
      } finally {
        await server.close();
      }
      return undefined;
    };
    const layout = { allowSparse: args["allow-sparse"] };
    return withWhole(
      args.path,
      args.places,
      { purpose: writable ? "create" : "read", signal, output, layout },
      run,
    );
  },
});

const OPEN_TO_ALL =
  "ocilayout: the server has no authentication: all clients that reach this address can push and delete; put a proxy in front, or listen on 127.0.0.1";

/** Whether a server listens on an address that only this machine can reach. */
function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "[::1]" || hostname.startsWith("127.");
}

/**
 * Requires that a directory, or the one that it will be created in, can be written.
 *
 * @throws The error of the system.
 */
async function requireWritable(directory: string): Promise<void> {
  try {
    await access(directory, constants.W_OK);
  } catch (error) {
    const parent = dirname(resolve(directory));
    const isAbsent = (error as NodeJS.ErrnoException).code === "ENOENT" && parent !== resolve(directory);
    if (!isAbsent) throw error;
    await requireWritable(parent);
  }
}

/** Starts the server. An invalid host or origin is a {@link UsageError}. */
async function listenOrExplain(registry: Registry, options: ServeOptions): Promise<RegistryServer> {
  try {
    return await listen(registry, options);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

function parsePort(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535)
    throw new UsageError(`--port needs a number up to 65535, not ${text}`);
  return Number(text);
}
