import { RegistryError } from "@ocilayout/oci-types";
import { excerpt, requireString } from "@ocilayout/oci-types/authors";

import { isValidRepository, isValidTag } from "./grammar.ts";

/**
 * `name`, a valid repository name.
 *
 * @throws `RegistryError` `NAME_INVALID` where it is not valid; TypeError where it is no string.
 */
export function requireRepository(name: string): string {
  requireString(name, "a repository name");
  if (isValidRepository(name)) return name;
  throw new RegistryError("NAME_INVALID", `not a valid repository name: ${excerpt(name)}`);
}

/**
 * `tag`, a valid tag.
 *
 * @throws `RegistryError` `NAME_INVALID` where it is not valid; TypeError where it is no string.
 */
export function requireTag(tag: string): string {
  requireString(tag, "a tag");
  if (isValidTag(tag)) return tag;
  throw new RegistryError("NAME_INVALID", `not a valid tag: ${excerpt(tag)}`);
}
