import type { Registry } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";
import fc from "fast-check";

import { createWorld } from "./content.ts";
import type { Operation, Session } from "./operations.ts";
import { operations } from "./operations.ts";

/** Where the registries to compare come from. */
export interface ModelRun {
  /** Makes an empty registry that is put to the test. */
  readonly create: () => Promise<{ readonly registry: Registry; reopen?: (() => Promise<Registry>) | undefined; close(): Promise<void> }>;
  /** Makes an empty registry that is right. */
  readonly createModel: () => Registry;
  /** How many sequences are tried. Default 100. */
  readonly runs?: number | undefined;
  /** Where the generator begins. Default the time. */
  readonly seed?: number | undefined;
  /** The longest sequence. Default 40. */
  readonly length?: number | undefined;
}

/**
 * Makes the same random calls on a registry and on a model of it, and compares what comes of each: the value, or the
 * code of the error. Rejects with the shortest sequence that tells them apart.
 */
export async function compareWithModel(run: ModelRun): Promise<void> {
  const world = await createWorld();
  const { runs = 100, length = 40, seed } = run;
  const sequence = fc.array(operations(world), { minLength: 1, maxLength: length, size: "max" });
  const property = fc.asyncProperty(sequence, async (sequenceOfCalls) => {
    const subject = await run.create();
    try {
      const tested: Session = { registry: subject.registry, writers: [] };
      const model: Session = { registry: run.createModel(), writers: [] };
      const done: string[] = [];
      for (const operation of sequenceOfCalls) {
        done.push(operation.text);
        const expected = await outcome(operation, model);
        const received = await outcome(operation, tested);
        if (received === expected) continue;
        throw new Error(`${done.join("\n  ")}\n  expected ${expected}\n  received ${received}`);
      }
    } finally {
      await subject.close();
    }
  });
  await fc.assert(property, { numRuns: runs, ...(seed === undefined ? {} : { seed }) });
}

/** What came of a call, as text that can be compared. */
async function outcome(operation: Operation, session: Session): Promise<string> {
  try {
    return JSON.stringify((await operation.run(session)) ?? null, sortMembers);
  } catch (error) {
    if (isRegistryError(error)) {
      const { eitherCode } = operation;
      return `rejection with ${eitherCode.includes(error.code) ? eitherCode.join(" or ") : error.code}`;
    }
    if (error instanceof TypeError || error instanceof RangeError) return `rejection with ${error.name}`;
    throw error;
  }
}

/** The order of an object's members says nothing. */
function sortMembers(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
