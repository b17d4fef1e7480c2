import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { serve } from "@ocilayout/oci-server/node";
import { onTestFinished } from "vitest";

import { lines } from "./command.ts";

/** The content of each file of {@link makeImages}, which is made once. */
let made: Promise<ReadonlyMap<string, Buffer>> | undefined;

/**
 * Makes a layout with the repository `app`: the images `amd64` and `arm64`, and the index `v1` of both. Each has a layer with
 * `/app/hello.txt`; that of `arm64` also has `/app/notes`. The files are also in the directory `files`.
 */
export async function makeImages(directory: string): Promise<string> {
  made ??= make();
  for (const [name, content] of await made) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  return join(directory, "images");
}

async function make(): Promise<ReadonlyMap<string, Buffer>> {
  const directory = mkdtempSync(join(tmpdir(), "ocilayout-images-"));
  const [images, files] = [join(directory, "images"), join(directory, "files")];
  const app = `${images}/app`;
  mkdirSync(files);
  writeFileSync(join(files, "hello.txt"), "hello\n");
  await lines("init", `${images}//app:amd64`, "--platform", "linux/amd64");
  await lines("append", `${app}:amd64`, files, "--to", "/app");
  await lines("init", `${app}:arm64`, "--platform", "linux/arm64");
  writeFileSync(join(files, "notes"), "some notes\n");
  await lines("append", `${app}:arm64`, files, "--to", "/app", "--compression", "none");
  await lines("index", `${app}:v1`, "amd64", "arm64");
  const found = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
  const paths = found.map(({ parentPath, name }) => join(parentPath, name));
  const content = new Map(paths.map((path) => [relative(directory, path), readFileSync(path)]));
  rmSync(directory, { recursive: true });
  return content;
}

/** Serves an empty registry, and returns its host. It is closed after the test. */
export async function startRegistry(): Promise<string> {
  const server = await serve(createMemoryRegistry(), { port: 0, writable: true });
  onTestFinished(() => server.close());
  return `127.0.0.1:${server.port}`;
}
