import { parseArgs } from "node:util";

import type { ConformanceOptions } from "../run/options.ts";
import { UsageError } from "./usage.ts";

/** A parsed command line. */
export interface Command {
  readonly action: "help" | "version" | "list" | "run";
  /** The path of the target's module, as given. */
  readonly target: string | undefined;
  /** Options that override the target's own. */
  readonly options: Partial<ConformanceOptions>;
  /** The path of the JUnit XML report. */
  readonly junit: string | undefined;
  /** The path of the JSON report. */
  readonly json: string | undefined;
}

/**
 * Parses the command line.
 *
 * @throws UsageError if it is invalid.
 */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  const [target, second] = positionals;
  if (second !== undefined)
    throw new UsageError(`only one TARGET is accepted, not ${target ?? ""} and ${second}`);
  const action =
    values.help === true
      ? "help"
      : values.version === true
        ? "version"
        : values.list === true
          ? "list"
          : "run";
  if (action === "run" && target === undefined)
    throw new UsageError("TARGET is missing; see layout-testkit --help");
  const options = {
    only: values.only,
    seed: toNumber("seed", values.seed),
    runs: toNumber("runs", values.runs),
    timeoutMs: toNumber("timeout", values.timeout),
    shuffle: values.shuffle,
  };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { action, target, options: given, junit: values.junit, json: values.json };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        only: { type: "string", short: "t", multiple: true },
        seed: { type: "string" },
        runs: { type: "string" },
        timeout: { type: "string" },
        shuffle: { type: "boolean" },
        junit: { type: "string" },
        json: { type: "string" },
        list: { type: "boolean" },
        version: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Removes Node's advice about arguments that begin with a dash.
    throw new UsageError(error.message.split(/\.? To specify|\n/)[0] ?? "", { cause: error });
  }
}

function toNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[0-9]{1,15}$/.test(value))
    throw new UsageError(`--${name} must be a whole number, not ${JSON.stringify(value)}`);
  return Number(value);
}
