import type { Writable } from "node:stream";

/** A sign that work goes on. */
export interface Progress {
  /** Says what is done now. */
  update(text: string): void;
  /** Makes room for a line of data; the sign comes back by itself. */
  clear(): void;
  /** Takes the sign away. Idempotent. */
  end(): void;
}

/** A stream that may be a terminal. */
export type Terminal = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

const SILENT: Progress = { update: () => undefined, clear: () => undefined, end: () => undefined };

/** Shows a spinner and `text` on `stream` where that is a terminal, and nothing anywhere else. */
export async function startProgress(stream: Terminal, text: string): Promise<Progress> {
  // On a terminal that says it has no width ora counts lines without end.
  if (stream.isTTY !== true || stream.columns === 0 || process.env["TERM"] === "dumb") return SILENT;
  // Loaded where it is needed only: most runs of the command show none.
  const { default: ora } = await import("ora");
  // Standard input is left alone, so that Ctrl+C still interrupts.
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

/** Does `work` while a sign of it is shown. */
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
