import type { Terminal } from "./terminal.ts";
import { formatDuration, formatSize } from "./text.ts";

/** Shows the progress of long work: a heading, and one line for each transfer. */
export interface Progress {
  /** Changes the heading. */
  update(text: string): void;
  /** Shows or changes the line of the transfer `name`. */
  transfer(name: string, bytes: number, totalBytes: number): void;
  /** Removes the line of a transfer that is complete. */
  complete(name: string): void;
  /** Removes all lines, for data. They reappear by themselves. */
  clear(): void;
  /** Removes the progress. Idempotent. */
  end(): void;
}

/** A progress that shows nothing. */
export const SILENT: Progress = {
  update: () => undefined,
  transfer: () => undefined,
  complete: () => undefined,
  clear: () => undefined,
  end: () => undefined,
};

/** Runs `work` and shows its progress. */
export async function withProgress<Result>(
  output: { progress(text: string): Progress },
  text: string,
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  const progress = output.progress(text);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}

/** The time between two drawings, in milliseconds. */
const INTERVAL_MS = 100;
const USUAL_ROWS = 24;

/** Starts a progress on a terminal. */
export function startProgress(stream: Terminal, text: string): Progress {
  const board = new Board(stream, text);
  board.draw();
  return board;
}

interface Transfer {
  readonly startedMs: number;
  bytes: number;
  totalBytes: number;
}

class Board implements Progress {
  readonly #stream: Terminal;
  readonly #transfers: Map<string, Transfer> = new Map();
  readonly #timer: NodeJS.Timeout;
  #text: string;
  #shown = 0;
  #isEnded = false;

  constructor(stream: Terminal, text: string) {
    this.#stream = stream;
    this.#text = text;
    this.#timer = setInterval(() => {
      this.draw();
    }, INTERVAL_MS).unref();
  }

  update(text: string): void {
    this.#text = text;
  }

  transfer(name: string, bytes: number, totalBytes: number): void {
    const known = this.#transfers.get(name);
    if (known === undefined) this.#transfers.set(name, { startedMs: performance.now(), bytes, totalBytes });
    else Object.assign(known, { bytes, totalBytes });
  }

  complete(name: string): void {
    this.#transfers.delete(name);
  }

  clear(): void {
    if (this.#shown > 0) this.#stream.write(`\u001b[${this.#shown}A\u001b[J`);
    this.#shown = 0;
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearInterval(this.#timer);
    this.clear();
  }

  draw(): void {
    // A terminal that is slower than the work gets no more text.
    if (this.#isEnded || this.#stream.writableNeedDrain) return;
    const width = (this.#stream.columns ?? 80) - 1;
    const most = Math.max(1, (this.#stream.rows ?? USUAL_ROWS) - 2);
    const lines = Array.from(this.#transfers, ([name, transfer]) => describeTransfer(name, transfer));
    const rest = lines.length - most;
    const shown = [this.#text, ...lines.slice(0, most), ...(rest > 0 ? [`and ${rest} more`] : [])];
    const up = this.#shown > 0 ? `\u001b[${this.#shown}A\u001b[J` : "";
    this.#stream.write(`${up}${shown.map((line) => `${line.slice(0, width)}\n`).join("")}`);
    this.#shown = shown.length;
  }
}

function describeTransfer(name: string, { startedMs, bytes, totalBytes }: Transfer): string {
  const rate = bytes / Math.max(1, performance.now() - startedMs);
  const percent = totalBytes === 0 ? 100 : Math.floor((100 * bytes) / totalBytes);
  const left = rate === 0 ? "" : `  ${formatDuration((totalBytes - bytes) / rate)} left`;
  const amount = `${formatSize(bytes)} of ${formatSize(totalBytes)}`;
  return `  ${name}  ${amount}  ${percent}%  ${formatSize(Math.round(rate * 1000))}/s${left}`;
}
