import type { Digest, Precondition } from "@ocilayout/oci-types";

import { preconditionFailed } from "./errors.ts";

/**
 * Refuses the change of a tag that is not as the caller requires. To be called inside the transaction that makes the change.
 *
 * @param current - The digest that the tag points at; `undefined` if there is no such tag.
 * @throws `RegistryError` `PRECONDITION_FAILED`, with the tag and its digest in `detail`.
 */
export function requireCurrent(
  tag: string,
  current: Digest | undefined,
  { ifMatch, ifNoneMatch }: Precondition,
): void {
  const isRefused =
    (ifMatch === "*" && current === undefined) ||
    (ifMatch !== undefined && ifMatch !== "*" && current !== ifMatch) ||
    (ifNoneMatch === "*" && current !== undefined);
  if (isRefused) throw preconditionFailed(tag, current);
}
