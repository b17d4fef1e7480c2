import { styleText } from "node:util";

let steps = 0;

/**
 * Prints a sentence and the code of `run`, runs it, and prints its result.
 *
 * @param run - The code. Comments in it are not printed.
 */
export async function step<Result>(
  sentence: string,
  run: () => Promise<Result>,
  describe: (result: Result) => string,
): Promise<Result> {
  steps += 1;
  console.log(`${steps}. ${sentence}`);
  console.log(paint("cyan", `   > ${codeOf(run)}`));
  const result = await run();
  console.log(paint("green", `   ${describe(result)}`));
  return result;
}

/** Returns the source of a function, without its frame, in one line. */
function codeOf(run: () => unknown): string {
  return run
    .toString()
    .replace(/^async \(\) => |^\(\) => /, "")
    .replace(/\s+/g, " ")
    .replace(/^\{ (return )?(?<body>.*?);? \}$/, "$<body>");
}

function paint(colour: "cyan" | "green", text: string): string {
  return process.stdout.isTTY && process.env["NO_COLOR"] === undefined ? styleText(colour, text) : text;
}
