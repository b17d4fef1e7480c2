import { setImmediate } from "node:timers/promises";

import type { Registry } from "@ocilayout/oci-types";

import type { Arena } from "./arena.ts";
import { openArena } from "./arena.ts";
import type { ConformanceCase } from "../case/case.ts";
import type { CaseContext } from "../case/context.ts";
import { ConformanceFailure, NotApplicable } from "../case/failure.ts";
import type { ConformanceSettings, ConformanceTarget } from "./options.ts";
import { doesPromise } from "./options.ts";
import type { Recording } from "./recorder.ts";
import { recordCalls } from "./recorder.ts";
import type { CaseResult } from "./report.ts";
import { show, showError } from "../case/show.ts";
import type { MadeTarget } from "./target.ts";
import { makeTarget, requireMethods } from "./target.ts";
import { NoAnswer, within } from "../case/time-limit.ts";
import { listenForUnhandled } from "./unhandled.ts";
import { findUsualSuspect } from "./usual-suspect.ts";

/** Runs one case on a new target. Never rejects, and takes little longer than the time limit. */
export async function runCase(it: ConformanceCase, settings: ConformanceSettings): Promise<CaseResult> {
  const started = performance.now();
  const { seed, skip } = settings;
  const arena = openArena();
  const recording: Recording = { calls: [], violations: [], tempDir: arena.tempDir, isOver: false };
  const stopListening = listenForUnhandled(recording.violations);
  try {
    const outcome = await runInArena(it, settings, arena, recording);
    const { id, title, level, cites } = it;
    const durationMs = performance.now() - started;
    const result: CaseResult = {
      id,
      title,
      level,
      cites,
      seed,
      durationMs,
      transcript: recording.calls,
      ...outcome,
    };
    const reason = skip[id];
    if (reason === undefined || outcome.status === "skip") return result;
    return {
      ...result,
      status: "skip",
      message: reason,
      hint: undefined,
      isStale: outcome.status === "pass",
    };
  } finally {
    recording.isOver = true;
    stopListening();
    arena.remove();
  }
}

type Outcome = Pick<CaseResult, "status" | "message" | "hint" | "isHung">;

async function runInArena(
  it: ConformanceCase,
  settings: ConformanceSettings,
  arena: Arena,
  recording: Recording,
): Promise<Outcome> {
  let made: MadeTarget;
  try {
    made = await makeTarget(settings, arena.tempDir);
  } catch (error) {
    return {
      status: "error",
      message: `cannot create the target: ${showError(error)}`,
      isHung: error instanceof NoAnswer,
    };
  }
  const outcome = await runOn(made.target, it, settings, arena, recording);
  try {
    await made.close();
  } catch (error) {
    if (outcome.status !== "fail")
      return {
        status: "error",
        message: `cannot close the target: ${showError(error)}`,
        isHung: error instanceof NoAnswer,
      };
  }
  return outcome;
}

async function runOn(
  target: ConformanceTarget,
  it: ConformanceCase,
  settings: ConformanceSettings,
  arena: Arena,
  recording: Recording,
): Promise<Outcome> {
  if (it.needsReopen === true && target.reopen === undefined)
    return { status: "skip", message: "the target has no reopen()" };
  const context = createContext(target, settings, recording);
  try {
    const run = (): Promise<void> => it.run(context);
    await (it.isLong === true ? run() : within(settings.timeoutMs, run));
    // Unhandled rejections are reported after the pending promises have run.
    await setImmediate();
    arena.check();
    if (recording.violations[0] !== undefined) throw recording.violations[0];
    return { status: "pass" };
  } catch (error) {
    const cause = recording.violations[0] ?? error;
    if (cause instanceof NotApplicable) return { status: "skip", message: cause.message };
    const failure =
      cause instanceof ConformanceFailure ? cause : new ConformanceFailure("no error", showError(cause));
    const { why, lookFor } = failure.hint ?? findUsualSuspect(failure, recording.calls) ?? it;
    return {
      status: "fail",
      message: `expected   ${failure.expected}\nreceived   ${failure.received}`,
      hint: `why        ${why}\nlook for   ${lookFor}`,
      isHung: cause instanceof NoAnswer,
    };
  }
}

function createContext(
  target: ConformanceTarget,
  settings: ConformanceSettings,
  recording: Recording,
): CaseContext {
  const { seed, runs, timeoutMs, layoutDirectory } = settings;
  const record = (registry: Registry): Registry => recordCalls(registry, recording);
  return {
    seed,
    runs,
    timeoutMs,
    promises: (name) => doesPromise(settings, name),
    registry: record(target.registry),
    reopen: async () => {
      const registry: unknown = await target.reopen?.();
      if (typeof registry !== "object" || registry === null)
        throw new ConformanceFailure("reopen() to return a registry", show(registry));
      requireMethods(registry, "the registry of reopen()");
      return record(registry as Registry);
    },
    layoutDirectory: (repository) => layoutDirectory?.(recording.tempDir, repository) ?? recording.tempDir,
    createAnother: async () => {
      const arena = openArena();
      try {
        const { target: another, close } = await makeTarget(settings, arena.tempDir);
        return {
          registry: another.registry,
          close: () =>
            close().finally(() => {
              arena.remove();
            }),
        };
      } catch (error) {
        arena.remove();
        throw error;
      }
    },
  };
}
