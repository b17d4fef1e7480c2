import { ConformanceFailure } from "../case/failure.ts";
import { showError } from "../case/show.ts";

/**
 * Reports every unhandled rejection and exception as a failure: by default they would end the process.
 *
 * @param violations - Receives the failures.
 * @returns A function that stops listening.
 */
export function listenForUnhandled(violations: ConformanceFailure[]): () => void {
  const fail = (expected: string, error: unknown, lookFor: string): void => {
    const why = "an unhandled error ends a server process";
    violations.push(new ConformanceFailure(expected, `${showError(error)}, unhandled`, { why, lookFor }));
  };
  const onRejection = (error: unknown): void => {
    fail("every rejection to be handled", error, "a promise that is neither awaited nor returned");
  };
  const onException = (error: unknown): void => {
    fail(
      "every exception to be handled",
      error,
      'a callback that throws, or an emitter without a listener for "error"',
    );
  };
  process.on("unhandledRejection", onRejection);
  process.on("uncaughtException", onException);
  return () => {
    process.off("unhandledRejection", onRejection);
    process.off("uncaughtException", onException);
  };
}
