import type { Streams } from "../output/output.ts";
import { createOutput, ReaderGone } from "../output/output.ts";
import { printable } from "../output/text.ts";
import { explain } from "./explain.ts";
import { Interrupted } from "./interrupted.ts";
import { helpFor, parse } from "./parse.ts";
import { UsageError } from "./usage-error.ts";

/** The streams of a command, and the signal that ends it. */
export interface RunOptions extends Streams {
  /** Ends the command early. `serve` ends with 0 then. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `ocilayout` with `args`. Never rejects.
 *
 * @returns The exit code: 0 for success, 1 if the command failed or `verify` found an error, 2 if the command line is
 * invalid, 130 and 143 after SIGINT and SIGTERM.
 */
export async function run(args: readonly string[], options: RunOptions): Promise<number> {
  const output = createOutput(options);
  const signal = options.signal ?? new AbortController().signal;
  try {
    return await (
      await parse(args)
    )({ output, signal });
  } catch (error) {
    // The reader of a pipe has closed it, as `head` does.
    if (error instanceof ReaderGone) return 0;
    if (error instanceof UsageError) {
      await output.note(`ocilayout: ${printable(error.message)}`);
      await output.note(`Try ${helpFor(args)}.`);
      return 2;
    }
    await output.note(`ocilayout: ${printable(explain(error))}`);
    return error instanceof Interrupted ? error.exitCode : 1;
  }
}
