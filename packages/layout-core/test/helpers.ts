import { createHash } from "node:crypto";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  emptyDescriptor,
  ociMediaTypes,
  type Descriptor,
  type Digest,
  type ImageManifest,
  type Registry,
} from "@ocilayout/oci-types";
import { onTestFinished } from "vitest";

import { torn } from "../src/disk/layout-files.ts";

/** UTF-8. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A directory of its own for the running test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "layout-core-"));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** The path of a layout that is not there yet. */
export function freshLayout(): string {
  return join(temporaryDirectory(), "layout");
}

/** Has a torn file waited for as long as `waitMs` in the running test, on a busy machine too. */
export function haveTornWait(waitMs: number): void {
  const before = torn.waitMs;
  torn.waitMs = waitMs;
  onTestFinished(() => {
    torn.waitMs = before;
  });
}

/** What `content` is. */
export function describe(content: Uint8Array, mediaType = "text/plain"): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}

/** The sha256 digest of `content`. */
export function digestOf(content: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** Where a layout keeps the blob `digest`. */
export function blobPath(directory: string, digest: string): string {
  return join(directory, "blobs", ...digest.split(":"));
}

/** An artifact without layers, told from others by `name`, and the content it needs. */
export function artifact(name: string, extra: Partial<ImageManifest> = {}): Uint8Array<ArrayBuffer> {
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: ociMediaTypes.imageManifest,
    artifactType: "application/vnd.example",
    config: emptyDescriptor,
    layers: [],
    annotations: { name },
    ...extra,
  };
  return bytes(JSON.stringify(manifest));
}

/** An index of `manifests`. */
export function imageIndex(...manifests: readonly Descriptor[]): Uint8Array<ArrayBuffer> {
  return bytes(JSON.stringify({ schemaVersion: 2, mediaType: ociMediaTypes.imageIndex, manifests }));
}

/** Pushes an artifact called `name` to `repository`. */
export async function pushArtifact(
  registry: Registry,
  repository: string,
  name: string,
  tags: readonly string[] = [],
): Promise<Descriptor> {
  await registry.pushBlob(repository, emptyDescriptor, bytes("{}"));
  return registry.pushManifest(repository, artifact(name), ociMediaTypes.imageManifest, { tags });
}

/** What `promise` rejects with; an error of its own where it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`resolved to ${JSON.stringify(value)}, and should have rejected`);
}

/** Every file and directory below `directory`, the latter ending in a slash. */
export function listTree(directory: string): string[] {
  // By hand: from Node 22 on the recursive readdir goes through links.
  const walk = (below: string): string[] =>
    readdirSync(join(directory, below), { withFileTypes: true }).flatMap((entry) => {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      return entry.isDirectory() ? [`${path}/`, ...walk(path)] : [path];
    });
  return walk("").toSorted();
}

/** The content of every file below `directory`, and its mode; of a link where it leads. */
export function snapshot(directory: string): Record<string, string> {
  const files = listTree(directory).filter((path) => !path.endsWith("/"));
  return Object.fromEntries(
    files.map((path) => {
      const full = join(directory, path);
      const stats = lstatSync(full);
      return [
        path,
        stats.isSymbolicLink()
          ? `link to ${readlinkSync(full)}`
          : `${stats.mode} ${digestOf(readFileSync(full))}`,
      ];
    }),
  );
}

/** `index.json` of a layout, parsed. */
export function readIndex(directory: string): { manifests: IndexEntry[] } & Record<string, unknown> {
  return JSON.parse(readFileSync(join(directory, "index.json"), "utf8")) as ReturnType<typeof readIndex>;
}

/** What tests look at of an entry. */
export interface IndexEntry {
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The ref names in `index.json`, in order. */
export function refNames(directory: string): (string | undefined)[] {
  return readIndex(directory).manifests.map(
    (entry) => entry.annotations?.["org.opencontainers.image.ref.name"],
  );
}
