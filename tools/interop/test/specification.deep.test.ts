import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { openRemote } from "@ocilayout/oci-client";
import { serve } from "@ocilayout/oci-server/node";
import type { Registry } from "@ocilayout/oci-types";
import { describe, expect, it, onTestFinished } from "vitest";

import { execute } from "./programs.ts";

/** The built suite of the specification: see the README. No package of Debian or npm has it. */
const suite = process.env["OCI_CONFORMANCE"];
const isHere = suite !== undefined;
if (!isHere)
  console.info("skipped: the specification's suite, because OCI_CONFORMANCE does not name its program");
else execFileSync("test", ["-x", suite]);

/** The number of tests of the suite, without and with images that lack parts. */
const TESTS = { whole: 986, sparse: 1032 } as const;

/** Opens and closes registries of the running test. */
function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "interop-"));
  onTestFinished(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

/** Serves a registry until the running test ends. Returns the host. */
async function serveUntilEnd(registry: Registry): Promise<string> {
  const failures: unknown[] = [];
  const server = await serve(registry, {
    port: 0,
    writable: true,
    onError: (error) => failures.push(error),
  });
  onTestFinished(async () => {
    await server.close();
    expect(failures).toEqual([]);
  });
  return new URL(server.url).host;
}

/** Opens a client of a server until the running test ends. */
async function openOver(host: string): Promise<Registry> {
  const client = await openRemote(host, { credentials: false });
  onTestFinished(async () => client.close());
  return client;
}

type Open = (allowSparse: boolean) => Promise<Registry>;

const registries: Readonly<Record<string, Open>> = {
  "a registry in memory": async (allowSparse) => createMemoryRegistry({ allowSparse }),
  "a layout": async (allowSparse) => {
    const layout = await openLayout(directory(), { allowSparse, durability: "none" });
    onTestFinished(async () => layout.close());
    return layout;
  },
  "a directory of layouts": async (allowSparse) => {
    const tree = await openPerRepository(directory(), { allowSparse, durability: "none" });
    onTestFinished(async () => tree.close());
    return tree;
  },
  "a client of a server": async (allowSparse) =>
    openOver(await serveUntilEnd(createMemoryRegistry({ allowSparse }))),
  "a client of a server over a client of a server": async (allowSparse) => {
    const inner = await openOver(await serveUntilEnd(createMemoryRegistry({ allowSparse })));
    return openOver(await serveUntilEnd(inner));
  },
};

/** The features that the suite tests only on request. */
const FEATURES = {
  OCI_API_BLOBS_UPLOAD_CANCEL: "true",
  OCI_API_BLOBS_DIGEST_HEADER: "true",
  OCI_API_MANIFESTS_DIGEST_HEADER: "true",
  OCI_API_MANIFESTS_TAG_PARAM: "true",
};

describe.skipIf(!isHere).each(Object.entries(registries))(
  "the specification's suite on a server over %s",
  (_name, open) => {
    it.each(["whole", "sparse"] as const)("passes each of its tests with %s images", async (images) => {
      const host = await serveUntilEnd(await open(images === "sparse"));
      const output = await execute(suite ?? "", [], {
        cwd: directory(),
        env: {
          ...FEATURES,
          OCI_VERSION: "dev",
          OCI_REGISTRY: host,
          OCI_TLS: "disabled",
          OCI_REPO1: "conformance/repo1",
          OCI_REPO2: "conformance/repo2",
          OCI_DATA_SPARSE: String(images === "sparse"),
        },
      }).catch((error: unknown) => String((error as { readonly stdout?: unknown }).stdout ?? error));
      const failed = output.split("\n").filter((line) => /: +(?:FAIL|Error|Skip)$/.test(line));
      expect(failed).toEqual([]);
      const counts = Object.fromEntries(
        [...output.matchAll(/^ {2}(\w+)\.{3,}: +(\d+)$/gm)].map(
          ([, name, count]) => [String(name), Number(count)] as const,
        ),
      );
      const all = TESTS[images];
      expect(counts).toEqual({ Disabled: 0, Skip: 0, Pass: all, FAIL: 0, Error: 0, Total: all });
    });
  },
);
