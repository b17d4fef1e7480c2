import type { RegistryDeleter } from "@ocilayout/oci-types";
import { requireTag } from "@ocilayout/ociref";

import { unknownBlob, unknownManifest, unknownTag } from "../checks/errors.ts";
import { requirePrecondition } from "../checks/precondition.ts";
import type { Backend } from "./backend.ts";
import { having } from "../checks/having.ts";
import { beginCall } from "./begin.ts";
import type { Changes } from "./changes.ts";
import { digestCall, repositoryCall } from "./reading.ts";

/** Creates the deleting part of a registry over `backend`. */
export function defineDeleter(backend: Backend, changes: Changes): RegistryDeleter {
  return {
    async deleteBlob(repo, digest, options = {}) {
      const call = digestCall(repo, digest, beginCall(backend, "write", options));
      if (!(await having(changes, "deleteBlob").deleteBlob(call))) throw unknownBlob(call.digest);
    },
    async deleteManifest(repo, digest, options = {}) {
      const call = digestCall(repo, digest, beginCall(backend, "write", options));
      if (!(await having(changes, "deleteManifest").deleteManifest(call)))
        throw unknownManifest(call.repository, call.digest);
    },
    async deleteTag(repo, tag, options = {}) {
      const call = repositoryCall(repo, beginCall(backend, "write", options));
      const precondition = { ifMatch: options.ifMatch, ifNoneMatch: options.ifNoneMatch };
      requirePrecondition(precondition, [requireTag(tag)]);
      if (!(await having(changes, "deleteTag").deleteTag({ ...call, tag, precondition })))
        throw unknownTag(call.repository, tag);
    },
  };
}
