import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { serve } from "@ocilayout/oci-server/node";
import type { Registry } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";
import { expect, onTestFinished } from "vitest";

import {
  buildArtifact,
  buildImage,
  buildIndex,
  otherPlatform,
  pushImage,
  pushManifest,
  type Content,
  type Image,
} from "./images.ts";
import { blob, blobsOf } from "./shared-layout.ts";

/**
 * The registries on disk, which other programs can read: one layout shared by all repositories, or a directory of
 * layouts.
 */
export const kindsOnDisk = ["a shared layout", "a layout per repository"] as const;
/** The kind of the served registry. */
export type Kind = (typeof kindsOnDisk)[number] | "memory";

/** A registry that is served on this machine, for the running test. */
export interface Served {
  /** The directory in which programs run. */
  readonly cwd: string;
  readonly registry: Registry;
  /** The host and the port, as in a reference. */
  readonly host: string;
  /** The requests so far, such as `GET /v2/ 200`, in the order of the answers. */
  readonly requests: readonly string[];
  /** Returns the reference of a repository's layout, and of a tag in it, for programs in `cwd`. */
  readonly onDisk: (repository: string, tag: string) => readonly [layout: string, name: string];
  /** Stops the server and closes the registry. */
  readonly close: () => Promise<void>;
}

/** Serves an empty registry. If the server has an internal failure, or leaves a damaged layout, the test fails. */
export async function serveRegistry(
  kind: Kind,
  options: { readonly writable: boolean } = { writable: true },
): Promise<Served> {
  const cwd = mkdtempSync(join(tmpdir(), "interop-"));
  onTestFinished(() => {
    rmSync(cwd, { recursive: true, force: true });
  });
  const directory = join(cwd, "served");
  const registry = await open(kind, directory);
  onTestFinished(async () => registry.close());
  const failures: unknown[] = [];
  const server = await serve(registry, { ...options, port: 0, onError: (error) => failures.push(error) });
  const close = async (): Promise<void> => {
    await server.close();
    await registry.close();
  };
  onTestFinished(async () => {
    await close();
    expect(failures).toEqual([]);
    expect(await verify(kind, directory)).toEqual([]);
  });
  const requests: string[] = [];
  server.server.prependListener("request", ({ method = "", url = "" }, response) => {
    response.on("finish", () => requests.push(`${method} ${url} ${response.statusCode}`));
  });
  const onDisk: Served["onDisk"] = (repository, tag) =>
    kind === "a shared layout" ? ["served", `${repository}:${tag}`] : [`served/${repository}`, tag];
  return { cwd, registry, host: `127.0.0.1:${server.port}`, requests, onDisk, close };
}

async function open(kind: Kind, directory: string): Promise<Registry & { close(): Promise<void> }> {
  if (kind === "memory") return createMemoryRegistry();
  return kind === "a shared layout" ? openLayout(directory) : openPerRepository(directory);
}

/** Returns the errors of `verify()`. Warnings, such as unreferenced blobs, are ignored. */
async function verify(kind: Kind, directory: string): Promise<unknown[]> {
  if (kind === "memory") return [];
  await using registry =
    kind === "a shared layout" ? await openLayout(directory) : await openPerRepository(directory);
  return (await collect(registry.verify())).filter(({ severity }) => severity === "error");
}

/** An image for this machine. */
export const one: Image = buildImage("one");
/** An image for another machine. */
export const foreign: Image = buildImage("foreign", otherPlatform);
/** An index of both. */
export const multi: Content = buildIndex(foreign, one);
/** An artifact about {@link one}. */
export const artifact: Image = buildArtifact("about one", one.descriptor);

/** Writes the layout `source` with the tags `v1` ({@link one}), `multi` and `artifact`. */
export async function writeSource(cwd: string): Promise<void> {
  await using source = await openLayout(join(cwd, "source"), {
    defaultRepository: "app",
    durability: "none",
  });
  await pushMulti(source);
  await pushImage(source, "app", artifact, "artifact");
}

/** Pushes to the repository `app` the image {@link one} as `v1`, {@link foreign}, and {@link multi} as `multi`. */
export async function pushMulti(registry: Registry): Promise<void> {
  await pushImage(registry, "app", one, "v1");
  await pushImage(registry, "app", foreign);
  await pushManifest(registry, "app", multi, "multi");
}

/** Returns all content of `images`, each once. */
export function contentsOf(...images: readonly Image[]): Content[] {
  const all = images.flatMap((image) => [image, image.config, ...image.layers]);
  return [...new Map(all.map((content) => [content.descriptor.digest, content])).values()];
}

/** Requires that the layout `name` in `cwd` has exactly these blobs, byte for byte. */
export function expectBlobs(cwd: string, name: string, contents: readonly Content[]): void {
  expect(blobsOf(cwd, name)).toEqual(contents.map(({ descriptor }) => descriptor.digest.slice(7)).sort());
  for (const { bytes, descriptor } of contents) expect(blob(cwd, name, descriptor.digest)).toEqual(bytes);
}
