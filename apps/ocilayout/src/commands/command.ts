import type { Argv } from "yargs";

import type { Output } from "../output/output.ts";

/** Arguments of every command. */
export interface CommonArguments {
  /** Whether to print JSON. */
  readonly json: boolean;
  /** Whether the path is a directory of layouts. */
  readonly perRepo: boolean;
  /** The repository of bare tags. */
  readonly defaultRepository?: string | undefined;
  /** Whether to follow links in `blobs` that lead out of the layout. */
  readonly followLinks: boolean;
  /** The directory of the blobs, if it is not in the layout. */
  readonly sharedBlobDir?: string | undefined;
}

/** The environment of a command. */
export interface Context {
  /** The output of the command. */
  readonly output: Output;
  /** Ends the command early. */
  readonly signal: AbortSignal;
}

/** A command with its arguments, ready to run. Resolves to the exit code. */
export type Task = (context: Context) => Promise<number>;

/** A command of the command line. */
export interface Command {
  /** The name and the positional arguments: `tags <path>`. */
  readonly usage: string;
  /** Adds the command to `parser`. */
  register(parser: Argv<CommonArguments>, choice: Choice): void;
}

/** Callbacks for the command that the user chose. */
export interface Choice {
  /** Receives the task. */
  readonly choose: (task: Task) => void;
  /** Returns the arguments as the user wrote them. */
  readonly decode: <Args>(args: Args) => Args;
}

/** The definition of a command. */
export interface CommandDefinition<Args> {
  /** The name and the positional arguments: `tags <path>`. */
  readonly usage: string;
  /** A short description. */
  readonly summary: string;
  /** Example command lines with their meanings. */
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** Adds the arguments and options to the parser. */
  readonly options: (parser: Argv<CommonArguments>) => Argv<Args>;
  /** Runs the command. Resolves to the exit code; `undefined` means 0. */
  readonly run: (args: Args, context: Context) => Promise<number | undefined>;
}

/** Creates a {@link Command}. */
export function defineCommand<Args>({
  usage,
  summary,
  examples,
  options,
  run,
}: CommandDefinition<Args>): Command {
  return {
    usage,
    register: (parser, { choose, decode }) => {
      parser.command(
        usage,
        summary,
        (it) => options(it).example(examples.map(([command, meaning]) => [command, meaning])),
        (args) => {
          choose(async (context) => (await run(decode(args as Args), context)) ?? 0);
        },
      );
    },
  };
}
