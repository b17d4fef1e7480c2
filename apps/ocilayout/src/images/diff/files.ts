import { createHash } from "node:crypto";

import type { ImageFile, ImageSource, Place } from "@ocilayout/oci-image";
import { listFiles, readImage, readLayer } from "@ocilayout/oci-image";
import type { CallOptions } from "@ocilayout/oci-types";

import { normalizePath } from "../image-path.ts";

/** A file that differs between two images. */
export interface FileChange {
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  /** The facts about a changed file that differ: `type`, `mode`, `owner`, `size`, `link`, `content` or `time`. */
  readonly differs?: readonly string[] | undefined;
}

/** Options of {@link changesOfFiles}. */
export interface CompareOptions extends CallOptions {
  readonly platform?: string | undefined;
  /** Whether the times of files count. */
  readonly times: boolean;
}

/**
 * Compares the files of two images, as containers see them. Contents are compared by their hashes, unless both files come from
 * one layer.
 *
 * @returns The differences, sorted by path.
 */
export async function changesOfFiles(
  before: Place<ImageSource>,
  after: Place<ImageSource>,
  { times, ...reading }: CompareOptions,
): Promise<FileChange[]> {
  const [old, now] = [await collectFiles(before, reading), await collectFiles(after, reading)];
  const changes: FileChange[] = [];
  const doubtful: [ImageFile, ImageFile, string[]][] = [];
  for (const [path, file] of old) {
    const other = now.get(path);
    if (other === undefined) changes.push({ path, change: "removed" });
    else if (
      file.type === "file" &&
      other.type === "file" &&
      file.layer !== other.layer &&
      file.size === other.size
    )
      doubtful.push([file, other, compare(file, other, times)]);
    else {
      const differs = compare(file, other, times);
      if (differs.length > 0) changes.push({ path, change: "changed", differs });
    }
  }
  for (const path of now.keys()) if (!old.has(path)) changes.push({ path, change: "added" });
  const oldHashes = await hashFiles(before, new Set(doubtful.map(([file]) => keyOf(file))), reading);
  const newHashes = await hashFiles(after, new Set(doubtful.map(([, file]) => keyOf(file))), reading);
  for (const [file, other, differs] of doubtful) {
    if (oldHashes.get(keyOf(file)) !== newHashes.get(keyOf(other))) differs.push("content");
    if (differs.length > 0) changes.push({ path: file.path, change: "changed", differs });
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

type Reading = Omit<CompareOptions, "times">;

async function collectFiles(place: Place<ImageSource>, options: Reading): Promise<Map<string, ImageFile>> {
  const files: Map<string, ImageFile> = new Map();
  for await (const file of listFiles(place, options)) files.set(file.path, file);
  return files;
}

function compare(a: ImageFile, b: ImageFile, times: boolean): string[] {
  const isFile = a.type === "file" && b.type === "file";
  const facts: readonly (readonly [string, boolean])[] = [
    ["type", a.type !== b.type],
    ["mode", a.mode !== b.mode],
    ["owner", a.uid !== b.uid || a.gid !== b.gid],
    ["size", isFile && a.size !== b.size],
    ["link", a.type === b.type && a.linkName !== b.linkName],
    ["time", times && a.mtime !== b.mtime],
  ];
  return facts.filter(([, differs]) => differs).map(([name]) => name);
}

/** The key of the content of a file: its layer, and its path there. */
function keyOf({ layer, path }: ImageFile): string {
  return `${layer} ${path}`;
}

/** Hashes the wanted files of an image. Each layer with one of them is read once. The last entry of a path counts. */
async function hashFiles(
  place: Place<ImageSource>,
  wanted: ReadonlySet<string>,
  options: Reading,
): Promise<ReadonlyMap<string, string>> {
  const hashes: Map<string, string> = new Map();
  if (wanted.size === 0) return hashes;
  const layers = new Set(Array.from(wanted, (key) => key.slice(0, key.indexOf(" "))));
  const { manifest, config } = await readImage(place, options);
  for (const [at, layer] of manifest.layers.entries()) {
    if (!layers.delete(layer.digest)) continue;
    const all: Map<string, string> = new Map();
    const diffId = config.rootfs.diff_ids[at];
    for await (const entry of readLayer(place, layer, { diffId, signal: options.signal })) {
      const path = normalizePath(entry.path);
      if (entry.type === "link") {
        const target = all.get(normalizePath(entry.linkName));
        if (target !== undefined) all.set(path, target);
      }
      if (entry.type !== "file") continue;
      const hash = createHash("sha256");
      for await (const chunk of entry.content) hash.update(chunk);
      all.set(path, hash.digest("hex"));
    }
    for (const [path, hash] of all)
      if (wanted.has(`${layer.digest} ${path}`)) hashes.set(`${layer.digest} ${path}`, hash);
  }
  return hashes;
}
