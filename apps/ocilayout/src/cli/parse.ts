import { createRequire } from "node:module";

import { isValidRepository } from "@ocilayout/ociref";
import type { Argv } from "yargs";
import yargs from "yargs";

import type { CommonArguments, Task } from "../commands/command.ts";
import { commands } from "../commands/index.ts";
import { writeText } from "../output/output.ts";
import { UsageError } from "./usage-error.ts";
import type { Usages } from "./usage-message.ts";
import { explainUsage, verbOf } from "./usage-message.ts";

/**
 * Parses a command line. Returns the task that it describes, without running it.
 *
 * @throws {@link UsageError} If the command line is invalid.
 */
export async function parse(args: readonly string[]): Promise<Task> {
  let chosen: Task | undefined;
  const parser = createParser(args, (task) => {
    chosen = task;
  });
  const outputs: string[] = [];
  // With a callback, yargs neither prints nor exits. For a completion it calls it twice, first with an empty text.
  await parser.parse(hideHelp(args), {}, (_error: unknown, _argv: unknown, output: string) => {
    outputs.push(output);
  });
  const text = outputs.join("");
  return chosen ?? (async ({ output }) => writeText(output, text).then(() => 0));
}

/** Returns the help command for the command line `args`. */
export function helpFor(args: readonly string[]): string {
  const verb = verbOf(args) ?? "";
  return usages.has(verb) ? `ocilayout ${verb} --help` : "ocilayout --help";
}

const usages: Usages = new Map(commands.map(({ usage }) => [usage.split(" ")[0] ?? "", usage]));

function createParser(args: readonly string[], choose: (task: Task) => void): Argv {
  const parser = yargs([])
    .scriptName("ocilayout")
    .usage("$0 COMMAND\n\nReads and writes OCI Image Layout directories.")
    .locale("en")
    .wrap(100)
    .version(readVersion())
    .parserConfiguration({
      "boolean-negation": false,
      "dot-notation": false,
      "greedy-arrays": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
    })
    .option("json", { type: "boolean", default: false, describe: "Print JSON" })
    .option("per-repo", {
      type: "boolean",
      default: false,
      describe: "PATH is a directory of layouts, one per repository",
    })
    .option("default-repository", {
      type: "string",
      nargs: 1,
      describe: 'The repository of bare tags [default: "default"]',
    })
    .option("follow-links", {
      type: "boolean",
      default: false,
      describe: "Follow links in blobs that lead out of the layout",
    })
    .option("shared-blob-dir", {
      type: "string",
      nargs: 1,
      describe: "The directory of the blobs, instead of PATH/blobs",
    })
    .alias({ help: "h" })
    .strict()
    .strictCommands()
    .demandCommand(1, "a command is needed")
    .completion("completion", "Print the completion script for your shell")
    .check(checkOptions)
    .fail((message: string | null, error: Error | undefined) => {
      // Only the parser and its checks fail here.
      throw error instanceof UsageError
        ? error
        : new UsageError(explainUsage(message ?? error?.message ?? "", args, usages));
    });
  for (const command of commands)
    command.register(parser as unknown as Argv<CommonArguments>, { choose, decode: showHelp });
  return parser;
}

/** Stands for the argument help, such as a file of that name. For yargs the word would mean its own help. */
const HELP = "\u{E000}help";

function hideHelp(args: readonly string[]): string[] {
  return args.map((arg, place) => (place > 0 && arg === "help" ? HELP : arg));
}

/** Restores the arguments that {@link hideHelp} replaced. */
function showHelp<Args>(args: Args): Args {
  const show = (value: unknown): unknown =>
    value === HELP ? "help" : Array.isArray(value) ? value.map(show) : value;
  return Object.fromEntries(Object.entries(args as object).map(([key, value]) => [key, show(value)])) as Args;
}

/** The options and arguments that can be given more than once. */
const REPEATABLE: ReadonlySet<string> = new Set([
  "_",
  "allowed-host",
  "allowedHost",
  "allowed-origin",
  "allowedOrigin",
  "annotation",
  "files",
  "newtag",
  "shared-with",
  "sharedWith",
]);

function checkOptions(args: Readonly<Record<string, unknown>>): true {
  for (const [name, value] of Object.entries(args)) {
    if (Array.isArray(value) && !REPEATABLE.has(name))
      throw new UsageError(`--${name} can be given only once`);
  }
  const name = args["defaultRepository"];
  if (name !== undefined && args["perRepo"] === true)
    throw new UsageError("cannot use --default-repository with --per-repo: leave one of them out");
  if (args["sharedBlobDir"] !== undefined && args["perRepo"] === true)
    throw new UsageError("cannot use --shared-blob-dir with --per-repo: leave one of them out");
  if (name !== undefined && !isValidRepository(name))
    throw new UsageError("--default-repository is not a valid repository name");
  return true;
}

function readVersion(): string {
  return (createRequire(import.meta.url)("ocilayout/package.json") as { readonly version: string }).version;
}
