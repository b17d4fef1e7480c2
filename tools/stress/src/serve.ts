// `node dist/serve.js layout|per-repo DIRECTORY`: serves the directory, and prints the URL.
import { openLayout } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import { serve } from "@ocilayout/oci-server/node";

import { tellCoreWait } from "./core-wait.ts";

const [kind, directory = ""] = process.argv.slice(2);
const registry = kind === "layout" ? await openLayout(directory) : await openPerRepository(directory);
const server = await serve(registry, { port: 0, writable: true, onError: console.error });
tellCoreWait(server.server);
console.log(server.url);
process.once("SIGTERM", () => {
  void server.close().then(() => registry.close());
});
