import { RegistryError } from "@ocilayout/oci-types";
import { excerpt, requireString } from "@ocilayout/oci-types/authors";

import { isValidRepository, isValidTag } from "./grammar.ts";

/**
 * Returns `name`, a valid repository name.
 *
 * @throws `RegistryError` `NAME_INVALID` if it is invalid; TypeError if it is not a string.
 */
export function requireRepository(name: string): string {
  requireString(name, "a repository name");
  if (isValidRepository(name)) return name;
  throw new RegistryError("NAME_INVALID", `${excerpt(name)} is not a valid repository name`);
}

/**
 * Returns `tag`, a valid tag.
 *
 * @throws `RegistryError` `NAME_INVALID` if it is invalid; TypeError if it is not a string.
 */
export function requireTag(tag: string): string {
  requireString(tag, "a tag");
  if (isValidTag(tag)) return tag;
  throw new RegistryError("NAME_INVALID", `${excerpt(tag)} is not a valid tag`);
}
