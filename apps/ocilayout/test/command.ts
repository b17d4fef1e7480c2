import { createHash } from "node:crypto";
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";

import { temporaryDirectory } from "@ocilayout/testing";

import { run } from "../src/cli/run.ts";

/** The result of a run of the command. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Buffer;
}

/** A stream that keeps everything in memory. */
export class Sink extends Writable {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  readonly #chunks: Buffer[] = [];

  /** Creates a stream. With `columns` it is a terminal of that width. */
  constructor(isTTY: boolean = false, columns?: number) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

/** Runs `ocilayout` in this process, with bytes in its pipe if the first argument has them. */
export async function ocilayout(
  ...[first, ...rest]: readonly [({ readonly stdin: Uint8Array | string } | string)?, ...string[]]
): Promise<Ran> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const args = typeof first === "string" ? [first, ...rest] : rest;
  const stdin = (): Readable => Readable.from(typeof first === "object" ? [first.stdin] : []);
  const code = await run(args, { stdin, stdout, stderr });
  return { code, stdout: stdout.bytes.toString(), stderr: stderr.bytes.toString(), bytes: stdout.bytes };
}

/**
 * Runs `ocilayout` and returns the lines of its output. Rejects unless it exits with 0 and writes no messages, other than that it
 * created a layout.
 */
export async function lines(...args: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await ocilayout(...args);
  if (code !== 0 || stderr.replace(/^ocilayout: created the layout .*\n/, "") !== "")
    throw new Error(`ocilayout ${args.join(" ")}: ${code}: ${stderr}`);
  return stdout.split("\n").slice(0, -1);
}

/** Runs `ocilayout` with `--json` and returns its parsed lines. */
export async function jsonLines(...args: readonly string[]): Promise<unknown[]> {
  return (await lines(...args, "--json")).map((line) => JSON.parse(line) as unknown);
}

const fixtures = join(import.meta.dirname, "../../../packages/layout-core/test/fixtures");

/** Copies a layout that a tool or an attacker wrote. Creates its empty directories, which git does not store. */
export function fixture(name: string): string {
  const layout = join(temporaryDirectory(), name);
  cpSync(join(fixtures, name, "layout"), layout, { recursive: true });
  const { emptyDirs = [] } = JSON.parse(readFileSync(join(fixtures, name, "expected.json"), "utf8")) as {
    emptyDirs?: string[];
  };
  for (const directory of emptyDirs) mkdirSync(join(layout, directory), { recursive: true });
  return layout;
}

/** Returns everything below `directory`: the digest of each file, and the target of each link. */
export function everything(directory: string): Record<string, string> {
  if (!existsSync(directory)) return {};
  const found: Record<string, string> = {};
  for (const name of (readdirSync(directory, { recursive: true }) as string[]).sort()) {
    const path = join(directory, name);
    const stats = lstatSync(path);
    found[name] = stats.isSymbolicLink()
      ? readlinkSync(path)
      : stats.isFile()
        ? sha256(readFileSync(path))
        : "directory";
  }
  return found;
}

/** Returns the digest of `content`. */
export function sha256(content: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
