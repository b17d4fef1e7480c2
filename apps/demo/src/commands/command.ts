import type { Argv } from "yargs";

import type { Output } from "../output/output.ts";

/** What every command takes. */
export interface CommonArguments {
  /** Whether data is written as JSON. */
  readonly json: boolean;
  /** Whether a path is a directory of layouts. */
  readonly perRepo: boolean;
  /** The repository of bare tags. */
  readonly defaultRepository?: string | undefined;
  /** Whether blobs that are links out of the layout are read. */
  readonly followLinks: boolean;
  /** The directory of the blobs, if they do not lie in the layout. */
  readonly sharedBlobDir?: string | undefined;
}

/** What a command works with. */
export interface Context {
  /** Where it writes to. */
  readonly output: Output;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** A command with its arguments, to be done; tells the exit code. */
export type Task = (context: Context) => Promise<number>;

/** A command of the command line. */
export interface Command {
  /** Its name and positional arguments: `tags <path>`. */
  readonly usage: string;
  /** Makes it known to `parser`. */
  register(parser: Argv<CommonArguments>, choice: Choice): void;
}

/** What becomes of a command that is asked for. */
export interface Choice {
  /** Takes the command to be done. */
  readonly choose: (task: Task) => void;
  /** Gives its arguments as they were written. */
  readonly decode: <Args>(args: Args) => Args;
}

/** What a command consists of. */
export interface CommandDefinition<Args> {
  /** Its name and positional arguments: `tags <path>`. */
  readonly usage: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /** How it is used: command line and meaning. */
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** Its arguments. */
  readonly options: (parser: Argv<CommonArguments>) => Argv<Args>;
  /** Does it. Tells the exit code; 0 where it tells none. */
  readonly run: (args: Args, context: Context) => Promise<number | undefined>;
}

/** Makes a {@link Command}. */
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
