import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

import { digestOf } from "@ocilayout/testing";
import { onTestFinished } from "vitest";

import { torn } from "../src/disk/layout-files.ts";

/** Has a torn file waited for as long as `waitMs` in the running test, on a busy machine too. */
export function haveTornWait(waitMs: number): void {
  const before = torn.waitMs;
  torn.waitMs = waitMs;
  onTestFinished(() => {
    torn.waitMs = before;
  });
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
