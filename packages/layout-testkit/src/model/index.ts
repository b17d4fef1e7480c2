import type { Registry, RegistryCapabilities } from "@ocilayout/oci-types";
import fc from "fast-check";

import { NoAnswer, within } from "../case/time-limit.ts";
import type { World } from "./content.ts";
import { createWorld } from "./content.ts";
import { everything } from "./everything.ts";
import type { Operation, Session } from "./operation.ts";
import { operations } from "./operations.ts";
import { describeOutcome, isAsGood, outcomeOf } from "./outcome.ts";

/** Where the registries to compare come from. */
export interface ModelRun {
  /** Makes an empty registry that is put to the test. */
  readonly create: () => Promise<{ readonly registry: Registry; close(): Promise<void> }>;
  /** Makes an empty registry that is right. */
  readonly createModel: () => Registry;
  /** How many sequences are tried. Default 100. */
  readonly runs?: number | undefined;
  /** Where the generator begins. Default the time. */
  readonly seed?: number | undefined;
  /** The longest sequence. Default 40. */
  readonly length?: number | undefined;
  /** What the registry promises: calls that it does not promise are left out. Default all. */
  readonly promises?: ((name: keyof RegistryCapabilities) => boolean) | undefined;
  /** How long a call may take, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether anything will do where the contract leaves it open: which of two codes, whether an empty repository is one,
   * whether an upload outlives a commit that failed. Default false: exactly what the model does.
   */
  readonly isLenient?: boolean | undefined;
}

/** A registry that does not do what its model does. */
export class ModelMismatch extends Error {
  /** The calls that were made, in order; the last one tells them apart. */
  readonly calls: readonly string[];
  /** What came of the last call on the model. */
  readonly expected: string;
  /** What came of it on the registry. */
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
 * Makes the same random calls on a registry and on a model of it, and compares what comes of each: the value, or the
 * code of the error. Rejects with a {@link ModelMismatch}: the shortest sequence that tells them apart.
 */
export async function compareWithModel(run: ModelRun): Promise<void> {
  const world = await createWorld();
  const { runs = 100, length = 40, seed, promises = () => true, isLenient = false } = run;
  // Each sequence is mostly about a few things: what is never met twice tells nothing.
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
    // What hangs once would hang again for every shorter sequence.
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
    // Only what the sequence touched can have changed.
    const repositories = world.repositories.filter((name) => calls.some(({ args }) => args.includes(name)));
    const promises = run.promises ?? ((): boolean => true);
    for (const operation of [...calls, ...everything({ ...world, repositories }, { promises, isLenient })]) {
      // Of the looks at the end only the last is told.
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

/** The repositories that have a manifest. */
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
