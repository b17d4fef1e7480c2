import { statSync } from "node:fs";

import { findLayout } from "@ocilayout/layout-core";
import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";
import { isValidTag, parseHostlessReference, parseReference } from "@ocilayout/ociref";

import type { PlaceOptions } from "../parsing/place-options.ts";
import { DEFAULT_REPOSITORY, type OpenRegistry, type Target } from "./target.ts";

/** The most `:` and `@` of a path that are tried. */
const MOST_CUTS = 20;

/** Finds the archive that a text begins with: `images.tar`, `images.tar:app:v1` or `images.tar@sha256:…`. */
export async function findArchive(path: string): Promise<Target | undefined> {
  let cuts = 0;
  for (let end = path.length; end > 0 && cuts < MOST_CUTS; end -= 1) {
    if (end < path.length && !":@/".includes(path.charAt(end))) continue;
    cuts += 1;
    const file = path.slice(0, end);
    if (!isFile(file) || (await findLayout(file)).kind !== "archive") continue;
    return archiveAt(path, file, path.slice(end));
  }
  return undefined;
}

/** Parses the text of an archive that need not exist: `FILE[:REFERENCE]`. */
export function parseArchive(path: string, text: string, format?: "oci" | "docker"): Target {
  const end = text.search(/:(?![\\/])|@/);
  const file = end < 0 ? text : text.slice(0, end);
  return { ...archiveAt(path, file, end < 0 ? "" : text.slice(end)), format };
}

/** Whether a text that is not a place yet means a new archive: its file ends in `.tar`. */
export function namesArchive(path: string): boolean {
  return /^[^:@]+\.tar(?:[:@]|$)/i.test(path);
}

function archiveAt(path: string, file: string, rest: string): Target {
  const target = { kind: "archive", path, directory: file, exists: isFile(file) } as const;
  if (rest === "") return target;
  const text = rest.slice(1);
  if (rest.startsWith("@"))
    return { ...target, ...parseHostlessReference(`x${rest}`), repository: undefined };
  const isTag: boolean = isValidTag(text);
  return isTag ? { ...target, tag: text } : { ...target, ...parseName(text) };
}

/** Parses the name of an image in an archive, with or without a host. */
function parseName(text: string): Pick<Target, "repository" | "tag" | "digest"> {
  const { host, repository, ...rest } = /^[^/]*[.:][^/]*\//.test(text)
    ? parseReference(text)
    : parseHostlessReference(text);
  return { ...rest, repository: host === undefined ? repository : `${host}/${repository}` };
}

/** Opens the archive of a place, to read it. */
export async function openArchivePlace(
  { directory, format }: Target,
  { defaultRepository = DEFAULT_REPOSITORY }: PlaceOptions,
  { signal }: { signal: AbortSignal },
): Promise<OpenRegistry> {
  const { openArchive } = await import("@ocilayout/layout-archive");
  return openArchive(directory, { defaultRepository, format, signal });
}

/** Returns the error for a change of an archive. */
export function archiveIsFixed({ directory }: Target): RegistryError {
  return new RegistryError(
    "UNSUPPORTED",
    `cannot change the archive ${excerpt(directory)}: copy its images to a layout with ocilayout load, and change them there`,
  );
}

function isFile(path: string): boolean {
  try {
    return !path.includes("\0") && statSync(path).isFile();
  } catch {
    return false; // Missing, unreadable, or not a path.
  }
}
