import { createHash, randomUUID } from "node:crypto";

import type { Liveness, ProcessTable } from "./process-identity.ts";
import { judgeProcess, placeOf, processTable } from "./process-identity.ts";

/**
 * Returns a unique name that identifies the process that made it. It distinguishes the files of dead processes from
 * files in use.
 */
export function ownedName(table: ProcessTable = processTable()): string {
  const { self } = table;
  return `${randomUUID()}.${markOf(self)}.${self.pid}.${self.started ?? ""}`;
}

const OWNED = /[0-9a-f-]{36}\.([0-9a-f]{12})\.([0-9]{1,10})\.([0-9]*)\.(?:tmp|blob)$/;

/** Whether the process that made the file `name` is alive; `undefined` if this package did not make the name. */
export function judgeName(name: string, table: ProcessTable = processTable()): Liveness | undefined {
  const [, mark, pid, started] = OWNED.exec(name) ?? [];
  if (mark === undefined || pid === undefined || started === undefined) return undefined;
  if (mark === UNKNOWN_PLACE || mark !== markOf(table.self)) return "unknown";
  return judgeProcess(Number(pid), started === "" ? undefined : started, table);
}

/** The mark of an unknown place. */
const UNKNOWN_PLACE = "000000000000";

let latest: { readonly self: ProcessTable["self"]; readonly mark: string } | undefined;

/** Returns the place of a process, shortened for a name. */
function markOf(self: ProcessTable["self"]): string {
  if (latest?.self !== self) {
    const place = placeOf(self);
    const mark =
      place === undefined ? UNKNOWN_PLACE : createHash("sha256").update(place).digest("hex").slice(0, 12);
    latest = { self, mark };
  }
  return latest.mark;
}
