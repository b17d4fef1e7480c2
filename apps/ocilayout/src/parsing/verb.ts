import type { Readable } from "node:stream";

import type { Output } from "../output/output.ts";
import type { Terminal } from "../output/terminal.ts";
import type { PlaceOptions } from "./place-options.ts";
import type { Options, Positionals, ValuesOf } from "./spec.ts";

/** The environment of a verb. */
export interface Context {
  /** The output of the verb. */
  readonly output: Output;
  /** Opens the input of the verb. It is destroyed when the verb ends early. */
  readonly stdin: () => Input;
  /** Ends the verb early. */
  readonly signal: AbortSignal;
}

/** A stream to read from, such as `process.stdin`. */
export type Input = Readable & Pick<Terminal, "isTTY">;

/** The arguments that every verb has. */
export interface CommonArguments {
  /** Whether to print JSON. */
  readonly json: boolean;
  /** How places are opened. */
  readonly places: PlaceOptions;
}

/** An example in the help: a command line and its meaning. */
export type Example = readonly [command: string, meaning: string];

/** A verb of the command. */
export interface Verb {
  readonly positionals: Positionals;
  readonly options: Options;
  readonly examples: readonly Example[];
  /** Whether the verb has the options of places. */
  readonly hasPlaces: boolean;
  /** Runs the verb with its parsed arguments. Resolves to the exit code; `undefined` means 0. */
  readonly run: (args: never, context: Context) => Promise<number | undefined>;
}

/** Defines a verb. Its arguments have the types of their descriptions. */
export function defineVerb<Named extends Positionals, Given extends Options>(definition: {
  readonly positionals: Named;
  readonly options: Given;
  readonly examples: readonly Example[];
  /** Defaults to true. */
  readonly hasPlaces?: boolean;
  readonly run: (
    args: ValuesOf<Named> & ValuesOf<Given> & CommonArguments,
    context: Context,
  ) => Promise<number | undefined>;
}): Verb {
  return { hasPlaces: true, ...definition };
}
