import type { EditImageReport, Place } from "@ocilayout/oci-image";

import { type Output, writeJson, writeText } from "../output/output.ts";
import { countOf } from "../output/text.ts";
import { nameOfPlace } from "../places/reference.ts";

/** Writes the result of a change. `tag` is the tag that points at it, if one does. */
export async function writeEdit(
  { descriptor, dropped }: EditImageReport,
  { repository }: Pick<Place<unknown>, "repository">,
  {
    tag,
    json,
    output,
  }: { readonly tag: string | undefined; readonly json: boolean; readonly output: Output },
): Promise<void> {
  const now = tag ?? descriptor.digest;
  if (json) await writeJson(output, { repository, tag, reference: now, ...descriptor, dropped });
  else await writeText(output, `${nameOfPlace({ repository, reference: now })}  ${descriptor.digest}`);
  if (dropped.length > 0)
    await output.note(`ocilayout: removed ${countOf(dropped.length, "attestation")} about the old image`);
}
