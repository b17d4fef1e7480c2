/** Runs the demo and compares its output with the README: `node tools/checks/demo.mjs`. */
import { strictEqual, deepStrictEqual } from "node:assert";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Replaces the parts that differ between two runs: digests, sizes and ports. */
function comparable(text) {
  return text
    .trim()
    .replace(/sha256:[0-9a-f]{12}…/g, "DIGEST")
    .replace(/\b\d+ bytes/g, "N bytes")
    .replace(/127\.0\.0\.1:\d+/g, "HOST")
    .split("\n");
}

const printed = execFileSync("npx", ["-y", "pnpm@12.21.0", "demo"], { cwd: root, encoding: "utf8" });
// pnpm prints the script first, and what it installs.
const steps = printed.slice(printed.indexOf("1. "));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [, shown = ""] = /tools\/checks\/demo\.mjs\. -->\s+```text\n(.*?)```/s.exec(readme) ?? [];
deepStrictEqual(comparable(steps), comparable(shown), "the demo differs from the README");
strictEqual(steps.trim().split("\n").length <= 40, true, "the demo prints more than forty lines");
console.log(steps);
