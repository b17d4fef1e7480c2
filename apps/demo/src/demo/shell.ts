import { run } from "ocilayout";
import type { Streams } from "ocilayout";

/** Runs commands and prints them as in a terminal: each command line, then its output. */
export class Shell {
  readonly #streams: Streams;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  /** Prints a line between the commands. */
  say(line: string): void {
    this.#streams.stdout.write(`${line}\n`);
  }

  /**
   * Runs `ocilayout` with `args`.
   *
   * @throws Error If its exit code is not 0.
   */
  async ocilayout(...args: readonly string[]): Promise<void> {
    this.say(`$ ocilayout ${args.map(quote).join(" ")}`);
    const code = await run(args, this.#streams);
    if (code !== 0) throw new Error(`ocilayout ${args[0] ?? ""} ended with ${code}`);
  }
}

/** Quotes `text` for a shell, if necessary. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
