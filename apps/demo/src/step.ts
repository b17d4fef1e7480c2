import { styleText } from "node:util";

let steps = 0;

/**
 * Prints a sentence and the code of `run`, runs it, and prints its result.
 *
 * @param describe - Returns the result as one line.
 */
export async function step<Result>(
  sentence: string,
  run: () => Promise<Result>,
  describe: (result: Result) => string | Promise<string>,
): Promise<Result> {
  steps += 1;
  console.log(`${steps}. ${sentence}`);
  console.log(paint("cyan", `   > ${codeOf(run)}`));
  const result = await run();
  console.log(paint("green", `   ${shorten(await describe(result))}`));
  return result;
}

/** Returns the source of an arrow function, without the arrow, in one line. */
function codeOf(run: () => unknown): string {
  return run
    .toString()
    .replace(/^(async )?\(\) => /, "")
    .replace(/\s+/g, " ");
}

/** Shortens the digests in a text. */
function shorten(text: string): string {
  return text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, "$1…");
}

function paint(colour: "cyan" | "green", text: string): string {
  return process.stdout.isTTY && process.env["NO_COLOR"] === undefined ? styleText(colour, text) : text;
}
