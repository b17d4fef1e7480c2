import { once } from "node:events";

import type { LayoutStore } from "@ocilayout/layout-core";
import type { RegistryServer, ServeOptions } from "@ocilayout/oci-server/node";
import { serve as listen } from "@ocilayout/oci-server/node";

import { UsageError } from "../cli/usage-error.ts";
import { writeJson, writeText } from "../output/output.ts";
import { printable } from "../output/text.ts";
import { withWhole } from "../target/open.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";
import { withPath } from "./path.ts";

/** `ocilayout serve`: serves a layout over HTTP. */
export const serve: Command = defineCommand({
  usage: "serve <path>",
  summary: "Serve a layout over HTTP as a registry, until SIGINT or SIGTERM",
  examples: [
    ["$0 serve images", "Serve for reading at http://127.0.0.1:5000"],
    ["$0 serve images --port 0 --json", "Choose a free port, and print it as JSON"],
    ["$0 serve --per-repo trees --writable", "Also accept pushes from this machine"],
    ["$0 serve images --allowed-host registry.example", "Serve behind a proxy with that name"],
  ],
  options: (parser) =>
    withPath(parser, "A layout")
      .option("port", {
        type: "string",
        nargs: 1,
        default: "5000",
        describe: "The port; 0 chooses a free one",
      })
      .option("host", {
        type: "string",
        nargs: 1,
        default: "127.0.0.1",
        describe: "The address to listen on",
      })
      .option("allowed-host", {
        type: "string",
        array: true,
        nargs: 1,
        describe: "Another host name that requests may use, such as registry.example; can be repeated",
      })
      .option("allowed-origin", {
        type: "string",
        array: true,
        nargs: 1,
        describe: "An origin whose web pages may use the server, such as https://ui.example; can be repeated",
      })
      .option("writable", {
        type: "boolean",
        default: false,
        describe: "Accept pushes and deletions",
      })
      .option("allow-sparse", {
        type: "boolean",
        default: false,
        describe: "Accept images without all of their parts",
      })
      .option("verify", {
        type: "boolean",
        default: false,
        describe: "Verify blobs while they are sent; clients verify them anyway",
      }),
  run: async (args, { output, signal }) => {
    const { host, writable, json } = args;
    const port = parsePort(args.port);
    const options = { allowSparse: args["allow-sparse"] };
    const run = async (registry: LayoutStore): Promise<undefined> => {
      const onError = (error: unknown, request: { readonly method: string; readonly url: string }): void => {
        const reason = error instanceof Error ? error.message : String(error);
        void output.note(printable(`ocilayout: ${request.method} ${request.url}: ${reason}`));
      };
      const pages = { allowedHosts: args["allowed-host"], allowedOrigins: args["allowed-origin"] };
      const server = await listenOrExplain(registry, {
        host,
        port,
        writable,
        verifyBlobs: args.verify,
        onError,
        ...pages,
      });
      try {
        await (json
          ? writeJson(output, { url: server.url, port: server.port })
          : writeText(output, server.url));
        if (!signal.aborted) await once(signal, "abort");
      } finally {
        await server.close();
      }
      return undefined;
    };
    return withWhole(args, writable ? "create" : "read", run, options);
  },
});

/** Starts the server. An invalid host or origin is a {@link UsageError}. */
async function listenOrExplain(registry: LayoutStore, options: ServeOptions): Promise<RegistryServer> {
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
