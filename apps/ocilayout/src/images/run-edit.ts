import type { EditImageReport, Place } from "@ocilayout/oci-image";
import type { Descriptor } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";

import type { Output } from "../output/output.ts";
import { isDigest, placeOf, resolvePlace } from "../places/reference.ts";
import type { OpenRegistry, OpenTarget } from "../places/target.ts";
import { writeEdit } from "./write-edit.ts";

/** Options of {@link runEdit}. */
export interface RunEditOptions {
  /** The tag of the result. Without it, the tag of the place moves. */
  readonly tag: string | undefined;
  readonly json: boolean;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** Changes the manifest that a target means, and writes the result. In a layout, it also names referrers of the old manifest. */
export async function runEdit(
  target: OpenTarget,
  { tag, json, output, signal }: RunEditOptions,
  edit: (place: Place<OpenRegistry>, tags: readonly string[] | undefined) => Promise<EditImageReport>,
): Promise<undefined> {
  const place = await placeOf(target, { signal });
  // A registry would need two more requests.
  const before = target.kind === "remote" ? undefined : await resolvePlace(place, { signal });
  const report = await edit(place, tag === undefined ? undefined : [tag]);
  const written = tag ?? (isDigest(place.reference) ? undefined : place.reference);
  await writeEdit(report, place, { tag: written, json, output });
  if (before !== undefined && before.digest !== report.descriptor.digest)
    await noteReferrers(place, before, { output, signal });
  return undefined;
}

/** Writes a note if something is attached to a manifest. */
async function noteReferrers(
  { registry, repository }: Place<OpenRegistry>,
  { digest }: Descriptor,
  { output, signal }: Pick<RunEditOptions, "output" | "signal">,
): Promise<void> {
  const attached = await collect(registry.referrers(repository, digest, { limit: 1, signal }));
  if (attached.length > 0)
    await output.note(
      `ocilayout: what is attached to the old image stays attached to ${digest}, and not to the new one`,
    );
}
