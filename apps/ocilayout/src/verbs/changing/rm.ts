import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import { UsageError } from "../../errors/usage-error.ts";
import { writeJson, writeText } from "../../output/output.ts";
import { printable } from "../../output/text.ts";
import { flag, many } from "../../parsing/spec.ts";
import { blob } from "../../parsing/specs.ts";
import { type CommonArguments, type Context, defineVerb, type Verb } from "../../parsing/verb.ts";
import { withPlace } from "../../places/open.ts";
import { nameOf, requireReference } from "../../places/reference.ts";
import type { OpenTarget } from "../../places/target.ts";

/** `ocilayout rm`: removes a tag, a manifest or a blob. */
export const verb: Verb = defineVerb({
  positionals: { path: many("Tags or digests, such as images/app:v1") },
  options: { blob, "if-exists": flag("Exit with 0 if there is nothing to remove") },
  examples: [
    ["ocilayout rm images/team/app:v1", "Remove a tag and keep its manifest"],
    ["ocilayout rm images/team/app@sha256:…", "Remove a manifest and every tag that points at it"],
    ["ocilayout rm --blob images/team/app@sha256:…", "Remove a blob that no manifest refers to"],
    ["ocilayout rm images/team/app:old images/team/app:older --if-exists", "Remove those that exist"],
  ],
  run: async (args, context) => {
    for (const path of args.path) {
      try {
        await removeAt(path, args, context);
      } catch (error) {
        if (!args["if-exists"] || !isRegistryError(error, ...UNKNOWN)) throw error;
        await context.output.note(`ocilayout: nothing to remove: ${printable(path)}`);
      }
    }
    return undefined;
  },
});

const UNKNOWN = ["NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"] as const;

async function removeAt(
  path: string,
  args: CommonArguments & { readonly blob: boolean },
  { output, signal }: Context,
): Promise<void> {
  await withPlace(path, args.places, { purpose: "change", signal, output }, async (target) => {
    const { registry, repository } = target;
    const reference = requireReference(target);
    const kind = args.blob ? "blob" : "tag" in reference ? "tag" : "manifest";
    if ("tag" in reference) {
      if (args.blob) throw new UsageError("--blob needs a digest, not a tag: PATH@DIGEST");
      await deleteTag(target, reference.tag, signal);
    } else if (args.blob) await registry.deleteBlob(repository, reference.digest, { signal });
    else await registry.deleteManifest(repository, reference.digest, { signal });
    if (args.json) await writeJson(output, { removed: kind, repository, ...reference });
    else await writeText(output, `removed the ${kind} ${nameOf(repository, reference)}`);
  });
}

/** Removes a tag. Older registries can delete only a digest. */
async function deleteTag(
  { registry, repository, kind }: OpenTarget,
  tag: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await registry.deleteTag(repository, tag, { signal });
  } catch (error) {
    if (kind !== "remote" || !isRegistryError(error, "DIGEST_INVALID", "UNSUPPORTED")) throw error;
    throw new RegistryError(
      "UNSUPPORTED",
      "this registry cannot delete a tag alone; rm HOST/REPOSITORY@DIGEST removes the manifest with all its tags",
      { cause: error },
    );
  }
}
