import { existsSync } from "node:fs";

import { RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";
import { isValidTag, parseHostlessReference } from "@ocilayout/ociref";

import type { PlaceOptions } from "../parsing/place-options.ts";
import { findArchive, namesArchive, parseArchive } from "./archive.ts";
import { locate, locateInTree, locateWhole, locateWholeTree } from "./locate.ts";
import { rejectCompressed, rejectHostAlone, rejectUrl } from "./mistakes.ts";
import { parseBareRemote, parseRemote, REMOTE } from "./remote.ts";
import type { Purpose, Target } from "./target.ts";

/** How a text is understood. */
export interface FindOptions {
  readonly purpose: Purpose;
  /** Whether the text names a whole layout, archive or registry. */
  readonly isWhole: boolean;
}

/**
 * Finds the place that a text means. In this order:
 *
 * 1. A prefix decides, unless a file has that name: `docker://`, `oci:`, `oci-archive:`, `docker-archive:` and `tree:`.
 * 2. A path that exists, or that begins with a layout or archive that exists.
 * 3. A first component with a `.` or `:`, or `localhost`, is a registry.
 * 4. Other texts are paths that do not exist yet.
 *
 * @throws `RegistryError` `NAME_INVALID` if the text has no meaning. `UsageError` if it is a URL, a host without a repository, or the
 * name of a new compressed archive.
 */
export async function findPlace(
  path: string,
  { perRepo }: PlaceOptions,
  { purpose, isWhole }: FindOptions,
): Promise<Target> {
  if (!isPath(path)) rejectUrl(path);
  const prefixed = isPath(path) ? undefined : findPrefixed(path, isWhole);
  if (prefixed !== undefined) return prefixed;
  if (perRepo) return isWhole ? locateWholeTree(path) : locateInTree(path);
  const archive = await findArchive(path);
  if (archive !== undefined) return archive;
  const remote = isPath(path) ? undefined : parseBareRemote(path);
  if (remote !== undefined) {
    // A layout can be in a directory whose name looks like a host.
    const local = await locate(path).catch(() => undefined);
    return local?.exists === true ? local : remote;
  }
  if (purpose === "create" && namesArchive(path) && !isPath(path)) return parseArchive(path, path);
  const found = await (isWhole ? locateWhole(path) : locate(path)).catch((error: unknown) => {
    if (purpose === "create") rejectCompressed(path);
    throw error;
  });
  if (purpose !== "create") return found;
  if (!found.exists) rejectCompressed(path);
  return asNewDirectory(found);
}

/** Takes a name without a slash for that of a new layout, and not for a repository of a new layout in the current directory. */
function asNewDirectory(target: Target): Target {
  const { path, directory, repository, exists, ...rest } = target;
  const isName = !exists && directory === "." && repository !== undefined && !/[/\\]/.test(path);
  return isName ? { ...rest, path, directory: repository, exists } : target;
}

/** The transports of skopeo that have no place here. */
const TRANSPORTS: ReadonlySet<string> = new Set([
  "containers-storage",
  "dir",
  "docker-daemon",
  "ostree",
  "sif",
  "tarball",
]);

function findPrefixed(path: string, isWhole: boolean): Promise<Target> | Target | undefined {
  if (path.startsWith(REMOTE) && !isWhole) rejectHostAlone(path, path.slice(REMOTE.length));
  if (path.startsWith(REMOTE)) return parseRemote(path, path.slice(REMOTE.length), isWhole);
  const [, prefix = "", rest = ""] = /^([a-z-]+):(.+)$/s.exec(path) ?? [];
  if (prefix === "oci") return findLayoutOf(path, rest, isWhole);
  if (prefix === "oci-archive") return parseArchive(path, rest, "oci");
  if (prefix === "docker-archive") return parseArchive(path, rest, "docker");
  if (prefix === "tree") return { ...(isWhole ? locateWholeTree(rest) : locateInTree(rest)), path };
  if (!TRANSPORTS.has(prefix)) return undefined;
  throw new RegistryError(
    "NAME_INVALID",
    `cannot open ${excerpt(path)}: skopeo copy ${prefix}:… oci:DIRECTORY:TAG makes a layout of it`,
  );
}

/** Finds the layout of `oci:DIRECTORY[:REFERENCE]`. As for skopeo, the directory ends at the first colon. */
async function findLayoutOf(path: string, rest: string, isWhole: boolean): Promise<Target> {
  const colon = rest.search(/:(?![\\/])/);
  const name = rest.slice(colon + 1);
  const isTag: boolean = isValidTag(name);
  if (colon <= 0 || (isTag && !isWhole))
    return { ...(await (isWhole ? locateWhole(rest) : locate(rest))), path };
  const { exists, directory } = await locateWhole(rest.slice(0, colon));
  const reference = isTag ? { tag: name } : parseHostlessReference(name);
  return { kind: "layout", path, directory: exists ? directory : rest.slice(0, colon), ...reference, exists };
}

function isPath(text: string): boolean {
  return text !== "" && !text.includes("\0") && existsSync(text);
}
