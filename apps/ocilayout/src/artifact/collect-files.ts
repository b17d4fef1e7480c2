import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

import { parseTitle, requireDistinct } from "./title.ts";

/** A file that becomes a layer. */
export interface SourceFile {
  /** The name of the file, or its path within the pushed directory. */
  readonly title: string;
  /** The path of the file. */
  readonly path: string;
}

/**
 * Returns the files at `paths`, sorted by title. A directory stands for every file below it. The order of `paths` does not
 * matter.
 *
 * @throws `RegistryError` `NAME_INVALID` for titles that cannot be written back. `UNSUPPORTED` for a path that is neither a
 * file nor a directory, and for a link in a directory, because it may lead out of it. The system's error if a path does not
 * exist.
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
  if (files.length === 0)
    throw new RegistryError("UNSUPPORTED", "cannot push: the directories contain no files");
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
  return new RegistryError(
    "UNSUPPORTED",
    `${excerpt(path)} is neither a file nor a directory; links in directories are not followed`,
  );
}
