import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { image, pushContent } from "@ocilayout/layout-testkit/content";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { serve } from "@ocilayout/oci-server/node";
import { computeDigest } from "@ocilayout/oci-types";
import { build } from "vite";
import { describe, expect, it, onTestFinished } from "vitest";

import { browse, hasChromium, servePages } from "./browser.ts";

const packages = join(import.meta.dirname, "..", "..", "..", "packages");
const layer = "a layer\n".repeat(100_000);

/** Pulls an image, pushes an artifact, and reports both. */
const program = `
  import { openRemote } from "@ocilayout/oci-client";
  import { collect, computeDigest } from "@ocilayout/oci-types";
  export async function run(host) {
    const registry = await openRemote(host);
    const { descriptor } = await registry.getTag("app", "v1");
    const manifest = await (await registry.getManifest("app", descriptor.digest)).json();
    const config = await (await registry.getBlob("app", manifest.config.digest)).json();
    const sizes = [];
    for (const layer of manifest.layers) sizes.push((await (await registry.getBlob("app", layer.digest)).bytes()).length);
    const range = await (await registry.getBlobRange("app", manifest.layers[0].digest, { start: 2, end: 7 })).text();
    const corrupt = await registry.getBlob("app", "${"sha256:" + "1".repeat(64)}").then((it) => it.bytes()).catch(({ code }) => code);
    const pushed = new TextEncoder().encode("from a page");
    await registry.pushBlob("app", await computeDigest(pushed), pushed);
    return { config: config.architecture, sizes, range, corrupt, tags: await collect(registry.tags("app")) };
  }
`;

/** Bundles the client for a browser. Fails if it needs a module of Node. */
async function bundle(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "browser-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const entry = join(directory, "entry.js");
  writeFileSync(entry, program);
  const source = (name: string): string => join(packages, name, "src", "index.ts");
  await build({
    configFile: false,
    logLevel: "error",
    resolve: {
      conditions: ["@ocilayout/source", "browser", "import"],
      // The published package selects this file by the condition "default".
      alias: {
        "#platform": join(packages, "oci-client", "src", "platform", "web.ts"),
        "@ocilayout/oci-client": source("oci-client"),
        "@ocilayout/oci-types/authors": join(packages, "oci-types", "src", "authors.ts"),
        "@ocilayout/oci-types": source("oci-types"),
      },
    },
    build: {
      outDir: join(directory, "out"),
      lib: { entry, formats: ["es"], fileName: () => "client.js" },
      rolldownOptions: { external: [] },
    },
  });
  return readFileSync(join(directory, "out", "client.js"), "utf8");
}

describe.skipIf(!hasChromium())("the client in a browser", () => {
  it("pulls and verifies an image of our server, and pushes a blob", async () => {
    const code = await bundle();
    expect(code).not.toMatch(/from\s*"node:/);
    const registry = createMemoryRegistry();
    await pushContent(registry, "app", image({ layers: [layer] }), { tags: ["v1"] });
    const script = code.replace(/export\s*\{\s*(\w+) as run\s*\};?\s*$/, "const run = $1;");
    // The page's own address is known only once it is served, so the registry's host comes from its query.
    const pages = await servePages(
      `${script}\nawait report(await run(new URL(location.href).searchParams.get("host")).catch((error) => ({ error: String(error), code: error.code })));`,
    );
    const origin = `http://127.0.0.1:${pages.port}`;
    // A registry that answers with other content than the requested one.
    const lying = new Proxy(registry, {
      get: (target, name) =>
        name === "getBlob"
          ? async (repo: string, digest: string, options: object) =>
              digest.endsWith("1".repeat(64))
                ? target.getBlob(repo, (await pushLie(target)).digest, options)
                : target.getBlob(repo, digest, options)
          : (Reflect.get(target, name) as unknown),
    });
    const server = await serve(lying, { port: 0, writable: true, allowedOrigins: [origin] });
    onTestFinished(() => server.close(0));
    browse(`${origin}/?host=127.0.0.1:${server.port}`);
    expect(await pages.reported).toEqual({
      config: expect.any(String) as unknown,
      sizes: [layer.length],
      range: "layer",
      corrupt: "CONTENT_CORRUPT",
      tags: ["v1"],
    });
  });
});

async function pushLie(registry: ReturnType<typeof createMemoryRegistry>): Promise<{ digest: string }> {
  const lie = new TextEncoder().encode("a lie");
  return registry.pushBlob("app", await computeDigest(lie), lie);
}
