import { withTarget } from "../target/open.ts";
import { readTarget } from "../target/reference.ts";
import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";
import { blobWithTag, withContentPath } from "./path.ts";

/** `ocilayout cat`: prints the bytes of a manifest or blob. */
export const cat: Command = defineCommand({
  usage: "cat <path>",
  summary: "Print the bytes of a manifest or blob, verified",
  examples: [
    ["$0 cat images/team/app:v1 | jq .layers", "Print a manifest, by its tag"],
    ["$0 cat --blob images/team/app@sha256:… > layer.tar.gz", "Save a config or layer, by its digest"],
  ],
  options: withContentPath,
  run: (args, { output, signal }) =>
    withTarget(args, "read", async (target) => {
      const { registry, repository, tag, digest } = target;
      if (args.blob && (digest === undefined || tag !== undefined)) throw blobWithTag();
      const reader =
        args.blob && digest !== undefined
          ? await registry.getBlob(repository, digest, { signal })
          : await readTarget(target, { signal });
      try {
        for await (const chunk of reader) await output.data(chunk);
      } finally {
        await reader.close();
      }
      return undefined;
    }),
});
