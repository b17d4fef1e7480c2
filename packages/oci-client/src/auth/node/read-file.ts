import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";

import { RegistryError } from "@ocilayout/oci-types";

/** The maximum size of a file of accounts or mirrors, in bytes. */
const MAX_BYTES = 1024 * 1024;

/** Errors for a file that does not exist. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

/**
 * Reads a small text file whole.
 *
 * @param role - The name of the file for messages.
 * @returns `undefined` if it does not exist.
 * @throws `RegistryError` with `STORAGE_FAILED` if it cannot be read, is not a regular file, or is larger than 1 MiB.
 */
export async function readTextFile(path: string, role: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK the opening of a pipe would wait for its writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (ABSENT.has(codeOf(error))) return undefined;
    throw unreadable(role, "it cannot be opened", error);
  }
  try {
    return await readAll(file, role);
  } finally {
    await file.close();
  }
}

async function readAll(file: FileHandle, role: string): Promise<string> {
  const stats = await file.stat();
  if (!stats.isFile()) throw unreadable(role, "it is not a regular file");
  if (stats.size > MAX_BYTES) throw unreadable(role, `it is larger than ${MAX_BYTES} bytes`);
  const buffer = new Uint8Array(MAX_BYTES + 1);
  let size = 0;
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, size, buffer.length - size, size);
      if (bytesRead === 0) break;
      size += bytesRead;
    }
  } catch (error) {
    throw unreadable(role, "it cannot be read", error);
  }
  // The file may have grown.
  if (size > MAX_BYTES) throw unreadable(role, `it is larger than ${MAX_BYTES} bytes`);
  return new TextDecoder().decode(buffer.subarray(0, size));
}

/** Returns the code of a system's error, or an empty text. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function unreadable(role: string, reason: string, cause?: unknown): RegistryError {
  const systemCode = codeOf(cause);
  return new RegistryError(
    "STORAGE_FAILED",
    `cannot read ${role}: ${reason}${systemCode === "" ? "" : ` (${systemCode})`}`,
    cause === undefined ? {} : { cause, detail: systemCode === "" ? {} : { systemCode } },
  );
}
