import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Registry, RegistryCapabilities } from "@ocilayout/oci-types";

import type { ConformanceCase } from "./case.ts";
import { allCases } from "./cases/index.ts";
import { ConformanceFailure } from "./context.ts";
import { recordCalls, show, type Calls } from "./recorder.ts";
import type { CaseResult, ConformanceReport } from "./report.ts";
import { createReport } from "./report.ts";

/** What a case needs of a backend: an empty registry, and perhaps a way to open its content again. */
export interface ConformanceTarget extends Partial<AsyncDisposable> {
  readonly registry: Registry;
  /** Opens another registry over the same content. */
  readonly reopen?: (() => Promise<Registry>) | undefined;
}

/** Options of {@link runConformance}. */
export interface ConformanceOptions {
  /** Makes a target for one case, in a directory of its own. */
  readonly create: (place: { readonly tempDir: string; readonly signal: AbortSignal }) => Promise<ConformanceTarget> | ConformanceTarget;
  /** What the backend does not promise: `{ deleteBlob: false }`. Everything is promised unless said otherwise. */
  readonly capabilities?: Partial<RegistryCapabilities> | undefined;
  /** By id, why a case is not to be run. */
  readonly skip?: Readonly<Record<string, string>> | undefined;
  /** Runs only the cases whose id begins with this. */
  readonly only?: string | undefined;
  /** How long a case may take, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/** Finds out how far a backend keeps the contract of `Registry`, one case after the other. */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const results: CaseResult[] = [];
  for (const it of allCases) {
    if (options.only !== undefined && !it.id.startsWith(options.only)) continue;
    if (applies(it, options.capabilities ?? {})) results.push(await runCase(it, options));
  }
  return createReport(results);
}

/** Whether a case is about what the backend promises, or does not. */
export function applies({ needs = [], unless }: ConformanceCase, capabilities: Partial<RegistryCapabilities>): boolean {
  const promises = (name: keyof RegistryCapabilities): boolean => capabilities[name] !== false;
  return needs.every(promises) && (unless === undefined || !promises(unless));
}

/** Runs one case on a target of its own. */
export async function runCase(it: ConformanceCase, options: ConformanceOptions): Promise<CaseResult> {
  const { id, title, level, cites, why, lookFor } = it;
  const transcript: Calls = [];
  const result = (status: CaseResult["status"], message?: string): CaseResult => {
    const hint = status === "fail" ? { why, lookFor } : undefined;
    return { id, title, level, cites, status, message, hint, transcript };
  };
  const reason = options.skip?.[id];
  if (reason !== undefined) return result("skip", reason);
  const controller = new AbortController();
  const tempDir = await mkdtemp(join(tmpdir(), "conformance-"));
  let target: ConformanceTarget | undefined;
  try {
    target = await within(options, async () => options.create({ tempDir, signal: controller.signal }));
    const { registry, reopen } = target;
    if (it.needsReopen === true && reopen === undefined) return result("skip", "the target has no reopen");
    const context = {
      registry: recordCalls(registry, transcript),
      reopen: async () => recordCalls((await reopen?.()) ?? registry, transcript),
    };
    return await within(options, () => it.run(context)).then(
      () => result("pass"),
      (error: unknown) => result("fail", describeFailure(error)),
    );
  } catch (error) {
    return result("error", `the target could not be made: ${show(error)}`);
  } finally {
    controller.abort();
    await within(options, async () => target?.[Symbol.asyncDispose]?.()).catch(() => undefined);
    await rm(tempDir, { recursive: true, force: true });
  }
}

function describeFailure(error: unknown): string {
  if (error instanceof ConformanceFailure) return `expected   ${error.expected}\nreceived   ${error.received}`;
  return `expected   no error\nreceived   ${show(error)}`;
}

/** What `run` gives, unless it takes too long or throws before it has begun. */
async function within<Value>({ timeoutMs = 10_000 }: ConformanceOptions, run: () => Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout: Promise<never> = new Promise((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new ConformanceFailure("an answer", `none within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([Promise.resolve().then(run), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
