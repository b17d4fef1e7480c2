import { nextTurn } from "@ocilayout/oci-types/authors";

/** How long loops over data may run before other tasks get a turn, in milliseconds. */
const SLICE_MS = 8;

let sliceBegan = 0;
let waiting: (() => void)[] = [];
let isPumping = false;

/**
 * Whether loops over data must {@link pause}. All loops of the process share one time slice, so that a thousand calls at once
 * do not block the event loop for a thousand slices.
 */
export function isPauseDue(): boolean {
  const passedMs = performance.now() - sliceBegan;
  // A test that moves this clock and restores it makes it go back. Loops would then run until it catches up.
  return passedMs > SLICE_MS || passedMs < 0;
}

/** Lets timers, files and connections run. Loops continue in the order in which they paused. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (!isPumping) void pump();
  });
}

/** Pauses if a pause is due. Await it once in each iteration of a loop over data. */
export async function pauseIfDue(): Promise<void> {
  if (isPauseDue()) await pause();
}

async function pump(): Promise<void> {
  isPumping = true;
  while (waiting.length > 0) {
    const resumed = waiting;
    waiting = [];
    await beginSlice();
    for (const resume of resumed) {
      if (isPauseDue()) await beginSlice();
      resume();
      // Lets the resumed loop run before the next one is resumed.
      await Promise.resolve();
    }
  }
  isPumping = false;
}

async function beginSlice(): Promise<void> {
  await nextTurn();
  sliceBegan = performance.now();
}
