import { writeJson, writeText } from "../output/output.ts";
import { withTarget } from "../target/open.ts";
import { nameOf, requireReference } from "../target/reference.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";
import { blobWithTag, withContentPath } from "./path.ts";

/** `ocilayout rm`: removes a tag, a manifest or a blob. */
export const rm: Command = defineCommand({
  usage: "rm <path>",
  summary: "Remove a tag, a manifest with all its tags, or a blob",
  examples: [
    ["$0 rm images/team/app:v1", "Remove a tag and keep its manifest"],
    ["$0 rm images/team/app@sha256:…", "Remove a manifest and every tag that points at it"],
    ["$0 rm --blob images/team/app@sha256:…", "Remove a blob that no manifest refers to"],
  ],
  options: withContentPath,
  run: (args, { output, signal }) =>
    withTarget(args, "change", async (target) => {
      const { registry, repository } = target;
      const reference = requireReference(target);
      const kind = args.blob ? "blob" : "tag" in reference ? "tag" : "manifest";
      if ("tag" in reference) {
        if (args.blob) throw blobWithTag();
        await registry.deleteTag(repository, reference.tag, { signal });
      } else if (args.blob) await registry.deleteBlob(repository, reference.digest, { signal });
      else await registry.deleteManifest(repository, reference.digest, { signal });
      if (args.json) await writeJson(output, { removed: kind, repository, ...reference });
      else await writeText(output, `removed the ${kind} ${nameOf(repository, reference)}`);
      return undefined;
    }),
});
