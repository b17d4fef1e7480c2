import type { Digest, Precondition } from "@ocilayout/oci-types";

import { preconditionFailed } from "./errors.ts";

/**
 * Checks the precondition of a tag. Call it in the transaction that makes the change.
 *
 * @param current - The digest that the tag points at; `undefined` if the tag does not exist.
 * @throws `RegistryError` `PRECONDITION_FAILED` if the precondition does not hold, with the tag and its digest in `detail`.
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
