import { isMediaType } from "@ocilayout/oci-types";

import { UsageError } from "../errors/usage-error.ts";

/**
 * Checks the value of an option.
 *
 * @throws {@link UsageError} If it is not a media type.
 */
export function requireMediaType(text: string): void {
  const isValid: boolean = isMediaType(text);
  if (!isValid) throw new UsageError(`${text} is not a media type, such as application/spdx+json`);
}
