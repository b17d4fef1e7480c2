import { UsageError } from "../../errors/usage-error.ts";
import { copyOptions } from "../../images/transfer.ts";
import { flag, list, required, text } from "../../parsing/spec.ts";
import { noLink, repair } from "../../parsing/specs.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { findPlace } from "../../places/find-place.ts";
import { withTarget } from "../../places/open.ts";
import type { Target } from "../../places/target.ts";
import { copyRepositories } from "./repositories.ts";

/** `ocilayout sync`: copies the tags of a repository, or of all repositories. */
export const verb: Verb = defineVerb({
  positionals: {
    from: required("A repository, or a whole layout, archive or registry"),
    to: required(
      "A repository, or a whole layout or registry, which gets the same repositories. Its other tags stay: sync removes none",
    ),
  },
  options: {
    tags: text("PATTERN", "Copy only tags that match this regular expression, such as '^v[0-9]'"),
    platform: list("OS/ARCHITECTURE", "Copy only the images for this platform"),
    referrers: flag("Also copy signatures, SBOMs and other referrers"),
    "dry-run": flag("Print what would be copied, and copy nothing"),
    repair,
    "no-link": noLink,
  },
  examples: [
    ["ocilayout sync images mirror", "Copy everything of a layout to another one"],
    ["ocilayout sync docker://registry.example/team/app images//team/app --tags '^v2'", "Copy some tags"],
    ["ocilayout sync images docker://localhost:5000", "Copy every repository to a registry"],
    [
      "ocilayout sync images mirror --json | jq -r 'select(.changed) | .repository + \":\" + .tag'",
      "Print the tags that changed",
    ],
  ],
  run: async (
    { from, to, tags, platform, referrers, "dry-run": dryRun, places, json, ...rest },
    { output, signal },
  ) => {
    const find = async (path: string, purpose: "read" | "create"): Promise<Target> => {
      const found = await findPlace(path, places, { purpose, isWhole: true });
      if ((found.tag ?? found.digest) !== undefined)
        throw new UsageError(`sync copies all tags: leave out the tag or digest of ${path}`);
      // A new layout that is named alone is whole.
      const isNew = found.kind === "layout" && !found.exists && !path.includes("//");
      return isNew && purpose === "create" ? { kind: "layout", path, directory: path, exists: false } : found;
    };
    const [source, target] = [await find(from, "read"), await find(to, "create")];
    const options = { signal, output };
    const matching = {
      tags: tags === undefined ? undefined : parsePattern(tags),
      platforms: platform,
      referrers,
      ...copyOptions(rest),
    };
    return withTarget(source, places, { ...options, purpose: "read" }, (opened) =>
      withTarget(target, places, { ...options, purpose: "create" }, (destination) =>
        copyRepositories(opened, destination, { ...options, ...matching, dryRun, json }),
      ),
    );
  },
});

function parsePattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch (error) {
    throw new UsageError(
      `--tags needs a regular expression: ${error instanceof Error ? error.message : pattern}`,
    );
  }
}
