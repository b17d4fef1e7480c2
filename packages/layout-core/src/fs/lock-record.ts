import { randomUUID } from "node:crypto";

import { closeQuietly, removeQuietly } from "./atomic-file.ts";
import type { Disk, OpenFile } from "./disk.ts";
import { hasNoLinks, isAbsent, systemCode } from "./disk.ts";
import { ownedName } from "./owned-name.ts";
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
  /** What is written in it. */
  readonly bytes: Uint8Array;
  readonly path: string;
  file: OpenFile;
  /** Device and inode, which no other file can have while this one is open. */
  id: string;
}

/** Writes a record for `lock` into a file of its own. */
export async function createRecord(disk: Disk, lock: string, processes: ProcessTable): Promise<OwnRecord> {
  const nonce = randomUUID();
  const bytes = new TextEncoder().encode(`${JSON.stringify({ ...processes.self, nonce })}\n`);
  const path = `${lock}.${ownedName(processes)}.tmp`;
  const file = await disk.open(path, "wx+");
  try {
    await writeRecord(disk, file, bytes);
    const id = await identify(disk, file);
    held.add(nonce);
    return { nonce, bytes, path, file, id };
  } catch (error) {
    await dropRecord(disk, { path, file, nonce });
    throw error;
  }
}

/** Writes the record over itself: a sign of life. Gives the file's time by the clock of the file system. */
export async function renewRecord(disk: Disk, { file, bytes }: OwnRecord): Promise<number> {
  await writeRecord(disk, file, bytes);
  return Number((await disk.fstat(file)).mtimeMs);
}

/**
 * Writes a record. On a full disk it stays empty: who cannot be told from the dead is waited for, but a collection of
 * garbage, which writes nothing, can make room.
 */
async function writeRecord(disk: Disk, file: OpenFile, bytes: Uint8Array): Promise<void> {
  try {
    await disk.write(file, bytes, 0);
  } catch (error) {
    if (systemCode(error) !== "ENOSPC" && systemCode(error) !== "EDQUOT") throw error;
    await disk.touch(file);
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
    if (!hasNoLinks(error)) throw error;
    return createAs(disk, record, path);
  }
}

/**
 * The same without hard links: who creates the file has it. For a moment it is empty, and whoever is killed then leaves a
 * lock of nobody's, which is taken for dead only in time.
 */
async function createAs(disk: Disk, record: OwnRecord, path: string): Promise<boolean> {
  let file: OpenFile;
  try {
    file = await disk.open(path, "wx+");
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
  try {
    await writeRecord(disk, file, record.bytes);
    const id = await identify(disk, file);
    await closeQuietly(disk, record.file);
    record.file = file;
    record.id = id;
    return true;
  } catch (error) {
    await closeQuietly(disk, file);
    await removeQuietly(disk, path);
    throw error;
  }
}

async function identify(disk: Disk, file: OpenFile): Promise<string> {
  const { dev, ino } = await disk.fstat(file);
  return `${dev}:${ino}`;
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
