/**
 * Runs turbo without telemetry, so that it does not print a notice about it: `node tools/turbo.mjs run build`. With `--quiet`
 * before `run`, it prints nothing unless the run fails.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

const turbo = createRequire(import.meta.url).resolve("turbo/bin/turbo");
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" };
const given = process.argv.slice(2);
const isQuiet = given[0] === "--quiet";
const { status, error, stdout, stderr } = spawnSync(
  process.execPath,
  [turbo, ...(isQuiet ? given.slice(1) : given)],
  { stdio: isQuiet ? "pipe" : "inherit", env },
);
if (error !== undefined) throw error;
if (isQuiet && status !== 0) process.stderr.write(Buffer.concat([stdout, stderr]));
process.exitCode = status ?? 1;
