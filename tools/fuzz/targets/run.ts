import { Worker } from "node:worker_threads";

import fc from "fast-check";

const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
const scale = Number(process.env["FUZZ_SCALE"] ?? 1);

/** After so many milliseconds without an answer an input counts as one that hangs. */
const HANG_MS = 30_000;

const beat = new Int32Array(new SharedArrayBuffer(4));

/** Ends the process when nothing happens: a loop without end leaves no other thread to say so. */
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

/** What a target does with one input: whatever it throws is a failure. */
export type Check<Input> = (input: Input) => void | Promise<void>;

/** Runs `check` on `runs` inputs, times the scale, and says how many a second that were. */
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
