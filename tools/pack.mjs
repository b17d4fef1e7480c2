/** Packs every public package into `packed/`, so that a project can install it before it is published. Needs a build. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const directory = join(root, "packed");
const isPublished = (name) =>
  JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8")).private !== true;
const filters = readdirSync(join(root, "packages"))
  .filter(isPublished)
  .flatMap((name) => ["--filter", `./packages/${name}`]);
const args = [
  "--recursive",
  ...filters,
  "--filter",
  "./apps/ocilayout",
  "pack",
  "--pack-destination",
  directory,
];

rmSync(directory, { recursive: true, force: true });
execFileSync("npx", ["-y", "pnpm@12.21.0", ...args], {
  cwd: root,
  stdio: ["ignore", "ignore", "inherit"],
  shell: process.platform === "win32",
});
for (const name of readdirSync(directory).sort()) console.log(`packed/${name}`);
