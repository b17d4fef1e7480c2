import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createBlobReader } from "@ocilayout/oci-backend";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import type { RegistryServer } from "@ocilayout/oci-server/node";
import { serve } from "@ocilayout/oci-server/node";
import { afterAll, beforeAll, expect, it } from "vitest";

import { buildCommand, ended, start, startWith } from "./built-command.ts";
import { everything, lines, ocilayout } from "./command.ts";
import { makeImages } from "./images.ts";

buildCommand();

/** Reports the next request for a layer, whose content stops after its first bytes. */
let reached: () => void = () => undefined;
let server: RegistryServer;
let directory: string;
let place: string;
const at = (name: string): string => join(directory, name);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "ocilayout-interrupts-"));
  const registry = createMemoryRegistry();
  server = await serve(
    {
      ...registry,
      getBlob: async (repo, digest, options) => {
        const blob = await registry.getBlob(repo, digest, options);
        if (blob.descriptor.size < 1000) return blob;
        const bytes = await blob.bytes();
        return createBlobReader(
          blob.descriptor,
          (async function* () {
            yield bytes.subarray(0, 512);
            reached();
            await new Promise(() => undefined);
          })(),
        );
      },
    },
    { port: 0, writable: true },
  );
  place = `127.0.0.1:${server.port}/app:v1`;
  const app = `${await makeImages(directory)}/app`;
  await lines("copy", `${app}:v1`, place);
  await lines("copy", `${app}:arm64`, `${place}-arm64`);
  await lines("init", at("empty"));
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

const arm = ["--platform", "linux/arm64"];

it.each([
  ["copy to a layout", ["copy", "SOURCE", "DIRECTORY/new//app:v1"]],
  ["copy to a layout that exists", ["copy", "SOURCE", "DIRECTORY/empty//app:v1"]],
  ["copy to an archive", ["copy", "SOURCE", "DIRECTORY/new.tar"]],
  ["save", ["save", "SOURCE", "--output", "DIRECTORY/new.tar"]],
  ["extract of an image", ["extract", "SOURCE", ...arm, "--output", "DIRECTORY/root"]],
  ["extract of a file", ["extract", "SOURCE", "/app/notes", ...arm, "--output", "DIRECTORY/notes"]],
  ["sync", ["sync", "SOURCE", "DIRECTORY/new//app"]],
  ["diff", ["diff", "SOURCE-arm64", "DIRECTORY/images/app:amd64"]],
] as const)(
  "Ctrl-C in the middle of %s ends it with 130, and leaves nothing half-done",
  async (_what, words) => {
    const before = everything(directory);
    const isReached: Promise<void> = new Promise((resolve) => {
      reached = resolve;
    });
    const source = words[0] === "sync" ? place.slice(0, -":v1".length) : place;
    const child = start(
      ...words.map((word) => word.replace("SOURCE", source).replace("DIRECTORY", directory)),
    );
    const end = ended(child);
    await isReached;
    child.kill("SIGINT");
    expect(await end).toMatchObject({ code: 130, stdout: "", stderr: "ocilayout: interrupted\n" });
    // Parts that are complete may stay: they have no tag, the next copy uses them, and gc removes them.
    const left = Object.keys(everything(directory)).filter((name) => !(name in before));
    expect(
      left.filter((name) => !/^(?:new|empty)\/(?:_uploads$|blobs|oci-layout$|index\.json$)|^new$/.test(name)),
    ).toEqual([]);
    if (left.includes("new")) expect((await ocilayout("ls", at("new"))).stdout).toBe("");
    expect((await ocilayout("ls", at("empty"))).stdout).toBe("");
    rmSync(at("new"), { recursive: true, force: true });
  },
);

it("Ctrl-C during load - removes the temporary file of the pipe", async () => {
  const temporary = at("temporary");
  mkdirSync(temporary);
  const child = startWith(
    { nodeOptions: [], env: { TMPDIR: temporary }, stdin: "pipe" },
    "load",
    "-",
    at("loaded"),
  );
  const end = ended(child);
  child.stdin?.write("the beginning of an archive");
  await expect.poll(() => readdirSync(temporary, { recursive: true }).length).toBeGreaterThan(1);
  child.kill("SIGINT");
  expect((await end).code).toBe(130);
  expect(readdirSync(temporary)).toEqual([]);
});
