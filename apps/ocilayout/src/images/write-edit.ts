import type { EditImageReport, Place } from "@ocilayout/oci-image";

import { type Output, writeJson, writeText } from "../output/output.ts";
import { countOf } from "../output/text.ts";
import { isDigest, nameOfPlace } from "../places/reference.ts";

/** Writes the result of a change. `tag` is the tag of the result, if it is not that of the place. */
export async function writeEdit(
  { descriptor, dropped }: EditImageReport,
  { repository, reference }: Omit<Place<unknown>, "registry">,
  {
    tag,
    json,
    output,
  }: { readonly tag: string | undefined; readonly json: boolean; readonly output: Output },
): Promise<void> {
  const now = tag ?? (isDigest(reference) ? descriptor.digest : reference);
  if (json) await writeJson(output, { repository, reference: now, ...descriptor, dropped });
  else await writeText(output, `${nameOfPlace({ repository, reference: now })}  ${descriptor.digest}`);
  if (dropped.length > 0)
    await output.note(`ocilayout: removed ${countOf(dropped.length, "attestation")} about the old image`);
}
