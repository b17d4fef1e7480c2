/** Why a command was aborted: a signal asked for it. */
export class Interrupted extends Error {
  /** What a shell expects of a program that a signal ended: 130 or 143. */
  readonly exitCode: number;

  constructor(signal: "SIGINT" | "SIGTERM") {
    super("interrupted");
    this.exitCode = signal === "SIGINT" ? 130 : 143;
  }
}
