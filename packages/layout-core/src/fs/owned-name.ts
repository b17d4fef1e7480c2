import { createHash, randomUUID } from "node:crypto";

import type { Liveness, ProcessTable } from "./process-identity.ts";
import { processTable } from "./process-identity.ts";

/**
 * A name that nothing else has, and that says which process made it: what a killed process left behind can be told from
 * what a living one still needs.
 */
export function ownedName(table: ProcessTable = processTable()): string {
  const { pid, started = "" } = table.self;
  return `${randomUUID()}.${placeOf(table)}.${pid}.${started}`;
}

const OWNED = /[0-9a-f-]{36}\.([0-9a-f]{12})\.([0-9]{1,10})\.([0-9]*)\.(?:tmp|blob)$/;

/** Whether whoever made the file `name` still lives; `undefined` where it is not a name as they are made here. */
export function judgeName(name: string, table: ProcessTable = processTable()): Liveness | undefined {
  const [, place, pid, started] = OWNED.exec(name) ?? [];
  if (place === undefined || pid === undefined || started === undefined) return undefined;
  if (place !== placeOf(table)) return "unknown";
  if (!table.exists(Number(pid))) return "dead";
  const now = table.started(Number(pid));
  return now !== undefined && started !== "" && now !== started ? "dead" : "alive";
}

/** The machine, its boot and the namespaces: where process numbers mean the same. */
function placeOf({ self }: ProcessTable): string {
  const { host, boot = "", namespaces = "" } = self;
  return createHash("sha256").update(JSON.stringify([host, boot, namespaces])).digest("hex").slice(0, 12);
}
