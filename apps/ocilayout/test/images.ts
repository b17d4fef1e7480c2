import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { serve } from "@ocilayout/oci-server/node";
import { afterEach } from "vitest";

import { lines } from "./command.ts";

/**
 * Makes a layout with the repository `app`: the images `amd64` and `arm64`, and the index `v1` of both. Each has a layer with
 * `/app/hello.txt`; that of `arm64` also has `/app/notes`.
 */
export async function makeImages(directory: string): Promise<string> {
  const app = `${join(directory, "images")}/app`;
  const files = join(directory, "files");
  mkdirSync(files);
  writeFileSync(join(files, "hello.txt"), "hello\n");
  await lines("init", `${app.slice(0, -"/app".length)}//app:amd64`, "--platform", "linux/amd64");
  await lines("append", `${app}:amd64`, files, "--to", "/app");
  await lines("init", `${app}:arm64`, "--platform", "linux/arm64");
  writeFileSync(join(files, "notes"), "some notes\n");
  await lines("append", `${app}:arm64`, files, "--to", "/app", "--compression", "none");
  await lines("index", `${app}:v1`, "amd64", "arm64");
  return join(directory, "images");
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Serves an empty registry, and returns its host. It is closed after the test. */
export async function startRegistry(): Promise<string> {
  const server = await serve(createMemoryRegistry(), { port: 0, writable: true });
  closers.push(() => server.close());
  return `127.0.0.1:${server.port}`;
}
