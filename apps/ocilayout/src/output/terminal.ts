import type { Writable } from "node:stream";

/** A stream that may be a terminal. */
export type Terminal = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
};

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The width that a terminal has if it does not report one. */
const USUAL_WIDTH = 80;

/** Returns the width of a terminal in columns, or `undefined` if `stream` is not a terminal. */
export function widthOf(stream: Terminal): number | undefined {
  return stream.isTTY === true ? (stream.columns ?? USUAL_WIDTH) : undefined;
}

/** Whether text on `stream` can be overwritten: it is a terminal with a width, and not a dumb one. */
export function canRedraw(stream: Terminal, env: Environment): boolean {
  return (widthOf(stream) ?? 0) > 0 && env["TERM"] !== "dumb";
}

/**
 * Whether text on `stream` can have colours: it is a terminal, and `NO_COLOR` is unset or empty.
 *
 * @see {@link https://no-color.org}
 */
export function canPaint(stream: Terminal, env: Environment): boolean {
  return canRedraw(stream, env) && (env["NO_COLOR"] ?? "") === "";
}

/** The colours of text. */
export type Colour = "red" | "green" | "yellow";

const CODES: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33 };

/** Colours `text` with an escape sequence. */
export function paint(colour: Colour, text: string): string {
  return `\u001b[${CODES[colour]}m${text}\u001b[39m`;
}
