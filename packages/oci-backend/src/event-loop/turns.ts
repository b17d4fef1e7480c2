/** Runs functions one at a time. */
export type Turns = <Result>(run: () => Result | Promise<Result>) => Promise<Result>;

/** Creates a queue. Each function runs when all functions before it have succeeded or failed. */
export function takeTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const result = last.then(run);
    last = result.catch(() => undefined);
    return result;
  };
}
