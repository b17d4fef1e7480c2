import { collect } from "@ocilayout/oci-types";

import { UsageError } from "../../errors/usage-error.ts";
import { writeJson } from "../../output/output.ts";
import { Table } from "../../output/table.ts";
import { formatSize, printable } from "../../output/text.ts";
import { required } from "../../parsing/spec.ts";
import { defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { requireRepositoryOf } from "../../places/reference.ts";
import type { OpenTarget } from "../../places/target.ts";
import { countUnreadable, describeUnreadable } from "../../places/unreadable.ts";

/** `ocilayout tags`: lists the tags of a repository. */
export const verb: Verb = defineVerb({
  positionals: { path: required("A layout, an archive, or a repository") },
  options: {},
  examples: [
    ["ocilayout tags images", "List the bare tags of the layout images, or those of its only repository"],
    ["ocilayout tags images.tar:app", "List the tags of the repository app in an archive"],
    ["ocilayout tags images/team/app", "List the tags of the repository team/app"],
    ["ocilayout tags docker://localhost:5000/app", "List the tags of a repository in a registry"],
    ["ocilayout tags images --json | jq -r .tag", "Print only the names"],
  ],
  run: ({ path, places, json }, { output, signal }) =>
    withPlace(path, places, { purpose: "read", signal, output }, async (target) => {
      const { registry } = target;
      const repository = await repositoryOf(target, signal);
      const table = new Table(output);
      for await (const tag of registry.tags(repository, { signal })) {
        const descriptor = await registry.resolveTag(repository, tag, { signal });
        if (json) await writeJson(output, { tag, ...descriptor });
        else await table.row([tag, { digest: descriptor.digest }, formatSize(descriptor.size)]);
      }
      await table.end();
      const unreadable = describeUnreadable(await countUnreadable(registry, repository, { signal }));
      if (unreadable !== "")
        await output.note(`ocilayout: not listed: ${unreadable}; see ocilayout show ${printable(path)}`);
      return undefined;
    }),
});

/** Returns the repository that a target names, or the only one of its layout or archive. */
async function repositoryOf(target: OpenTarget, signal: AbortSignal): Promise<string> {
  const { kind, registry, tag, digest } = target;
  // In the place of an archive, a name without a tag looks like a tag.
  const isName = kind === "archive" && target.isBare && tag !== undefined;
  const names =
    isName || (target.isWhole && kind !== "remote") ? await collect(registry.repositories({ signal })) : [];
  if (isName && names.includes(tag)) return tag;
  if ((tag ?? digest) !== undefined)
    throw new UsageError("tags needs a repository: leave out the tag or digest");
  const [only] = names;
  return only !== undefined && names.length === 1 ? only : requireRepositoryOf(target);
}
