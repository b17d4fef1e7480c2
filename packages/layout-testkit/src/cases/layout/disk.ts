import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { Descriptor, Registry } from "@ocilayout/oci-types";
import { annotationKeys, collect, isRegistryError } from "@ocilayout/oci-types";

import type { ManifestContent } from "../../content/index.ts";
import { checkLayoutDirectory } from "../../layout/index.ts";
import { ConformanceFailure, NotApplicable } from "../../case/failure.ts";
import { namedArtifact, repo } from "../../case/content.ts";

/** The members of an `index.json` entry that cases check. */
export interface IndexEntry extends Partial<Descriptor> {
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Returns the path of the blob `digest`. */
export function blobPath(directory: string, digest: string): string {
  return join(directory, "blobs", digest.replace(":", "/"));
}

/** Writes a file as other tools do: to a temporary name, then renamed. */
export async function putFile(directory: string, path: string, content: string | Uint8Array): Promise<void> {
  const target = join(directory, path);
  await mkdir(dirname(target), { recursive: true });
  const aside = join(directory, "written-aside");
  await writeFile(aside, content);
  await rename(aside, target);
}

/** Writes a blob file named `digest`, whether or not `content` matches it. */
export async function putBlob(
  directory: string,
  digest: string,
  content: string | Uint8Array,
): Promise<void> {
  await putFile(directory, `blobs/${digest.replace(":", "/")}`, content);
}

/** Writes a manifest with its blobs and children. */
export async function putContent(directory: string, item: ManifestContent): Promise<Descriptor> {
  for (const part of [...item.blobs, item]) await putBlob(directory, part.descriptor.digest, part.content);
  for (const child of item.children) await putContent(directory, child);
  return item.descriptor;
}

/** Writes an artifact that `name` distinguishes from others. */
export async function putArtifact(directory: string, name: string): Promise<Descriptor> {
  return putContent(directory, await namedArtifact(name));
}

/** Writes `oci-layout` and `index.json` as another program would. */
export async function putIndex(directory: string, index: string): Promise<void> {
  await mkdir(join(directory, "blobs"), { recursive: true });
  await putFile(directory, "oci-layout", '{"imageLayoutVersion":"1.0.0"}');
  await putFile(directory, "index.json", index);
}

/** Returns an `index.json` with these entries. */
export function indexOf(...entries: readonly string[]): string {
  return `{"schemaVersion":2,"manifests":[${entries.join(",")}]}`;
}

/** Returns an entry for `descriptor` as other tools write it. */
export function entryOf(
  { mediaType, digest, size }: Descriptor,
  name: string,
  more: Readonly<Record<string, string>> = {},
): string {
  return JSON.stringify({
    mediaType,
    digest,
    size,
    annotations: { [annotationKeys.refName]: name, ...more },
  });
}

/** Reads a file of the layout. Fails if it is missing. */
export async function readPart(directory: string, path: string): Promise<string> {
  try {
    return await readFile(join(directory, path), "utf8");
  } catch {
    throw new ConformanceFailure(`a file ${path} in the layout directory`, "no readable file");
  }
}

/** Returns the text of `index.json`. */
export async function readIndexText(directory: string): Promise<string> {
  return readPart(directory, "index.json");
}

/** Returns the entries of `index.json`. Fails if it has no list of manifests. */
export async function readEntries(directory: string): Promise<readonly IndexEntry[]> {
  return parseEntries(await readIndexText(directory)).map((entry) => entry ?? {});
}

function parseEntries(text: string): readonly (IndexEntry | null)[] {
  try {
    const { manifests } = JSON.parse(text) as { readonly manifests?: readonly (IndexEntry | null)[] };
    if (Array.isArray(manifests)) return manifests as readonly (IndexEntry | null)[];
  } catch {
    // The text is reported below.
  }
  throw new ConformanceFailure("an index.json with a list of manifests", text);
}

/** Returns the name of an entry, if it has one. */
export function refName({ annotations }: IndexEntry): string | undefined {
  return annotations?.[annotationKeys.refName];
}

/** Whether an entry is `tag` of the cases' repository: the bare tag, or `repository:tag`. */
export function isNamed(entry: IndexEntry, tag: string): boolean {
  return [tag, `${repo}:${tag}`].includes(refName(entry) ?? "");
}

/** Adds an entry to `index.json`, as another program does. */
export async function addEntry(directory: string, entry: string): Promise<void> {
  const text = await readIndexText(directory);
  const manifests = [...parseEntries(text), JSON.parse(entry)];
  await putFile(directory, "index.json", JSON.stringify({ ...(JSON.parse(text) as object), manifests }));
}

/** Returns the sorted paths of all files below `directory`, with slashes. Empty if the directory is missing. */
export async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const below = entries.map(async (entry) =>
    entry.isDirectory()
      ? (await listFiles(join(directory, entry.name))).map((path) => `${entry.name}/${path}`)
      : [entry.name],
  );
  return (await Promise.all(below)).flat().sort();
}

