import { Readable, Writable } from "node:stream";

import { run } from "../../../apps/ocilayout/src/cli/run.ts";

/** The output of a run of the command, and its exit code. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ocilayout` in this process, with content in its pipe if the first argument has it. */
export async function ocilayout(
  ...[first, ...rest]: readonly [({ readonly stdin: Uint8Array | string } | string)?, ...string[]]
): Promise<Ran> {
  const [stdout, stderr] = [new Kept(), new Kept()];
  const args = typeof first === "string" ? [first, ...rest] : rest;
  const stdin = (): Readable => Readable.from(typeof first === "object" ? [first.stdin] : []);
  const code = await run(args, { stdin, stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** A stream that keeps its output and is not a terminal. */
class Kept extends Writable {
  readonly isTTY: boolean = false;
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
