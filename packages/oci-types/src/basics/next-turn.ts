/** Browsers have no `setImmediate`. */
const { setImmediate: soon = (run: () => void): unknown => setTimeout(run, 0) } = globalThis as {
  setImmediate?: (run: () => void) => unknown;
};

/** Waits until other tasks of the event loop had their turn. */
export async function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    soon(resolve);
  });
}
