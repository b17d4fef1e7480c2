import { createRequire } from "node:module";

import type { ConformanceOptions } from "../run/options.ts";
import type { Plan } from "../run/plan.ts";
import { planCases, prepare } from "../run/plan.ts";
import type { Command } from "./arguments.ts";
import { parseCommand } from "./arguments.ts";
import { findCases, formatList } from "./list.ts";
import { loadTarget } from "./load-target.ts";
import { runTarget } from "./run.ts";
import { help, UsageError } from "./usage.ts";

/**
 * Runs the command `layout-testkit` and ends the process, even if the target left something open. Exit codes:
 *
 * - 0 if no case failed.
 * - 1 if a case failed.
 * - 2 if the command line or the target is invalid.
 */
export async function main(args: readonly string[]): Promise<never> {
  const { stdout, stderr } = process;
  // The reader of a pipe may close it early. The report files are written nevertheless.
  for (const stream of [stdout, stderr]) stream.on("error", () => undefined);
  let code = 2;
  try {
    code = await perform(parseCommand(args));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    stderr.write(`layout-testkit: ${error.message}\n`);
  }
  for (const stream of [stdout, stderr]) await new Promise((resolve) => stream.write("", resolve));
  process.exit(code);
}

async function perform(command: Command): Promise<number> {
  const { action, target } = command;
  const { stdout } = process;
  if (action === "help" || action === "version") {
    stdout.write(action === "help" ? help : `${readVersion()}\n`);
    return 0;
  }
  if (target === undefined) {
    const { only } = command.options;
    stdout.write(formatList(findCases(typeof only === "string" ? [only] : only)));
    return 0;
  }
  const plan = await planTarget({ ...(await loadTarget(target)), ...command.options });
  if (action === "run") return runTarget(target, plan, command, stdout);
  stdout.write(formatList(plan.cases));
  return 0;
}

async function planTarget(options: ConformanceOptions): Promise<Plan> {
  try {
    return await planCases(prepare(options));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

function readVersion(): string {
  const { version } = createRequire(import.meta.url)("@ocilayout/layout-testkit/package.json") as {
    readonly version: string;
  };
  return version;
}
