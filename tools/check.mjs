/**
 * `pnpm check [COMMIT]` checks the files that changed since a commit, by default `HEAD`:
 *
 * - the types of everything
 * - the lint, the format and the prose of the changed files
 * - the tests of `pnpm test` that import a changed file
 *
 * `pnpm check main` checks a whole branch.
 */
import { execFileSync, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const [since = "HEAD"] = process.argv.slice(2);

/** Returns the names that git prints for `args`. */
function git(...args) {
  return execFileSync("git", args, { cwd: root, encoding: "utf8" })
    .split("\0")
    .filter((name) => name !== "");
}

/** Returns the path of a command that the package `name` has at `path`. */
function command(name, path) {
  return join(dirname(createRequire(join(root, "package.json")).resolve(`${name}/package.json`)), path);
}

/** Runs one check. Prints its output when it has ended, because checks run side by side. */
async function check(name, script, ...args) {
  const begun = Date.now();
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { FORCE_COLOR: process.stdout.isTTY ? "1" : "0", ...process.env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  const status = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  const took = ((Date.now() - begun) / 1000).toFixed(0);
  if (status !== 0) process.exitCode = 1;
  console.log(`${status === 0 ? "ok    " : "FAIL  "}${name} (${took} s)`);
  if (status !== 0) console.log(output);
}

const changed = new Set([
  ...git("diff", "--name-only", "--diff-filter=d", "-z", since),
  ...git("ls-files", "--others", "--exclude-standard", "-z"),
]);
const linted = [...changed].filter((name) => /\.(ts|js|mjs)$/.test(name));
console.log(`${changed.size} files differ from ${since}`);

await Promise.all([
  check("types", command("typescript-7", "bin/tsc"), "-b"),
  linted.length === 0
    ? undefined
    : check(
        `lint of ${linted.length} files`,
        command("eslint", "bin/eslint.js"),
        "--max-warnings",
        "0",
        "--no-warn-ignored",
        ...linted,
      ),
  changed.size === 0
    ? undefined
    : check(
        "format",
        command("prettier", "bin/prettier.cjs"),
        "--check",
        "--log-level",
        "warn",
        "--ignore-unknown",
        ...changed,
      ),
  changed.size === 0 ? undefined : check("plain English", join(root, "tools/checks/prose.mjs"), ...changed),
  check(
    "tests of the changed files",
    command("vitest", "vitest.mjs"),
    "run",
    "--changed",
    since,
    "--passWithNoTests",
  ),
]);
