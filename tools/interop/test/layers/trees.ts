import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Place } from "@ocilayout/oci-image";
import { listFiles, readImage, readLayer } from "@ocilayout/oci-image";
import { encodeTarText } from "@ocilayout/oci-image/tar";

import { execute } from "../programs.ts";

/** The facts about a file. */
export interface Facts {
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly size?: number;
  readonly digest?: string;
  readonly linkName?: string;
  readonly device?: readonly number[];
  /** The values in base64. */
  readonly xattrs?: Readonly<Record<string, string>>;
  /** The paths of all hard links, if there are several. */
  readonly links?: readonly string[];
}

/** Files by path. Paths are Latin-1, so that every byte is a character. */
export type Tree = Record<string, Facts>;

/** Describes a directory. */
export async function treeOf(directory: string): Promise<Tree> {
  const script = join(import.meta.dirname, "describe-tree.py");
  return JSON.parse(await execute("python3", [script, directory])) as Tree;
}

/** Reads a description that a script has written. */
export function readTree(file: string): Tree {
  return JSON.parse(readFileSync(file, "utf8")) as Tree;
}

const latin1 = (text: string): string => Buffer.from(encodeTarText(text) ?? []).toString("latin1");

/** Describes an image with `listFiles` and `readLayer`. */
export async function treeOfImage(at: Place): Promise<Tree> {
  const digests = await digestsOf(at);
  const tree: Tree = {};
  const groups: Map<string, string[]> = new Map();
  for await (const file of listFiles(at)) {
    const { type, mode, uid, gid, mtime, size, linkName, device, xattrs, layer, offset } = file;
    const path = latin1(file.path);
    const key = `${layer} ${offset}`;
    if (type !== "directory") groups.set(key, [...(groups.get(key) ?? []), path]);
    tree[path] = {
      ...{ type, mode, uid, gid, mtime: Math.floor(mtime) },
      ...(type === "file" && { size, digest: digests.get(key) ?? "" }),
      ...(linkName !== undefined && { linkName: latin1(linkName) }),
      ...(device && { device: [device.major, device.minor] }),
      ...(xattrs && {
        xattrs: Object.fromEntries(
          Array.from(xattrs, ([name, value]) => [name, Buffer.from(value).toString("base64")]),
        ),
      }),
    };
  }
  for (const paths of groups.values()) {
    if (paths.length < 2) continue;
    const links = paths.toSorted();
    for (const path of paths) Object.assign(tree[path] ?? {}, { links });
  }
  return tree;
}

/** Returns the digests of the content of all files, by layer and offset. */
async function digestsOf(at: Place): Promise<Map<string, string>> {
  const digests: Map<string, string> = new Map();
  const { manifest } = await readImage(at);
  for (const layer of manifest.layers)
    for await (const { offset, content } of readLayer(at, layer)) {
      const hasher = createHash("sha256");
      for await (const chunk of content) hasher.update(chunk);
      digests.set(`${layer.digest} ${offset}`, `sha256:${hasher.digest("hex")}`);
    }
  return digests;
}
