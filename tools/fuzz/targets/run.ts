import { Worker } from "node:worker_threads";

import fc from "fast-check";

const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
const scale = Number(process.env["FUZZ_SCALE"] ?? 1);

/** The time after which an input counts as one that hangs, in milliseconds. */
const HANG_MS = 30_000;

const beat = new Int32Array(new SharedArrayBuffer(4));

/** Ends the process if an input hangs. An infinite loop blocks this thread, so another thread reports it. */
function watch(target: string): () => void {
  const code = `
    const { workerData: { beat, target, seed, hangMs } } = require("node:worker_threads");
    let last = -1;
    setInterval(() => {
      if (beat[0] === last) {
        process._rawDebug("HANG in " + target + ": FUZZ_SEED=" + seed + ", input number " + last);
        process.kill(process.pid, "SIGKILL");
      }
      last = beat[0];
    }, hangMs);`;
  const worker = new Worker(code, { eval: true, workerData: { beat, target, seed, hangMs: HANG_MS } });
  worker.unref();
  return () => void worker.terminate();
}

/** Checks one input. It fails if it throws. */
export type Check<Input> = (input: Input) => void | Promise<void>;

/** Runs `check` on `runs` inputs, times the scale, and prints the inputs per second. */
export async function fuzz<Input>(
  target: string,
  runs: number,
  inputs: fc.Arbitrary<Input>,
  check: Check<Input>,
): Promise<void> {
  const stop = watch(target);
  const numRuns = Math.ceil(runs * scale);
  const started = performance.now();
  try {
    const property = fc.asyncProperty(inputs, async (input) => {
      beat[0] = (beat[0] ?? 0) + 1;
      await check(input);
    });
    await fc.assert(property, { seed, numRuns, endOnFailure: false });
  } finally {
    stop();
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`${target}: ${numRuns} inputs, ${Math.round(numRuns / seconds)} a second (FUZZ_SEED=${seed})`);
}
