import { run } from "../cli/run.ts";
import type { Streams } from "../output/output.ts";

/** Runs commands as a terminal shows them: each below the line that one would type. */
export class Shell {
  readonly #streams: Streams;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  /** Says something between the commands. */
  say(line: string): void {
    this.#streams.stdout.write(`${line}\n`);
  }

  /**
   * Runs `ocilayout` with `args`.
   *
   * @throws Error Where its exit code is not 0.
   */
  async ocilayout(...args: readonly string[]): Promise<void> {
    this.say(`$ ocilayout ${args.map(quote).join(" ")}`);
    const code = await run(args, this.#streams);
    if (code !== 0) throw new Error(`ocilayout ${args[0] ?? ""} ended with ${code}`);
  }
}

/** `text` as a shell needs it. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
