import type { RegistryLister } from "@ocilayout/oci-types";
import { requireFlag } from "@ocilayout/oci-types/authors";
import { requireTag } from "@ocilayout/ociref";

import type { Place } from "../place/place.ts";
import { requireRepositoryOf } from "../place/place.ts";
import { copyTo } from "./copying.ts";
import type { CopyOptions, CopyProgress, CopySource } from "./options.ts";
import { requireCopyOptions } from "./options.ts";
import type { CopyReport } from "./report.ts";
import { Target } from "./target.ts";
import { tooMuch } from "./too-much.ts";

/** A repository in a registry. */
export type RepositoryOf<Source> = Omit<Place<Source>, "reference">;

/** Options of {@link sync}. */
export interface SyncOptions extends Omit<CopyOptions, "tags" | "onProgress"> {
  /** The tags to copy: their names, an expression that they match, or a function. Defaults to all tags. */
  readonly tags?: readonly string[] | RegExp | ((tag: string) => boolean) | undefined;
  /** Receives progress of each tag. The bytes count from 0 for each. If it throws, the copy of the tag ends with that error. */
  readonly onProgress?: ((progress: CopyProgress & { readonly tag: string }) => void) | undefined;
  /**
   * Receives the failure of one tag. Then the other tags are still copied. Without it, the first failure ends the call. It
   * does not receive the reason of an aborted signal.
   */
  readonly onFailure?: ((tag: string, error: unknown) => void) | undefined;
}

/** The result of {@link sync} for one tag. */
export interface SyncedTag {
  /** The name of the tag, in both repositories. */
  readonly tag: string;
  /** The report of `copy`. */
  readonly report: CopyReport;
}

/**
 * Copies the tags of a repository to another one, as `copy` does for each, in the order of the source. A tag that the target
 * has already, at the same digest, costs one question. Tags of the target that the source does not have stay.
 *
 * @param options - `platforms`, `referrers` and others apply to each tag; `limits` bound each tag.
 * @returns One report for each tag that was copied or was up to date.
 * @throws `RegistryError` `NAME_UNKNOWN` if the source repository does not exist, `MANIFEST_UNKNOWN` if it does not have one
 * of the named tags, and the codes of `copy`. The tags before the failed one were copied.
 */
export async function sync(
  from: RepositoryOf<CopySource & Pick<RegistryLister, "tags">>,
  to: RepositoryOf<Place["registry"]>,
  options: SyncOptions = {},
): Promise<readonly SyncedTag[]> {
  const source = requireRepositoryOf(from);
  const place = requireRepositoryOf(to);
  const { tags: wanted, onFailure, onProgress, ...rest } = options;
  const checked = requireCopyOptions(rest);
  for (const [name, callback] of Object.entries({ onFailure, onProgress })) {
    if (callback !== undefined && typeof callback !== "function")
      throw new TypeError(`${name} must be a function, not ${typeof callback}`);
  }
  const select = selectorOf(wanted);
  const target = new Target(place, checked);
  const { signal, limits } = checked;
  signal?.throwIfAborted();
  const synced: SyncedTag[] = [];
  let listed = 0;
  for await (const tag of select.names ?? source.registry.tags(source.repository, { signal })) {
    // A list from a hostile registry may never end.
    listed += 1;
    if (listed > limits.references) throw tooMuch("tags", limits.references);
    if (!select.matches(tag)) continue;
    try {
      const [report] = await copyTo(
        { ...source, reference: tag, tag: requireTag(tag) },
        [{ target, tags: [tag] }],
        { ...checked, onProgress: (progress) => onProgress?.({ ...progress, tag }) },
      );
      if (report !== undefined) synced.push({ tag, report });
    } catch (error) {
      signal?.throwIfAborted();
      if (onFailure === undefined) throw error;
      onFailure(tag, error);
    }
  }
  return synced;
}

/** Returns the names of the wanted tags, if they are known, and whether a tag is wanted. */
function selectorOf(wanted: SyncOptions["tags"]): {
  readonly names?: readonly string[];
  readonly matches: (tag: string) => boolean;
} {
  if (wanted === undefined) return { matches: () => true };
  if (typeof wanted === "function")
    return { matches: (tag) => requireFlag(wanted(tag), "the result of tags") };
  if (wanted instanceof RegExp) {
    const expression = new RegExp(wanted);
    return {
      matches: (tag) => {
        // With the flags g and y, test() continues after the previous match.
        expression.lastIndex = 0;
        return expression.test(tag);
      },
    };
  }
  if (!Array.isArray(wanted)) throw new TypeError(`tags must be an array, a RegExp or a function`);
  return { names: [...new Set((wanted as readonly string[]).map(requireTag))], matches: () => true };
}
