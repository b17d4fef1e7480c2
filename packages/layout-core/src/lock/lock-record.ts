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

/** The nonces held by this copy of this module: a lock with another nonce of ours was left behind. */
export const held: Set<string> = new Set();

/**
 * Our side of a lock: a file of our own that becomes the lock by being linked to its name. It stays open while the
 * lock is held, so that nothing else can have its inode.
 */
export interface OwnRecord {
  readonly nonce: string;
  /** What is written in it, but for the number of the latest sign of life. */
  readonly content: Readonly<Record<string, unknown>>;
  readonly path: string;
  /** How many signs of life it gave. */
  beats: number;
  file: OpenFile;
  /** Device and inode, which no other file can have while this one is open. */
  id: string;
}

/** Writes a record for `lock` into a file of its own; one of `reserve` if there is room for no other. */
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

/** Gives a sign of life: it shows in the content, whatever the clock of the file system does. */
export async function renewRecord(disk: Disk, record: OwnRecord): Promise<void> {
  record.beats += 1;
  await writeRecord(disk, record.file, bytesOf(record.content, record.beats));
}

/** A record as bytes, always as many: it is written over itself, and read at any moment. */
function bytesOf(content: OwnRecord["content"], beats: number): Uint8Array {
  return new TextEncoder().encode(
    `${JSON.stringify({ ...content, beats: String(beats).padStart(12, "0") })}\n`,
  );
}

/** Creates the file of a record. Without room for its bytes and without a reserve it stays empty: {@link writeRecord}. */
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
 * Writes a record. On a full disk it stays empty: who cannot be told from the dead is waited for, but a collection of
 * garbage, which writes nothing, can make room.
 */
async function writeRecord(disk: Disk, file: OpenFile, bytes: Uint8Array): Promise<void> {
  try {
    await disk.write(file, bytes, 0);
  } catch (error) {
    if (!isFull(error)) throw error;
    // Whatever the date, the system notes that it was set.
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

/** Whether `path` is `record` still; a link never is. */
export function isOurs(disk: Disk, path: string, record: OwnRecord): boolean {
  const stats = disk.lstatNow(path);
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

/** A lock as another process sees it. */
export interface Found {
  /** `undefined` if the file holds no record, or if this user may not read it. */
  readonly holder: Holder | undefined;
  /** What no other holder is called: its nonce, or else its file's identity. */
  readonly name: string;
  /** What tells this state of the file from any other: a sign of life changes it. */
  readonly stamp: string;
  /** When it was last written, by the clock of the file system. */
  readonly writtenMs: number;
}

/**
 * Looks at who holds `path`; `undefined` if nothing is there.
 *
 * @throws `RegistryError` `LAYOUT_INVALID` if it is not a regular file, or far too large for a record.
 */
export async function readHolder(disk: Disk, path: string): Promise<Found | undefined> {
  try {
    const read = await readSmallFile(disk, path, basename(path));
    return read === undefined ? undefined : foundIn(read.stats, Buffer.from(read.bytes).toString("utf8"));
  } catch (error) {
    if (systemCode(error) !== "EACCES" && systemCode(error) !== "EPERM") throw error;
    // Another user's: its signs of life can be seen all the same.
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

/** Whether it is the same holder still, and gave no sign of life meanwhile. */
export function isSame(found: Found | undefined, before: Found): boolean {
  return found?.name === before.name && found.stamp === before.stamp;
}
