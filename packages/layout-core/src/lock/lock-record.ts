import { createHash, randomUUID } from "node:crypto";
import { basename } from "node:path";

import { closeQuietly, createFile, removeQuietly } from "../disk/atomic-file.ts";
import type { BigIntStats, Disk, OpenFile } from "../disk/disk.ts";
import { hasNoLinks, systemCode } from "../disk/disk.ts";
import { stampOf } from "../disk/layout-files.ts";
import { ownedName } from "../disk/owned-name.ts";
import type { Holder, ProcessTable } from "../disk/process-identity.ts";
import { parseHolder } from "../disk/process-identity.ts";
import { readSmallFile } from "../disk/regular-file.ts";
import type { Reserve } from "./reserve.ts";
import { isFull } from "./reserve.ts";

/** The nonces that this copy of this module holds. A lock of this instance with another nonce was left behind. */
export const held: Set<string> = new Set();

/**
 * The record of this process for a lock: a file that becomes the lock when it is linked to the lock's name. It stays
 * open while the lock is held, so that no other file can get its inode.
 */
export interface OwnRecord {
  readonly nonce: string;
  /** The content of the file, without the count of signs of life. */
  readonly content: Readonly<Record<string, unknown>>;
  readonly path: string;
  /** The number of signs of life. */
  beats: number;
  file: OpenFile;
  /** Device and inode. No other file can have them while this one is open. */
  id: string;
}

/** Writes a record for `lock` into a new file, or into a reserve file if the disk is full. */
export async function createRecord(
  disk: Disk,
  lock: string,
  processes: ProcessTable,
  reserve?: Reserve,
): Promise<OwnRecord> {
  const nonce = randomUUID();
  const content = { ...processes.self, nonce };
  const path = `${lock}.${ownedName(processes)}.tmp`;
  const file = await openRecord(disk, path, bytesOf(content, 0), reserve);
  try {
    const id = await identify(disk, file);
    held.add(nonce);
    return { nonce, content, path, beats: 0, file, id };
  } catch (error) {
    await dropRecord(disk, { path, file, nonce });
    throw error;
  }
}

/** Gives a sign of life by changing the content, which works with any clock. */
export async function renewRecord(disk: Disk, record: OwnRecord): Promise<void> {
  record.beats += 1;
  await writeRecord(disk, record.file, bytesOf(record.content, record.beats));
}

/**
 * Encodes a record. The length is always the same: the record is overwritten in place, and may be read at any moment.
 */
function bytesOf(content: OwnRecord["content"], beats: number): Uint8Array {
  return new TextEncoder().encode(
    `${JSON.stringify({ ...content, beats: String(beats).padStart(12, "0") })}\n`,
  );
}

/** Creates the file of a record. On a full disk without a reserve, the file stays empty: see {@link writeRecord}. */
async function openRecord(
  disk: Disk,
  path: string,
  bytes: Uint8Array,
  reserve: Reserve | undefined,
): Promise<OpenFile> {
  try {
    if (reserve !== undefined) {
      return await reserve.create(path, "lock", async (created, isReserve) => {
        await disk.write(created, bytes, 0);
        if (isReserve) await disk.truncate(created, bytes.length);
      });
    }
  } catch (error) {
    if (!isFull(error)) throw error;
  }
  const file = await createFile(disk, path);
  try {
    await writeRecord(disk, file, bytes);
    return file;
  } catch (error) {
    await closeQuietly(disk, file);
    await removeQuietly(disk, path);
    throw error;
  }
}

/**
 * Writes a record. On a full disk it stays empty: other processes cannot judge its holder and wait for it, but a
 * garbage collection can still run and free space.
 */
async function writeRecord(disk: Disk, file: OpenFile, bytes: Uint8Array): Promise<void> {
  try {
    await disk.write(file, bytes, 0);
  } catch (error) {
    if (!isFull(error)) throw error;
    // Changes the time of the last change, whatever the date.
    await disk.touch(file, Date.now());
  }
}

/** Removes a record that did not become a lock. */
export async function dropRecord(
  disk: Disk,
  record: Pick<OwnRecord, "path" | "file" | "nonce">,
): Promise<void> {
  held.delete(record.nonce);
  await removeQuietly(disk, record.path);
  await closeQuietly(disk, record.file);
}

/**
 * Links the record to `path`, so that the lock is complete when it appears. Returns false if another process holds it.
 */
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
 * {@link linkRecord} for file systems without hard links: the process that creates the file holds the lock. The file is
 * empty for a moment. If the process is killed then, its lock cannot be judged, and is replaced only when it is stale.
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
    await writeRecord(disk, file, bytesOf(record.content, record.beats));
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

/** Whether `path` still is `record`. False for a link. */
export function isOurs(disk: Disk, path: string, record: OwnRecord): boolean {
  const stats = disk.lstatNow(path);
  return stats !== undefined && `${stats.dev}:${stats.ino}` === record.id;
}

/** Removes the lock `path` if it still is `record`. Never rejects. */
export async function letGo(disk: Disk, path: string, record: OwnRecord): Promise<void> {
  try {
    if (isOurs(disk, path, record)) await disk.unlink(path);
  } catch {
    // The nonce is dropped below, so the next process knows that the lock was left behind.
  }
  held.delete(record.nonce);
  await closeQuietly(disk, record.file);
}

/** A lock as another process sees it. */
export interface Found {
  /** `undefined` if the file has no record, or if this user may not read it. */
  readonly holder: Holder | undefined;
  /** Identifies the holder: its nonce or, without one, the identity of its file. */
  readonly name: string;
  /** Identifies the state of the file. A sign of life changes it. */
  readonly stamp: string;
  /** The time of the last write, by the clock of the file system. */
  readonly writtenMs: number;
}

/**
 * Reads the record of the holder of `path`; returns `undefined` if nothing is there.
 *
 * @throws `RegistryError` `LAYOUT_INVALID` if it is not a regular file, or is too large for a record.
 */
export async function readHolder(disk: Disk, path: string): Promise<Found | undefined> {
  try {
    const read = await readSmallFile(disk, path, basename(path));
    return read === undefined ? undefined : foundIn(read.stats, Buffer.from(read.bytes).toString("utf8"));
  } catch (error) {
    if (systemCode(error) !== "EACCES" && systemCode(error) !== "EPERM") throw error;
    // Another user's lock cannot be read, but its signs of life are visible.
    const stats = disk.lstatNow(path);
    return stats === undefined ? undefined : foundIn(stats, "");
  }
}

function foundIn(stats: BigIntStats, text: string): Found {
  const holder = parseHolder(text);
  const content = createHash("sha256").update(text).digest("hex");
  const name = holder?.nonce ?? `unreadable-${stats.dev}-${stats.ino}`;
  return { holder, name, stamp: `${stampOf(stats)} ${content}`, writtenMs: Number(stats.mtimeMs) };
}

/** Whether the holder is the same, and gave no sign of life in between. */
export function isSame(found: Found | undefined, before: Found): boolean {
  return found?.name === before.name && found.stamp === before.stamp;
}
