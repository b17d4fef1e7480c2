import { randomUUID } from "node:crypto";

import type { System } from "./system.ts";
import { thisSystem } from "./system.ts";

/** The holder of a lock: enough to determine, on the same machine, whether its process is alive. */
export interface Holder {
  readonly host: string;
  /** The value of `process.platform`. Absent in records of earlier versions. */
  readonly platform?: string | undefined;
  /** Identifies the boot of the machine, if known. */
  readonly boot?: string | undefined;
  /** The process and time namespaces, if known. */
  readonly namespaces?: string | undefined;
  readonly pid: number;
  /** The start time of the process in the system's own units, if known. */
  readonly started?: string | undefined;
  /** Identifies this copy of this module. Each thread of a process has its own. */
  readonly instance: string;
  /** Identifies one acquisition of the lock. */
  readonly nonce: string;
}

/** The system's facts about processes. Tests replace it. */
export interface ProcessTable {
  /** The identity that all holders of this copy of this module share, as far as it is known now. Once it is, always this object. */
  readonly self: Omit<Holder, "nonce">;
  /** Returns the start time of the process `pid` of this process namespace; `undefined` if it is unknown. */
  started(pid: number): string | undefined;
  /** Whether this process namespace has a process `pid`. True if in doubt. */
  exists(pid: number): boolean;
}

let machine: ProcessTable | undefined;

/** The processes of this machine. */
export function processTable(): ProcessTable {
  return (machine ??= readProcessTable());
}

/** The identity of this process according to `/proc`. */
interface Identity {
  readonly boot?: string | undefined;
  readonly namespaces?: string | undefined;
  readonly started?: string | undefined;
  /** Whether `/proc` belongs to the process namespace of this process; `undefined` if that is unknown now. */
  readonly ownProc?: boolean | undefined;
}

/**
 * The processes of `system`. The identity of this process is cached once all of it was read. A failed read, for example
 * for lack of a file descriptor, is retried at the next use.
 */
export function readProcessTable(system: System = thisSystem): ProcessTable {
  const own = { host: system.host(), platform: system.platform, pid: system.pid };
  const instance = randomUUID();
  let known: Identity | undefined = COUNTS_ALIKE.has(system.platform) ? {} : undefined;
  const identify = (): Identity => {
    if (known !== undefined) return known;
    const identity = readIdentity(system);
    const isWhole =
      identity.boot !== undefined && identity.namespaces !== undefined && identity.ownProc !== undefined;
    if (isWhole && (!identity.ownProc || identity.started !== undefined)) known = identity;
    return identity;
  };
  let latest: { readonly identity: Identity; readonly self: ProcessTable["self"] } | undefined;
  return {
    get self() {
      const identity = identify();
      if (latest?.identity !== identity) {
        const { boot, namespaces, started } = identity;
        latest = { identity, self: { ...own, boot, namespaces, started, instance } };
      }
      return latest.self;
    },
    started: (pid) => (identify().ownProc === true ? readStartTime(system, pid) : undefined),
    exists: (pid) => system.exists(pid),
  };
}

function readIdentity(system: System): Identity {
  const pidNamespace = attempt(() => system.readLink("/proc/self/ns/pid"));
  const timeNamespace = attempt(() => system.readLink("/proc/self/ns/time"), "");
  const isKnown = pidNamespace !== undefined && timeNamespace !== undefined;
  const ownProc = isOwnProc(system);
  return {
    boot: textOf(attempt(() => system.readText("/proc/sys/kernel/random/boot_id").trim())),
    namespaces: isKnown ? `${pidNamespace} ${timeNamespace}`.trim() : undefined,
    started: ownProc === true ? readStartTime(system, "self") : undefined,
    ownProc,
  };
}

/**
 * Whether the numbers below `/proc` are those of this process's namespace. In a new process namespace `/proc` may still
 * be that of the outer one. Then this process has two numbers, and `/proc/PID` belongs to another process.
 */
