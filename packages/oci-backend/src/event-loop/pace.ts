/** How long loops over data go on before others get their turn, in milliseconds. */
const SLICE_MS = 8;

let sliceBegan = 0;
let waiting: (() => void)[] = [];
let isPumping = false;

/**
 * Whether the loops over data have had their share of the event loop: then each of them is to {@link pause}. All loops of the
 * process share one slice of time, so that a thousand calls at once do not block it for a thousand slices.
 */
export function isPauseDue(): boolean {
  return performance.now() - sliceBegan > SLICE_MS;
}

/** Lets timers, files and connections have their turn. Loops go on in the order in which they paused. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (!isPumping) void pump();
  });
}

/** Pauses in a loop, if that is due: to be awaited once in each turn of a loop over data. */
export async function pauseIfDue(): Promise<void> {
  if (isPauseDue()) await pause();
}

async function pump(): Promise<void> {
  isPumping = true;
  while (waiting.length > 0) {
    const resumed = waiting;
    waiting = [];
    await nextTurn();
    for (const resume of resumed) {
      if (isPauseDue()) await nextTurn();
      resume();
      // What was resumed goes on before the next one is.
      await Promise.resolve();
    }
  }
  isPumping = false;
}

/** A browser has no `setImmediate`. */
const { setImmediate: soon = (run: () => void) => setTimeout(run, 0) } = globalThis as {
  setImmediate?: (run: () => void) => unknown;
};

async function nextTurn(): Promise<void> {
  await new Promise<void>((resolve) => soon(resolve));
  sliceBegan = performance.now();
}