/** Returns the content of each file of the layout. Files of the backend itself are left out. */
export async function readParts(directory: string): Promise<Readonly<Record<string, string>>> {
  const files = (await listFiles(directory)).filter(
    (path) => path === "oci-layout" || path === "index.json" || path.startsWith("blobs/"),
  );
  const contents = files.map(
    async (path) => [path, await readFile(join(directory, path), "latin1")] as const,
  );
  return Object.fromEntries(await Promise.all(contents));
}

/** Returns the tags of the repository. Empty if the repository is unknown. */
export async function listTags(registry: Registry): Promise<string[]> {
  try {
    return await collect(registry.tags(repo));
  } catch (error) {
    if (isRegistryError(error, "NAME_UNKNOWN")) return [];
    throw error;
  }
}

/** Removes a whole layout. */
export async function removeLayout(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

/** Fails unless each of `directories` is a valid layout. */
export async function areWhole(...directories: readonly string[]): Promise<void> {
  for (const directory of new Set(directories)) {
    const problems = await checkLayoutDirectory(directory).catch(() => {
      throw new ConformanceFailure("a layout directory on disk", "none");
    });
    const told = problems.slice(0, 5).map(({ kind, path, message }) => `${kind} ${path}: ${message}`);
    if (told.length > 0) throw new ConformanceFailure("a valid layout on disk", told.join("\n           "));
  }
}

/** Collects all garbage with the backend's own `gc` method. */
export async function collectAll(registry: Registry): Promise<unknown> {
  const gc: unknown = Reflect.get(registry, "gc");
  if (typeof gc !== "function") throw new NotApplicable("the registry has no gc method");
  return Reflect.apply(gc, registry, [{ graceMs: 0 }]) as unknown;
}

/** Calls `run` with a directory outside the layout. */
export async function withOutside(run: (outside: string) => Promise<void>): Promise<void> {
  const outside = await mkdtemp(join(tmpdir(), "outside-"));
  try {
    await run(outside);
  } finally {
    await rm(outside, { recursive: true });
  }
}

/** Creates a symbolic link. The case is skipped if the system does not permit it. */
export async function link(target: string, path: string): Promise<void> {
  await symlink(target, path).catch((cause: unknown) => {
    throw new NotApplicable(`cannot create symbolic links here: ${String(cause)}`);
  });
}

/**
 * How far the dates of files written at about the same time may differ, in milliseconds. Allows for file systems that
 * round dates.
 */
const ABOUT_NOW_MS = 600_000;

/** Fails unless a blob file's date is about now, by the clock of its file system. */
export async function isDatedNow(directory: string, digest: string): Promise<void> {
  await putFile(directory, "written-now", "");
  const now = await stat(join(directory, "written-now"));
  await rm(join(directory, "written-now"));
  const { mtimeMs } = await stat(blobPath(directory, digest));
  if (Math.abs(now.mtimeMs - mtimeMs) <= ABOUT_NOW_MS) return;
  throw new ConformanceFailure(
    `a blob date near ${now.mtime.toISOString()}, the date of a file written now`,
    new Date(mtimeMs).toISOString(),
  );
}
