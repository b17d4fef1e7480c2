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
 * What the command line asks for, not done yet.
 *
 * @throws {@link UsageError} Where it makes no sense.
 */
export async function parse(args: readonly string[]): Promise<Task> {
  let chosen: Task | undefined;
  const parser = createParser(args, (task) => {
    chosen = task;
  });
  const outputs: string[] = [];
  // Given a callback, yargs neither prints nor exits. For a completion it calls it twice, first with nothing.
  await parser.parse(hideHelp(args), {}, (_error: unknown, _argv: unknown, output: string) => {
    outputs.push(output);
  });
  const text = outputs.join("");
  return chosen ?? (async ({ output }) => writeText(output, text).then(() => 0));
}

/** The command whose help fits the command line `args`. */
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
    .option("json", { type: "boolean", default: false, describe: "Write JSON, for programs" })
    .option("per-repo", {
      type: "boolean",
      default: false,
      describe: "PATH is a directory of layouts, one per repository",
    })
    .option("default-repository", {
      type: "string",
      nargs: 1,
      describe: 'What bare tags belong to [default: "default"]',
    })
    .option("follow-links", {
      type: "boolean",
      default: false,
      describe: "Read blobs that are links out of the layout",
    })
    .option("shared-blob-dir", {
      type: "string",
      nargs: 1,
      describe: "The directory of the blobs, if not PATH/blobs",
    })
    .alias({ help: "h" })
    .strict()
    .strictCommands()
    .demandCommand(1, "a command is needed")
    .completion("completion", "Print a script for the shell's completion")
    .check(checkOptions)
    .fail((message: string | null, error: Error | undefined) => {
      // Nothing but the parser and its checks fails here.
      throw error instanceof UsageError
        ? error
        : new UsageError(explainUsage(message ?? error?.message ?? "", args, usages));
    });
  for (const command of commands)
    command.register(parser as unknown as Argv<CommonArguments>, { choose, decode: showHelp });
  return parser;
}

/** Stands for an argument that is the word help and no command: yargs would show its help instead of doing anything. */
const HELP = "\u{E000}help";

function hideHelp(args: readonly string[]): string[] {
  return args.map((arg, place) => (place > 0 && arg === "help" ? HELP : arg));
}

/** The arguments, with what {@link hideHelp} hid. */
function showHelp<Args>(args: Args): Args {
  const show = (value: unknown): unknown =>
    value === HELP ? "help" : Array.isArray(value) ? value.map(show) : value;
  return Object.fromEntries(Object.entries(args as object).map(([key, value]) => [key, show(value)])) as Args;
}

/** The options that may be said more than once. */
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
      throw new UsageError(`--${name} was said more than once`);
  }
  const name = args["defaultRepository"];
  if (name !== undefined && args["perRepo"] === true)
    throw new UsageError("--per-repo has no bare tags: leave out --default-repository");
  if (args["sharedBlobDir"] !== undefined && args["perRepo"] === true)
    throw new UsageError("--shared-blob-dir is for one layout: leave out --per-repo");
  if (name !== undefined && !isValidRepository(name))
    throw new UsageError("--default-repository is no repository name");
  return true;
}

function readVersion(): string {
  return (createRequire(import.meta.url)("@ocilayout/demo/package.json") as { readonly version: string })
    .version;
}
