import { ConformanceFailure } from "./failure.ts";

/** Thrown if a call did not finish within the time limit. */
export class NoAnswer extends ConformanceFailure {
  constructor(timeoutMs: number) {
    super("an answer", `none within ${timeoutMs} ms`);
  }
}

/** Returns the result of `run`. Rejects if `run` takes too long or throws. */
export async function within<Value>(
  timeoutMs: number,
  run: () => PromiseLike<Value> | Value,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout: Promise<never> = new Promise((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new NoAnswer(timeoutMs));
    }, timeoutMs);
  });
  try {
    return await Promise.race([Promise.resolve().then(run), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
