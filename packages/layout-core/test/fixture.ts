import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";

import { temporaryDirectory } from "@ocilayout/testing";

const root = join(import.meta.dirname, "fixtures");

/** A number as written, if JavaScript cannot represent it; or a value that is not a number. */
export type Written = number | { readonly raw: string } | string | boolean | null | readonly unknown[];

/** A list that is too long to be included. */
export interface LongList {
  readonly count: number;
  /** The hash of the compact JSON of the items, with members and items sorted. */
  readonly sha256OfSortedItems: string;
}

/** The result of an independent reading of a layout. `fixtures/README.md` explains the members. */
export interface Expected {
  readonly kind: "directory" | "tree" | "archive" | "script";
  readonly entries: readonly ExpectedEntry[] | LongList;
  readonly reachable: {
    readonly manifests: readonly ExpectedManifest[] | LongList;
    readonly blobs: readonly { readonly digest: string; readonly mediaType?: unknown }[] | LongList;
  };
  readonly unreferencedBlobs: readonly { readonly digest: string; readonly size: number }[] | LongList;
  readonly missingBlobs: readonly { readonly digest: string; readonly urls?: readonly string[] }[];
  readonly digestMismatches?: readonly string[];
  readonly sizeMismatches?: readonly { readonly digest: string; readonly descriptorSize: Written }[];
  readonly referrers?: Readonly<Record<string, readonly string[]>>;
  readonly extraFiles: readonly string[];
  readonly emptyDirs?: readonly string[];
  readonly links?: Readonly<Record<string, string>>;
  readonly layouts?: Readonly<Record<string, Expected>>;
}

/** An entry of `index.json`. */
export interface ExpectedEntry {
  readonly refName: unknown;
  readonly containerdName: unknown;
  readonly mediaType: unknown;
  readonly digest: unknown;
  readonly size: Written;
}

/** A manifest that the entries reach. */
export interface ExpectedManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: Written;
  readonly missing?: true;
  readonly unverified?: true;
  readonly invalid?: string;
  readonly artifactType?: string;
  readonly configMediaType?: string;
}

/** The names of all fixtures. */
export const fixtureNames: readonly string[] = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Returns the expected reading of a fixture. */
export function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(join(root, name, "expected.json"), "utf8")) as Expected;
}

/** Returns why a fixture cannot be created here; `undefined` if it can. */
export function obstacle(name: string): string | undefined {
  if (!existsSync(join(root, name, "make.py"))) return undefined;
  if (process.platform === "win32") return "it has links and modes";
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    if (process.env["OCILAYOUT_CI"] !== undefined) throw new Error("python3 is needed in CI");
    return "it is made by python3, which is not installed";
  }
}

/** Copies a fixture for one test. Returns the directory of the layout or, for a tree, of the tree. */
export function copyFixture(name: string, expected: Expected): string {
  const target = join(temporaryDirectory(), "layout");
  const source = join(root, name);
  if (existsSync(join(source, "make.py"))) execFileSync("python3", [join(source, "make.py"), target]);
  else if (existsSync(join(source, "layout.tar"))) extract(readFileSync(join(source, "layout.tar")), target);
  else cpSync(join(source, "layout"), target, { recursive: true });
  // git does not keep empty directories.
  for (const [path, inner] of [["", expected] as const, ...Object.entries(expected.layouts ?? {})]) {
    for (const directory of inner.emptyDirs ?? [])
      mkdirSync(join(target, path, directory), { recursive: true });
  }
  // A file beside the layout, which no reader may touch.
  if (existsSync(join(source, "secret.txt")))
    cpSync(join(source, "secret.txt"), join(dirname(target), "secret.txt"));
  return target;
}

/** Returns the layouts in a copy of a fixture, each with its expected reading: one, or several for a tree. */
export function layoutsOf(directory: string, expected: Expected): [string, Expected][] {
  if (expected.layouts === undefined) return [[directory, expected]];
  return Object.entries(expected.layouts).map(([path, inner]) => [join(directory, path), inner]);
}

const BLOCK = 512;

/**
 * Extracts files and directories from a tar archive, up to its end or to the point of truncation. The fixtures have no other entries.
 */
function extract(archive: Buffer, target: string): void {
  const bytes = archive[0] === 0x1f ? gunzipSync(archive) : archive;
  mkdirSync(target);
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const field = (start: number, length: number): string =>
      bytes.toString("latin1", at + start, at + start + length).replace(/[\0 ]+$/, "");
    const size = Number.parseInt(field(124, 12) || "0", 8);
    const prefix = field(257, 5) === "ustar" ? field(345, 155) : "";
    const path = join(target, prefix, field(0, 100));
    const type = field(156, 1);
    if (type === "5") mkdirSync(path, { recursive: true });
    // A truncated file is left out.
    if ((type === "0" || type === "") && at + BLOCK + size <= bytes.length) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes.subarray(at + BLOCK, at + BLOCK + size));
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}
