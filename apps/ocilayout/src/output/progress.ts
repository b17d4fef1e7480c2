import type { Writable } from "node:stream";

/** Shows the progress of long work. */
export interface Progress {
  /** Changes the text. */
  update(text: string): void;
  /** Clears the line for data. The progress reappears by itself. */
  clear(): void;
  /** Removes the progress. Idempotent. */
  end(): void;
}

/** A stream that may be a terminal. */
export type Terminal = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

const SILENT: Progress = { update: () => undefined, clear: () => undefined, end: () => undefined };

/** Shows a spinner and `text` if `stream` is a terminal. */
export async function startProgress(stream: Terminal, text: string): Promise<Progress> {
  // ora loops forever on a terminal of width 0.
  if (stream.isTTY !== true || stream.columns === 0 || process.env["TERM"] === "dumb") return SILENT;
  // Loaded on demand, because most commands show no progress.
  const { default: ora } = await import("ora");
  // Without discardStdin: false, Ctrl+C would not interrupt.
  const spinner = ora({ text, stream, isEnabled: true, discardStdin: false }).start();
  return {
    update: (next) => {
      spinner.text = next;
    },
    clear: () => {
      spinner.clear();
    },
    end: () => {
      spinner.stop();
    },
  };
}

/** Runs `work` and shows its progress. */
export async function withProgress<Result>(
  output: { progress(text: string): Promise<Progress> },
  text: string,
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  const progress = await output.progress(text);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}
