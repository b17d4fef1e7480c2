import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { RegistryError } from "@ocilayout/oci-types";

import { codeOf, readTextFile } from "./read-file.ts";

/** How often a change is decided anew because another program has changed the file. */
const MAX_ATTEMPTS = 10;

/** The last change of each file in this process. Between processes only a change before the new text is written is noticed. */
const changes: Map<string, Promise<unknown>> = new Map();

/**
 * Changes a small text file that only its owner may read (mode 0600). The file is replaced in one step, so that a reader finds
 * the old or the new text. A symbolic link stays, and leads to the new text.
 *
 * @param decide - Returns the new text for the old one, or `undefined` to change nothing.
 * @param role - The name of the file for messages.
 * @returns Whether the file was changed.
 * @throws `RegistryError` with `STORAGE_FAILED`; the errors of `decide`.
 */
export async function changeTextFile(
  path: string,
  role: string,
  decide: (text: string | undefined) => string | undefined,
): Promise<boolean> {
  const change = (changes.get(path) ?? Promise.resolve()).then(async () => changeNow(path, role, decide));
  const ended = change.catch(() => undefined);
  changes.set(path, ended);
  try {
    return await change;
  } finally {
    if (changes.get(path) === ended) changes.delete(path);
  }
}

async function changeNow(
  path: string,
  role: string,
  decide: (text: string | undefined) => string | undefined,
): Promise<boolean> {
  try {
    for (let count = 0; count < MAX_ATTEMPTS; count += 1) {
      const target = await resolveLink(path);
      const before = await stampOf(target);
      const text = decide(await readTextFile(target, role));
      if (text === undefined) return false;
      if (await replace(target, text, before)) return true;
    }
  } catch (cause) {
    if (cause instanceof RegistryError || codeOf(cause) === "") throw cause;
    throw new RegistryError("STORAGE_FAILED", `cannot write ${role} (${codeOf(cause)})`, {
      cause,
      detail: { systemCode: codeOf(cause) },
    });
  }
  throw new RegistryError("STORAGE_FAILED", `cannot write ${role}: other programs change it all the time`);
}

/** Writes a new file beside the old one, and puts it in its place unless the old one is not as it was `before`. */
async function replace(path: string, text: string, before: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    if ((await stampOf(path)) !== before) return false;
    await rename(temporary, path);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function resolveLink(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return path;
    throw error;
  }
}

async function stampOf(path: string): Promise<string> {
  let stats: Stats;
  try {
    stats = await stat(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "absent";
    throw error;
  }
  return [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(" ");
}