function isOwnProc(system: System): boolean | undefined {
  const link = attempt(() => system.readLink("/proc/self"));
  const status = attempt(() => system.readText("/proc/self/status"));
  if (link === undefined || status === undefined) return undefined;
  // Kernels before 4.1 do not list the numbers of a process.
  const numbers = /^NSpid:\s*(.*)$/m.exec(status)?.[1] ?? /^Pid:\s*(.*)$/m.exec(status)?.[1];
  return link === String(system.pid) && numbers?.trim() === link;
}

/** Reads the start time from `/proc/PID/stat`: field 22, counted after the name, which may contain spaces. */
function readStartTime(system: System, pid: number | "self"): string | undefined {
  const stat = attempt(() => system.readText(`/proc/${pid}/stat`));
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

/**
 * Returns `undefined` if the read fails.
 *
 * @param absent - The result if the file does not exist.
 */
function attempt<Value>(read: () => Value, absent?: Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? absent : undefined;
  }
}

/** The verdict on a holder. */
export type Liveness = "dead" | "alive" | "unknown";

/**
 * Whether `holder` is alive. A verdict of dead needs proof: the same place, and either no process of that number or one
 * with another start time. A holder that cannot be judged from here is `unknown`: then only its signs of life count.
 *
 * @param held - The nonces that this copy of this module holds.
 */
export function judgeHolder(holder: Holder, table: ProcessTable, held: ReadonlySet<string>): Liveness {
  const { self } = table;
  if (holder.instance === self.instance) return held.has(holder.nonce) ? "alive" : "dead";
  const place = placeOf(self);
  if (place === undefined || place !== placeOf(holder)) return "unknown";
  const verdict = judgeProcess(holder.pid, holder.started, table);
  // Another thread, or another copy of this package in this process, may have ended although the process is alive.
  return verdict === "alive" && holder.pid === self.pid ? "unknown" : verdict;
}

/** Whether a process is alive that was numbered in the same place as this one; see {@link placeOf}. */
export function judgeProcess(
  pid: number,
  started: string | undefined,
  table: ProcessTable,
): "dead" | "alive" {
  if (!table.exists(pid)) return "dead";
  const now = table.started(pid);
  return now !== undefined && started !== undefined && now !== started ? "dead" : "alive";
}

/** The systems on which all processes of a machine see each other under the same numbers. */
const COUNTS_ALIKE: ReadonlySet<string | undefined> = new Set(["darwin", "win32"]);

/**
 * Identifies the scope in which a process number is unique: the machine, its boot, and the process and time namespaces.
 *
 * @returns `undefined` if any part is unknown: two unknown places are not the same place.
 */
export function placeOf({ host, platform, boot, namespaces }: Omit<Holder, "nonce">): string | undefined {
  if (COUNTS_ALIKE.has(platform)) return JSON.stringify([host, platform]);
  return boot === undefined || namespaces === undefined
    ? undefined
    : JSON.stringify([host, boot, namespaces]);
}

/** The largest process number of any system. */
const MAX_PID = 0x7fff_ffff;

/** Parses the record of a lock file. Returns `undefined` if `text` is not a record. */
export function parseHolder(text: string): Holder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const record = value as Partial<Record<keyof Holder, unknown>>;
  const { host, platform, boot, namespaces, pid, started, instance, nonce } = record;
  if (typeof host !== "string" || typeof instance !== "string") return undefined;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0 || pid > MAX_PID) return undefined;
  // The nonce becomes part of a file name.
  if (typeof nonce !== "string" || !/^[0-9a-f-]{1,64}$/.test(nonce)) return undefined;
  const known = {
    platform: textOf(platform),
    boot: textOf(boot),
    namespaces: textOf(namespaces),
    started: textOf(started),
  };
  return { host, ...known, pid, instance, nonce };
}

function textOf(part: unknown): string | undefined {
  return typeof part === "string" && part !== "" ? part : undefined;
}
