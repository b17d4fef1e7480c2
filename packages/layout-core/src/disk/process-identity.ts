import { randomUUID } from "node:crypto";

import type { System } from "./system.ts";
import { thisSystem } from "./system.ts";

/** Who holds a lock: enough to tell, on the same machine, whether that process still lives. */
export interface Holder {
  readonly host: string;
  /** As `process.platform` is. Absent in records of earlier versions. */
  readonly platform?: string | undefined;
  /** The machine's boot, if it is known. */
  readonly boot?: string | undefined;
  /** The process and time namespaces, if they are known. */
  readonly namespaces?: string | undefined;
  readonly pid: number;
  /** When the process started, in the system's own units, if it is known. */
  readonly started?: string | undefined;
  /** This copy of this module: a thread of a process has one of its own. */
  readonly instance: string;
  /** This one acquisition. */
  readonly nonce: string;
}

/** Where the system's facts about processes come from: what tests replace. */
export interface ProcessTable {
  /** What all holders of this copy of this module have in common, as far as it is known now. */
  readonly self: Omit<Holder, "nonce">;
  /** When the process `pid` of this process namespace started; `undefined` if that cannot be known. */
  started(pid: number): string | undefined;
  /** Whether this process namespace has a process `pid`; any doubt means yes. */
  exists(pid: number): boolean;
}

let machine: ProcessTable | undefined;

/** The real processes of this machine. */
export function processTable(): ProcessTable {
  return (machine ??= readProcessTable());
}

/** What `/proc` says of this process. */
interface Identity {
  readonly boot?: string | undefined;
  readonly namespaces?: string | undefined;
  readonly started?: string | undefined;
  /** Whether `/proc` counts processes as this process does; `undefined` if that cannot be known now. */
  readonly ownProc?: boolean | undefined;
}

/**
 * The processes of `system`. What could be read of this process is remembered once all of it could be: a read that failed,
 * for want of a file descriptor for example, is made again at the next use.
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
  return {
    get self() {
      const { boot, namespaces, started } = identify();
      return { ...own, boot, namespaces, started, instance };
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
 * Whether the numbers below `/proc` are those that this process knows other processes by. In a new process namespace `/proc`
 * can still be that of the outer one: then this process has two numbers, and `/proc/PID` belongs to another process.
 */
function isOwnProc(system: System): boolean | undefined {
  const link = attempt(() => system.readLink("/proc/self"));
  const status = attempt(() => system.readText("/proc/self/status"));
  if (link === undefined || status === undefined) return undefined;
  // Kernels before 4.1 do not list the numbers of a process.
  const numbers = /^NSpid:\s*(.*)$/m.exec(status)?.[1] ?? /^Pid:\s*(.*)$/m.exec(status)?.[1];
  return link === String(system.pid) && numbers?.trim() === link;
}

/** The start time from `/proc/PID/stat`: field 22, counted behind the name, which may itself hold spaces. */
function readStartTime(system: System, pid: number | "self"): string | undefined {
  const stat = attempt(() => system.readText(`/proc/${pid}/stat`));
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

/** @param absent - What it means that the file does not exist. */
function attempt<Value>(read: () => Value, absent?: Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? absent : undefined;
  }
}

/** What can be said of a holder from here. */
export type Liveness = "dead" | "alive" | "unknown";

/**
 * Whether `holder` still lives. Dead needs proof: the same place, and either no process of that number or one that started
 * at another time. A holder that cannot be judged from here is `unknown`: only the signs of life that it gives count.
 *
 * @param held - The nonces that this copy of this module holds.
 */
export function judgeHolder(holder: Holder, table: ProcessTable, held: ReadonlySet<string>): Liveness {
  const { self } = table;
  if (holder.instance === self.instance) return held.has(holder.nonce) ? "alive" : "dead";
  const place = placeOf(self);
  if (place === undefined || place !== placeOf(holder)) return "unknown";
  const verdict = judgeProcess(holder.pid, holder.started, table);
  // Another thread of this process, or another copy of this package in it: it may have ended without its process.
  return verdict === "alive" && holder.pid === self.pid ? "unknown" : verdict;
}

/** Whether a process lives that counted in the same place as this one; see {@link placeOf}. */
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
 * Where the number of a process means the same process: a machine, its boot, and the process and time namespaces.
 *
 * @returns `undefined` if any of it is unknown: two unknown places are not the same place.
 */
export function placeOf({ host, platform, boot, namespaces }: Omit<Holder, "nonce">): string | undefined {
  if (COUNTS_ALIKE.has(platform)) return JSON.stringify([host, platform]);
  return boot === undefined || namespaces === undefined
    ? undefined
    : JSON.stringify([host, boot, namespaces]);
}

/** The largest number of a process that any system gives. */
const MAX_PID = 0x7fff_ffff;

/** The record of a lock file, or `undefined` if `text` is not one. */
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
