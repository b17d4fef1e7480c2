/** Runs one thing after the other. */
export type Turns = <Result>(run: () => Result | Promise<Result>) => Promise<Result>;

/** Makes a queue: what is given to it runs when everything before it has ended, well or not. */
export function takeTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const result = last.then(run);
    last = result.catch(() => undefined);
    return result;
  };
}
