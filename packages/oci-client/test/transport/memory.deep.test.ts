import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import { build } from "vite";
import { expect, it, onTestFinished } from "vitest";

import { temporaryDirectory } from "@ocilayout/testing";

const GIB = 1024 ** 3;

/** Bundles the worker as JavaScript, which any Node can run. Returns its path. */
async function bundle(): Promise<string> {
  const into = temporaryDirectory();
  await build({
    configFile: false,
    logLevel: "error",
    ssr: { noExternal: true, resolve: { conditions: ["@ocilayout/source"] } },
    build: {
      ssr: join(import.meta.dirname, "workers/transfer.ts"),
      outDir: into,
      target: "node20",
      rolldownOptions: { output: { entryFileNames: "transfer.mjs" } },
    },
  });
  return join(into, "transfer.mjs");
}

// Newer versions of Node collect chunks that were read later. A bare http.get() of Node 24 needs 160 to 180 MB too.
const isOld = Number(process.versions.node.split(".")[0]) < 22;

it.each([
  ["push", 150],
  ["pull", isOld ? 150 : 250],
  ["pull in blocks", 90],
])("trap 25: a %s of 1 GiB stays within %d MB of memory", async (way, limit) => {
  let received = 0;
  const server = createServer((request, response) => {
    request.on("data", (chunk: Uint8Array) => (received += chunk.length));
    request.on("end", () => {
      response.writeHead(200, way !== "push" ? { "content-length": String(GIB) } : {});
      if (way === "push") response.end();
      else sendTo(response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  // A process of its own: the memory of this one holds the server and the tests.
  const { stdout } = await promisify(execFile)(process.execPath, [
    await bundle(),
    way,
    `http://127.0.0.1:${port}/`,
  ]);
  const { bytes, peak } = JSON.parse(stdout) as { bytes: number; peak: number };
  expect(way === "push" ? received : bytes).toBe(GIB);
  console.info(`${way} of 1 GiB: at most ${Math.round(peak / 1e6)} MB`);
  expect(peak).toBeLessThan(limit * 1e6);
});

function sendTo(response: NodeJS.WritableStream): void {
  const chunk = Buffer.alloc(1024 * 1024);
  let left = GIB / chunk.length;
  const more = (): void => {
    while (left > 0) {
      left -= 1;
      if (left === 0) response.end(chunk);
      else if (!response.write(chunk)) {
        response.once("drain", more);
        return;
      }
    }
  };
  more();
}
