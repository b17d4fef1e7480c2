import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Who holds a lock: enough to tell, on the same machine, whether that process still lives. */
export interface Holder {
  readonly host: string;
  /** The machine's boot, where it can be known. */
  readonly boot?: string | undefined;
  /** The process and time namespaces, where there are such. */
  readonly namespaces?: string | undefined;
  readonly pid: number;
  /** When the process started, in the system's own units, where it can be known. */
  readonly started?: string | undefined;
  /** This copy of this module: a thread of a process has one of its own. */
  readonly instance: string;
  /** This one acquisition. */
  readonly nonce: string;
}

/** Where the system's facts about processes come from: what tests replace. */
export interface ProcessTable {
  /** What all holders of this copy of this module have in common. */
  readonly self: Omit<Holder, "nonce">;
  /** When the process `pid` started; `undefined` where that cannot be known. */
  started(pid: number): string | undefined;
  /** Whether there is a process `pid`; any doubt means yes. */
  exists(pid: number): boolean;
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined; // Not on this system, or not for us to see: not knowing is an answer here.
  }
}

/** The start time from `/proc/PID/stat`: field 22, counted behind the name, which may itself hold spaces. */
function readStartTime(pid: number | "self"): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

let machine: ProcessTable | undefined;

/** The real processes of this machine, read once. */
export function processTable(): ProcessTable {
  return (machine ??= readProcessTable());
}

/** The real processes of this machine. */
export function readProcessTable(): ProcessTable {
  const pidNamespace = attempt(() => readlinkSync("/proc/self/ns/pid"));
  const timeNamespace = attempt(() => readlinkSync("/proc/self/ns/time"));
  return {
    self: {
      host: hostname(),
      boot: attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
      namespaces: pidNamespace === undefined ? undefined : `${pidNamespace} ${timeNamespace ?? ""}`.trim(),
      pid: process.pid,
      started: readStartTime("self"),
      instance: randomUUID(),
    },
    started: readStartTime,
    exists(pid) {
      try {
        process.kill(pid, 0);
        return true;
      } catch (error) {
        return !(error instanceof Error && "code" in error && error.code === "ESRCH");
      }
    },
  };
}

/** What can be said of a holder from here. */
export type Liveness = "dead" | "alive" | "unknown";

/**
 * Whether `holder` still lives. Dead needs proof: the same machine, boot and namespaces, and either no process of
 * that number or one that started at another time. `unknown` is one that cannot be seen from here, so that only
 * the signs of life it gives count.
 *
 * @param held - The nonces that this copy of this module holds.
 */
export function judgeHolder(holder: Holder, table: ProcessTable, held: ReadonlySet<string>): Liveness {
  const { self } = table;
  if (holder.instance === self.instance) return held.has(holder.nonce) ? "alive" : "dead";
  const samePlace =
    holder.host === self.host && holder.boot === self.boot && holder.namespaces === self.namespaces;
  if (!samePlace) return "unknown";
  if (!table.exists(holder.pid)) return "dead";
  const started = table.started(holder.pid);
  if (started !== undefined && holder.started !== undefined && started !== holder.started) return "dead";
  // Another thread of this process, or another copy of this package in it: it may have ended without its process.
  return holder.pid === self.pid ? "unknown" : "alive";
}

/** The record of a lock file, or `undefined` where `text` is none. */
export function parseHolder(text: string): Holder | undefined {
  const value: unknown = attempt(() => JSON.parse(text) as unknown);
  if (typeof value !== "object" || value === null) return undefined;
  const record = value as Partial<Record<keyof Holder, unknown>>;
  const { host, boot, namespaces, pid, started, instance, nonce } = record;
  if (typeof host !== "string" || typeof instance !== "string") return undefined;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  // The nonce becomes part of a file name.
  if (typeof nonce !== "string" || !/^[0-9a-f-]{1,64}$/.test(nonce)) return undefined;
  const text_ = (part: unknown): string | undefined => (typeof part === "string" ? part : undefined);
  return { host, boot: text_(boot), namespaces: text_(namespaces), pid, started: text_(started), instance, nonce };
}
