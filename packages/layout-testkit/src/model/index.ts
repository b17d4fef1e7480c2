import type { Registry, RegistryCapabilities } from "@ocilayout/oci-types";
import fc from "fast-check";

import { NoAnswer, within } from "../case/time-limit.ts";
import type { World } from "./content.ts";
import { createWorld } from "./content.ts";
import { everything } from "./everything.ts";
import type { Operation, Session } from "./operation.ts";
import { operations } from "./operations.ts";
import { describeOutcome, isAsGood, outcomeOf } from "./outcome.ts";

/** The registries to compare, and how. */
export interface ModelRun {
  /** Opens an empty registry to test. */
  readonly create: () => Promise<{ readonly registry: Registry; close(): Promise<void> }>;
  /** Opens an empty registry that is known to be correct. */
  readonly createModel: () => Registry;
  /** The number of sequences. Defaults to 100. */
  readonly runs?: number | undefined;
  /** The seed of the generator. Defaults to the time. */
  readonly seed?: number | undefined;
  /** The longest sequence, in calls. Defaults to 40. */
  readonly length?: number | undefined;
  /** The capabilities of the registry; calls that need others are left out. Defaults to all. */
  readonly promises?: ((name: keyof RegistryCapabilities) => boolean) | undefined;
  /** The longest time of a call, in milliseconds. Defaults to 10,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether every outcome that the contract allows is accepted: either of two codes, whether an empty repository exists,
   * whether an upload survives a failed commit. Defaults to false: the outcome must be that of the model.
   */
  readonly isLenient?: boolean | undefined;
}

/** Reports that a registry behaves differently from its model. */
export class ModelMismatch extends Error {
  /** The calls in order; the last one has different outcomes. */
  readonly calls: readonly string[];
  /** The outcome of the last call on the model. */
  readonly expected: string;
  /** The outcome of the last call on the registry. */
  readonly received: string;

  constructor(calls: readonly string[], expected: string, received: string) {
    super(`${calls.join("\n  ")}\n  expected ${expected}\n  received ${received}`);
    this.name = "ModelMismatch";
    this.calls = calls;
    this.expected = expected;
    this.received = received;
  }
}

/**
 * Makes the same random calls on a registry and on a model of it, and compares the outcome of each: the value, or the code of
 * the error. Rejects with a {@link ModelMismatch} that has the shortest sequence with different outcomes.
 */
export async function compareWithModel(run: ModelRun): Promise<void> {
  const world = await createWorld();
  const { runs = 100, length = 40, seed, promises = () => true, isLenient = false } = run;
  // Each sequence uses few items: an item that occurs once finds nothing.
  const order = fc.tuple(shuffled(world.repositories), shuffled(world.manifests));
  const sequence = order.chain(([repositories, manifests]) =>
    fc.array(operations({ ...world, repositories, manifests }, { promises, isLenient }), {
      minLength: 1,
      maxLength: length,
      size: "max",
    }),
  );
  let hasHung = false;
  const property = fc.asyncProperty(sequence, async (calls) => {
    // A call that hangs would hang again in every shorter sequence.
    if (hasHung) return;
    try {
      await compareSequence(calls, run, world);
    } catch (error) {
      hasHung =
        error instanceof NoAnswer || (error instanceof ModelMismatch && error.cause instanceof NoAnswer);
      throw error;
    }
  });
  const details = await fc.check(property, {
    numRuns: runs,
    unbiased: true,
    ...(seed === undefined ? {} : { seed }),
  });
  if (!details.failed) return;
  if (details.errorInstance instanceof ModelMismatch) throw details.errorInstance;
  throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
}

function shuffled<Item>(items: readonly Item[]): fc.Arbitrary<Item[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length });
}

async function compareSequence(calls: readonly Operation[], run: ModelRun, world: World): Promise<void> {
  const { timeoutMs = 10_000, isLenient = false } = run;
  const subject = await run.create();
  try {
    const tested: Session = { registry: subject.registry, writers: [] };
    const model: Session = { registry: run.createModel(), writers: [] };
    const done: string[] = [];
    // Only items of the sequence can have changed.
    const repositories = world.repositories.filter((name) => calls.some(({ args }) => args.includes(name)));
    const promises = run.promises ?? ((): boolean => true);
    for (const operation of [...calls, ...everything({ ...world, repositories }, { promises, isLenient })]) {
      // The message has only the last of the final reads.
      if (done.length > calls.length) done.pop();
      done.push(operation.text);
      const expected = await outcomeOf(operation, model);
      const received = await within(timeoutMs, () => outcomeOf(operation, tested)).catch((cause: unknown) => {
        const mismatch = new ModelMismatch(
          done,
          describeOutcome(expected),
          cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
        );
        throw Object.assign(mismatch, { cause });
      });
      const full =
        isLenient && operation.name === "repositories" ? await fullRepositories(model.registry, world) : [];
      const isSame = isLenient
        ? isAsGood(operation, received, expected, full)
        : describeOutcome(received) === describeOutcome(expected);
      if (!isSame) throw new ModelMismatch(done, describeOutcome(expected), describeOutcome(received));
    }
  } finally {
    await subject.close();
  }
}

/** Returns the repositories that have a manifest. */
async function fullRepositories(model: Registry, { repositories, manifests }: World): Promise<string[]> {
  const full: string[] = [];
  for (const name of repositories) {
    const found = await Promise.allSettled(
      manifests.map(({ descriptor }) => model.resolveManifest(name, descriptor.digest)),
    );
    if (found.some(({ status }) => status === "fulfilled")) full.push(name);
  }
  return full;
}
