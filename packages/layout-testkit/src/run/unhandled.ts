import { ConformanceFailure } from "../case/failure.ts";
import { showError } from "../case/show.ts";

/**
 * Makes a failure of each error that nobody handles, which would end the process.
 *
 * @param violations - Where the failures go.
 * @returns What ends it.
 */
export function listenForUnhandled(violations: ConformanceFailure[]): () => void {
  const fail = (expected: string, error: unknown, lookFor: string): void => {
    const why = "in a server it ends the process";
    violations.push(
      new ConformanceFailure(expected, `${showError(error)}, which nobody handled`, { why, lookFor }),
    );
  };
  const onRejection = (error: unknown): void => {
    fail("every rejection handled", error, "a promise that is neither awaited nor returned");
  };
  const onException = (error: unknown): void => {
    fail(
      "every exception handled",
      error,
      'what throws in a callback, or an emitter that nobody listens to for "error"',
    );
  };
  process.on("unhandledRejection", onRejection);
  process.on("uncaughtException", onException);
  return () => {
    process.off("unhandledRejection", onRejection);
    process.off("uncaughtException", onException);
  };
}
