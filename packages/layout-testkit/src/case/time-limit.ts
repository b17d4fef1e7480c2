import { ConformanceFailure } from "./failure.ts";

/** A call that got no answer in time. */
export class NoAnswer extends ConformanceFailure {
  constructor(timeoutMs: number) {
    super("an answer", `none within ${timeoutMs} ms`);
  }
}

/** What `run` gives, unless it takes too long or throws before it has begun. */
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
