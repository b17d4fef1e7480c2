import type { Streams } from "../output/output.ts";
import { createOutput, ReaderGone } from "../output/output.ts";
import { printable } from "../output/text.ts";
import { explain } from "./explain.ts";
import { Interrupted } from "./interrupted.ts";
import { helpFor, parse } from "./parse.ts";
import { UsageError } from "./usage-error.ts";

/** What a run of the command uses of its process. */
export interface RunOptions extends Streams {
  /** Ends the command early; `serve` ends well by it. Default: never. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `ocilayout` with `args` and tells its exit code: 0 where all is well, 1 where the registry or the system refused
 * or `verify` found an error, 2 where the command line makes no sense. It never rejects.
 */
export async function run(args: readonly string[], options: RunOptions): Promise<number> {
  const output = createOutput(options);
  const signal = options.signal ?? new AbortController().signal;
  try {
    return await (
      await parse(args)
    )({ output, signal });
  } catch (error) {
    // Whoever read has seen enough.
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
