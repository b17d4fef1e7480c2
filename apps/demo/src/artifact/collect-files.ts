import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { parseTitle, requireDistinct } from "./title.ts";

/** A file that becomes a layer. */
export interface SourceFile {
  /** Its name, or its path within the directory that was named. */
  readonly title: string;
  /** Where it lies. */
  readonly path: string;
}

/**
 * The files that `paths` name, in the order of their titles: a file by its name, a directory by everything below it. The
 * order in which they are named or listed changes nothing.
 *
 * @throws `RegistryError` `NAME_INVALID` for titles that cannot be written back, `UNSUPPORTED` for what is neither file
 * nor directory (a link in a directory is none: what it leads to may lie elsewhere); the system's error where one is not
 * there.
 */
export async function collectFiles(paths: readonly string[]): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const path of paths) {
    const stats = await stat(path);
    if (stats.isDirectory()) await collectBelow(path, "", files);
    else if (stats.isFile()) files.push({ title: basename(resolve(path)), path });
    else throw unsupported(path);
  }
  for (const { title } of files) parseTitle(title);
  requireDistinct(files.map(({ title }) => title));
  if (files.length === 0) throw new RegistryError("UNSUPPORTED", "there is no file in what is to be pushed");
  return files.sort((a, b) => (a.title < b.title ? -1 : 1));
}

async function collectBelow(directory: string, prefix: string, files: SourceFile[]): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await collectBelow(path, `${prefix}${entry.name}/`, files);
    else if (entry.isFile()) files.push({ title: `${prefix}${entry.name}`, path });
    else throw unsupported(path);
  }
}

function unsupported(path: string): RegistryError {
  return new RegistryError("UNSUPPORTED", `${excerpt(path)} is neither a file nor a directory`);
}
