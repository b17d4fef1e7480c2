import { randomUUID } from "node:crypto";

import { closeQuietly, removeQuietly } from "./atomic-file.ts";
import type { Disk, OpenFile } from "./disk.ts";
import { isAbsent, systemCode } from "./disk.ts";
import type { Holder, ProcessTable } from "./process-identity.ts";
import { parseHolder } from "./process-identity.ts";

/** The nonces held by this copy of this module: a lock with another nonce of ours was left behind. */
export const held: Set<string> = new Set();

/**
 * Our side of a lock: a file of our own that becomes the lock by being linked to its name. It stays open while the
 * lock is held, so that nothing else can have its inode.
 */
export interface OwnRecord {
  readonly nonce: string;
  readonly path: string;
  readonly file: OpenFile;
  /** Writes the record over itself. Gives the file's time by the clock of the file system. */
  renew(): Promise<number>;
  /** Device and inode, which no other file can have while this one is open. */
  readonly id: string;
}

/** Writes a record for `lock` into a file of its own. */
export async function createRecord(disk: Disk, lock: string, processes: ProcessTable): Promise<OwnRecord> {
  const nonce = randomUUID();
  const bytes = new TextEncoder().encode(`${JSON.stringify({ ...processes.self, nonce })}\n`);
  const own = `${lock}.${nonce}`;
  const file = await disk.open(own, "wx+");
  try {
    await disk.write(file, bytes, 0);
    const { dev, ino } = await disk.fstat(file);
    held.add(nonce);
    return {
      nonce,
      path: own,
      file,
      id: `${dev}:${ino}`,
      async renew() {
        await disk.write(file, bytes, 0);
        return Number((await disk.fstat(file)).mtimeMs);
      },
    };
  } catch (error) {
    await dropRecord(disk, { path: own, file, nonce });
    throw error;
  }
}

/** Removes a record that did not become a lock. */
export async function dropRecord(disk: Disk, record: Pick<OwnRecord, "path" | "file" | "nonce">): Promise<void> {
  held.delete(record.nonce);
  await removeQuietly(disk, record.path);
  await closeQuietly(disk, record.file);
}

/** Makes `path` our record, whole from its first moment. False where somebody holds it. */
export async function linkRecord(disk: Disk, record: OwnRecord, path: string): Promise<boolean> {
  try {
    await disk.link(record.path, path);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Whether `path` is `record` still. */
export function isOurs(disk: Disk, path: string, record: OwnRecord): boolean {
  const stats = disk.statNow(path);
  return stats !== undefined && `${stats.dev}:${stats.ino}` === record.id;
}

/** Removes the lock `path`, if it is `record` still. Never rejects. */
export async function letGo(disk: Disk, path: string, record: OwnRecord): Promise<void> {
  try {
    if (isOurs(disk, path, record)) await disk.unlink(path);
  } catch {
    // The nonce below is no longer held: whoever comes next knows the lock to be left behind.
  }
  held.delete(record.nonce);
  await closeQuietly(disk, record.file);
}

/** A lock as somebody else sees it. */
export interface Found {
  /** `undefined` where the file holds no record. */
  readonly holder: Holder | undefined;
  /** What no other holder is called: its nonce, or else its file's identity. */
  readonly name: string;
  /** When it last gave a sign of life, by the clock of the file system. */
  readonly touchedMs: number;
}

/** Who holds `path`; `undefined` where nobody does. */
export async function readHolder(disk: Disk, path: string): Promise<Found | undefined> {
  try {
    const file = await disk.open(path, "r");
    try {
      const holder = parseHolder((await disk.readFile(file)).toString("utf8"));
      const { dev, ino, mtimeMs } = await disk.fstat(file);
      return { holder, name: holder?.nonce ?? `unreadable-${dev}-${ino}`, touchedMs: Number(mtimeMs) };
    } finally {
      await closeQuietly(disk, file);
    }
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Whether it is the same holder still, and gave no sign of life meanwhile. */
export function isSame(found: Found | undefined, before: Found): boolean {
  return found?.name === before.name && found.touchedMs === before.touchedMs;
}
