import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";

/** Files that are not regular files: a name, and a function that creates one at a path. */
export const obstacles: readonly (readonly [name: string, make: (path: string) => void])[] = [
  [
    "a pipe",
    (path) => {
      execFileSync("mkfifo", [path]);
    },
  ],
  [
    "a link to nowhere",
    (path) => {
      symlinkSync("nowhere", path);
    },
  ],
  [
    "a link to itself",
    (path) => {
      symlinkSync(path, path);
    },
  ],
  [
    "a link to /dev/zero",
    (path) => {
      symlinkSync("/dev/zero", path);
    },
  ],
  [
    "a directory",
    (path) => {
      mkdirSync(path);
    },
  ],
];
