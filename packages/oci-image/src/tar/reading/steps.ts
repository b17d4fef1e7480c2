/**
 * Work that may have to wait for bytes. It yields each promise to wait for, and `undefined` instead if there is nothing to wait
 * for. So the same code reads an archive at once and as a stream, and promises are made only where something waits.
 */
export type Steps<Result> = Generator<Promise<void> | undefined, Result, void>;

/** Runs the steps, and waits when they do. */
export async function runSteps<Result>(steps: Steps<Result>): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (step.value !== undefined) await step.value;
  }
}

/**
 * Runs steps that never wait.
 *
 * @throws TypeError if they wait.
 */
export function runStepsNow<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (step.value === undefined) continue;
    step.value.catch(() => undefined);
    throw new TypeError("the function read of this archive must return the bytes at once");
  }
}
