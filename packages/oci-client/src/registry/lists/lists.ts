import type { ListCall, RepositoriesCall } from "@ocilayout/oci-backend";
import { isRecord } from "@ocilayout/oci-types/authors";
import { isValidRepository, isValidTag } from "@ocilayout/ociref";

import { collectPages } from "./pages.ts";
import type { Remote } from "../remote/remote.ts";
import { pathOf, scopesOf } from "../remote/remote.ts";

/** Lists the tags of a repository (end-8a). Returns `undefined` if the repository does not exist. */
export async function listTags(
  remote: Remote,
  { repository, signal }: ListCall,
): Promise<string[] | undefined> {
  return collectPages(remote, {
    request: {
      target: pathOf(remote, repository, "tags/list"),
      scopes: scopesOf(remote, repository, "pull"),
      signal,
    },
    itemsOf: (document) => namesIn(document, "tags", isValidTag),
    keyOf: (tag) => tag,
    absent: [404],
  });
}

/** Lists the repositories, as Docker's registry does. */
export async function listRepositories(remote: Remote, { signal }: RepositoriesCall): Promise<string[]> {
  const names = await collectPages(remote, {
    request: {
      target: "/v2/_catalog",
      scopes: [{ type: "registry", name: "catalog", actions: ["*"] }],
      signal,
    },
    itemsOf: (document) => namesIn(document, "repositories", isValidRepository),
    keyOf: (name) => name,
    absent: [],
  });
  return names ?? [];
}

/** Returns the valid names in a member of a document. No call could use the others. */
function namesIn(document: unknown, member: string, isValid: (name: string) => boolean): readonly string[] {
  const names = isRecord(document) ? document[member] : undefined;
  if (!Array.isArray(names)) return [];
  return names.filter((name): name is string => typeof name === "string" && isValid(name));
}
