import { RegistryError } from "@ocilayout/oci-types";
import { excerpt, requireString } from "@ocilayout/oci-types/authors";

import { explain } from "./explain.ts";
import { isValidRepository, isValidTag } from "./grammar.ts";

/**
 * Returns `name`, a valid repository name.
 *
 * @throws `RegistryError` `NAME_INVALID` with the reason in `detail` if it is invalid; TypeError if it is not a string.
 */
export function requireRepository(name: string): string {
  requireString(name, "a repository name");
  if (isValidRepository(name)) return name;
  throw invalid("repository", `${excerpt(name)} is not a valid repository name`, name);
}

/**
 * Returns `tag`, a valid tag.
 *
 * @throws `RegistryError` `NAME_INVALID` with the reason in `detail` if it is invalid; TypeError if it is not a string.
 */
export function requireTag(tag: string): string {
  requireString(tag, "a tag");
  if (isValidTag(tag)) return tag;
  throw invalid("tag", `${excerpt(tag)} is not a valid tag`, tag);
}

function invalid(part: "repository" | "tag", message: string, value: string): RegistryError {
  const reason = explain(part, value);
  return new RegistryError("NAME_INVALID", `${message}: ${reason}`, { detail: { part, reason } });
}
