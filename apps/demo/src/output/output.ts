import type { Writable } from "node:stream";

import type { Progress, Terminal } from "./progress.ts";
import { startProgress } from "./progress.ts";
import { printable } from "./text.ts";

/** Where a command writes to. */
export interface Streams {
  /** What the command was asked for. */
  readonly stdout: Writable;
  /** What else is to be said. */
  readonly stderr: Terminal;
}

/** What a command says. */
export interface Output {
  /** Writes data, and waits until it is taken. Rejects with {@link ReaderGone} where nobody reads any more. */
  data(chunk: Uint8Array | string): Promise<void>;
  /** Says a line beside the data. */
  note(line: string): Promise<void>;
  /** Shows that long work goes on, on a terminal only. */
  progress(text: string): Promise<Progress>;
}

/** Whoever read the output has closed it. */
export class ReaderGone extends Error {}

/** Output on streams. A stream that fails ends no process: what is written to it next rejects. */
export function createOutput({ stdout, stderr }: Streams): Output {
  for (const stream of [stdout, stderr])
    if (stream.listenerCount("error") === 0) stream.on("error", () => undefined);
  return {
    data: async (chunk) => {
      if (chunk.length > 0) await write(stdout, chunk);
    },
    // Where messages cannot be read, that cannot be said.
    note: async (line) => write(stderr, `${line}\n`).catch(() => undefined),
    progress: async (text) => startProgress(stderr, text),
  };
}

function write(stream: Writable, chunk: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(isClosed(error) ? new ReaderGone("nobody reads", { cause: error }) : error);
    });
  });
}

function isClosed(error: Error): boolean {
  const code = "code" in error ? error.code : undefined;
  return code === "EPIPE" || code === "ERR_STREAM_DESTROYED";
}

/** Writes `text` as data, ended by a line break. */
export async function writeText(output: Output, text: string): Promise<void> {
  await output.data(text.endsWith("\n") ? text : `${text}\n`);
}

/** Writes `value` as one line of JSON, fit for a terminal: what it would obey or not show stands there as an escape. */
export async function writeJson(output: Output, value: unknown): Promise<void> {
  await output.data(`${printable(JSON.stringify(value))}\n`);
}
