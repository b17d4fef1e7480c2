/** Runs turbo without telemetry, so that it does not print a notice about it: `node tools/turbo.mjs run build`. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

const turbo = createRequire(import.meta.url).resolve("turbo/bin/turbo");
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" };
const { status, error } = spawnSync(process.execPath, [turbo, ...process.argv.slice(2)], {
  stdio: "inherit",
  env,
});
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
