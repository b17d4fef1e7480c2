// `node dist/serve-one.js DIRECTORY VERIFY`: serves a layout, for a benchmark.
import { openLayout } from "@ocilayout/layout-core";
import { serve } from "@ocilayout/oci-server/node";

const registry = await openLayout(process.argv[2] ?? "");
const server = await serve(registry, {
  port: 0,
  writable: true,
  verifyBlobs: process.argv[3] === "true",
  onError: console.error,
});
console.log(server.url);
