import { Readable } from "node:stream";

import { explain } from "../errors/explain.ts";
import { Interrupted } from "../errors/interrupted.ts";
import { UsageError } from "../errors/usage-error.ts";
import type { Streams } from "../output/output.ts";
import { createOutput, ReaderGone } from "../output/output.ts";
import { printable } from "../output/text.ts";
import type { Input } from "../parsing/verb.ts";
import { helpFor, parse } from "./parse.ts";

/** The streams of a command, and the signal that ends it. */
export interface RunOptions extends Streams {
  /** Opens the input, for `login --password-stdin` and `load -`. Defaults to none. */
  readonly stdin?: (() => Input) | undefined;
  /** Ends the command early. `serve` ends with 0 then. */
  readonly signal?: AbortSignal | undefined;
}

/** The width of help texts in a pipe. */
const PIPE_WIDTH = 100;

/**
 * Runs `ocilayout` with `args`. Never rejects.
 *
 * @returns The exit code: 0 for success, 1 if the command failed, `verify` found an error or `diff` a difference, 2 if the
 * command line is invalid, 130 and 143 after SIGINT and SIGTERM.
 */
export async function run(args: readonly string[], options: RunOptions): Promise<number> {
  const output = createOutput(options);
  const { signal = new AbortController().signal, stdin = () => Readable.from([]) } = options;
  try {
    const task = await parse(args, output.width ?? PIPE_WIDTH);
    return await task({ output, stdin, signal });
  } catch (error) {
    // The reader of a pipe has closed it, as `head` does.
    if (error instanceof ReaderGone) return 0;
    if (error instanceof UsageError) {
      await output.note(`ocilayout: ${printable(error.message)}`);
      await output.note(`Try ${helpFor(args)}.`);
      return 2;
    }
    // A call that the signal ended may reject with an error of its own.
    const reason: unknown = signal.aborted ? signal.reason : error;
    const isInterrupted = reason instanceof Interrupted;
    await output.note(`ocilayout: ${printable(explain(isInterrupted ? reason : error))}`);
    return isInterrupted ? reason.exitCode : 1;
  }
}
