import { createHash, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";

import { blobPath } from "./fixtures.ts";

/** Hashes content as a verified read or a push does. */
export function hash(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Reads and verifies a file: open, fstat, read, close, SHA-256. */
export function readAndHash(path: string): Uint8Array {
  const file = fs.openSync(path, "r");
  const content = Buffer.allocUnsafe(fs.fstatSync(file).size);
  fs.readSync(file, content, 0, content.length, 0);
  fs.closeSync(file);
  hash(content);
  return content;
}

/** Looks at a file and copies bytes that are in memory. */
export function statAndCopy(path: string, content: Uint8Array): Uint8Array {
  fs.lstatSync(path, { bigint: true });
  return content.slice();
}

/** Writes and places a blob: SHA-256, an exclusive open, write, close, rename. */
export function writeBlob(directory: string, content: Uint8Array): void {
  const temporary = join(directory, "_uploads", randomUUID());
  const file = fs.openSync(temporary, "wx+");
  fs.writeSync(file, content);
  fs.closeSync(file);
  fs.renameSync(temporary, blobPath(directory, `sha256:${hash(content)}`));
}

/** Takes a lock by a linked record, as the layout does, and returns what releases it. */
export function takeLock(directory: string): () => void {
  const record = join(directory, `.raw.${randomUUID()}.tmp`);
  const lock = join(directory, ".raw.lock");
  const file = fs.openSync(record, "wx+");
  fs.writeSync(file, `{"host":"a","pid":${process.pid},"nonce":"${randomUUID()}"}`);
  fs.linkSync(record, lock);
  fs.unlinkSync(record);
  return () => {
    fs.unlinkSync(lock);
    fs.closeSync(file);
  };
}

/** Locks, writes the text of an index to a new file, and renames it over another. */
export function replaceIndex(directory: string, text: string): void {
  const release = takeLock(directory);
  const temporary = join(directory, `.raw-index.${randomUUID()}.tmp`);
  const file = fs.openSync(temporary, "wx+");
  fs.writeSync(file, Buffer.from(text));
  fs.renameSync(temporary, join(directory, "raw-index.json"));
  fs.closeSync(file);
  release();
}
