import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

import { digestOf } from "@ocilayout/testing";
import { onTestFinished } from "vitest";

import { torn } from "../src/disk/layout-files.ts";

/** Sets how long the running test waits for a torn file. Long waits suit a busy machine. */
export function haveTornWait(waitMs: number): void {
  const before = torn.waitMs;
  torn.waitMs = waitMs;
  onTestFinished(() => {
    torn.waitMs = before;
  });
}

/** Lists every file and directory below `directory`. Names of directories end in a slash. */
export function listTree(directory: string): string[] {
  // Not with the recursive readdir, which follows links since Node 22.
  const walk = (below: string): string[] =>
    readdirSync(join(directory, below), { withFileTypes: true }).flatMap((entry) => {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      return entry.isDirectory() ? [`${path}/`, ...walk(path)] : [path];
    });
  return walk("").toSorted();
}

/** Returns the content and mode of every file below `directory`, and the target of every link. */
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

/** Parses the `index.json` of a layout. */
export function readIndex(directory: string): { manifests: IndexEntry[] } & Record<string, unknown> {
  return JSON.parse(readFileSync(join(directory, "index.json"), "utf8")) as ReturnType<typeof readIndex>;
}

/** The members of an entry that tests use. */
export interface IndexEntry {
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Returns the ref names in `index.json`, in order. */
export function refNames(directory: string): (string | undefined)[] {
  return readIndex(directory).manifests.map(
    (entry) => entry.annotations?.["org.opencontainers.image.ref.name"],
  );
}
