import type { Writable } from "node:stream";

import { type Progress, SILENT, startProgress } from "./progress.ts";
import {
  canPaint,
  canRedraw,
  type Colour,
  type Environment,
  paint,
  type Terminal,
  widthOf,
} from "./terminal.ts";
import { printable } from "./text.ts";

/** The streams of a command. */
export interface Streams {
  /** Receives data. */
  readonly stdout: Terminal;
  /** Receives messages and progress. */
  readonly stderr: Terminal;
  /** The environment, of which `TERM` and `NO_COLOR` count. Defaults to that of the process. */
  readonly env?: Environment | undefined;
}

/** The output of a command. */
export interface Output {
  /** The width of the terminal that shows the data, in columns. Absent if it is not a terminal. */
  readonly width: number | undefined;
  /** Writes data to stdout, and waits until it is flushed. Rejects with {@link ReaderGone} if the reader has closed it. */
  data(chunk: Uint8Array | string): Promise<void>;
  /** Writes a line to stderr. */
  note(line: string): Promise<void>;
  /** Shows progress, on a terminal only. */
  progress(text: string): Progress;
  /** Colours data, if stdout can have colours. */
  paint(colour: Colour, text: string): string;
}

/** The reader of stdout has closed it. */
export class ReaderGone extends Error {}

/** Creates an output. An error of a stream does not end the process: the next write to it rejects. */
export function createOutput({ stdout, stderr, env = process.env }: Streams): Output {
  for (const stream of [stdout, stderr])
    if (stream.listenerCount("error") === 0) stream.on("error", () => undefined);
  const isColourful = canPaint(stdout, env);
  return {
    width: widthOf(stdout),
    data: async (chunk) => {
      if (chunk.length > 0) await write(stdout, chunk);
    },
    // An error of stderr cannot be reported.
    note: async (line) => write(stderr, `${line}\n`).catch(() => undefined),
    progress: (text) => (canRedraw(stderr, env) ? startProgress(stderr, text) : SILENT),
    paint: (colour, text) => (isColourful ? paint(colour, text) : text),
  };
}

function write(stream: Writable, chunk: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => {
      if (error === undefined || error === null) resolve();
      else
        reject(
          isClosed(error) ? new ReaderGone("the reader has closed the output", { cause: error }) : error,
        );
    });
  });
}

function isClosed(error: Error): boolean {
  const code = "code" in error ? error.code : undefined;
  return code === "EPIPE" || code === "ERR_STREAM_DESTROYED";
}

/** Writes `text` as data, with a line break at the end. */
export async function writeText(output: Output, text: string): Promise<void> {
  await output.data(text.endsWith("\n") ? text : `${text}\n`);
}

/** Writes `value` as one line of JSON. Characters that a terminal obeys or does not show are escaped. */
export async function writeJson(output: Output, value: unknown): Promise<void> {
  await output.data(`${printable(JSON.stringify(value))}\n`);
}
