import { collect, isRegistryError } from "@ocilayout/oci-types";

import { writeJson } from "../../output/output.ts";
import { Table } from "../../output/table.ts";
import { countOf } from "../../output/text.ts";
import { optional } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withWhole } from "../../places/open.ts";
import type { OpenRegistry } from "../../places/target.ts";
import { countUnreadable, describeUnreadable } from "../../places/unreadable.ts";

/** `ocilayout ls`: lists the repositories of a layout, archive or registry. */
export const verb: Verb = defineVerb({
  positionals: { path: optional("A layout, an archive or docker://HOST [default: .]") },
  options: {},
  examples: [
    ["ocilayout ls images", "List the layout images; bare tags belong to the repository default"],
    ["ocilayout ls tree:trees", "List every layout below trees"],
    ["ocilayout ls images --json | jq -r .repository", "Print only the names"],
  ],
  run: ({ path = ".", places, json }, { output, signal }) =>
    withWhole(path, places, { purpose: "read", signal, output }, async ({ registry }) => {
      const table = new Table(output);
      for await (const repository of registry.repositories({ signal })) {
        const counts = await count(registry, repository, signal);
        const { tags, unreadable } = typeof counts === "string" ? { tags: null, unreadable: null } : counts;
        if (json) await writeJson(output, { repository, tags, unreadableNames: unreadable });
        else await table.row([repository, describe(counts)]);
      }
      await table.end();
      return undefined;
    }),
});

interface Counts {
  readonly tags: number;
  /** The number of manifests whose name cannot be read. */
  readonly unreadable: number;
}

/** Counts tags and unreadable names. A damaged layout does not fail the verb, so that the others are listed. */
async function count(
  registry: OpenRegistry,
  repository: string,
  signal: AbortSignal,
): Promise<Counts | "damaged" | "unreadable"> {
  try {
    const tags = (await collect(registry.tags(repository, { signal }))).length;
    return { tags, unreadable: await countUnreadable(registry, repository, { signal }) };
  } catch (error) {
    if (isRegistryError(error, "LAYOUT_INVALID")) return "damaged";
    if (isRegistryError(error, "STORAGE_FAILED")) return "unreadable";
    throw error;
  }
}

function describe(counts: Counts | "damaged" | "unreadable"): string {
  if (typeof counts === "string") return counts;
  const rest = describeUnreadable(counts.unreadable);
  return `${countOf(counts.tags, "tag")}${rest === "" ? "" : `, ${rest}`}`;
}
