import { collect } from "@ocilayout/oci-types";

import type { World } from "./content.ts";
import type { Operation, OperationChoice } from "./operation.ts";
import { operation } from "./operation.ts";

/** Reads everything that a sequence may have left behind, whether or not the sequence read it. */
export function everything(
  { repositories, tags, blobs, manifests, nowhere }: World,
  { promises }: OperationChoice,
): readonly Operation[] {
  return repositories.flatMap((repo) => [
    operation("tags", [repo, {}], ({ registry }) => collect(registry.tags(repo))),
    ...tags.map((tag) =>
      operation("resolveTag", [repo, tag], ({ registry }) => registry.resolveTag(repo, tag)),
    ),
    ...blobs.map(({ descriptor: { digest } }) =>
      operation("resolveBlob", [repo, digest], ({ registry }) => registry.resolveBlob(repo, digest)),
    ),
    ...manifests.map(({ descriptor: { digest } }) =>
      operation("resolveManifest", [repo, digest], ({ registry }) => registry.resolveManifest(repo, digest)),
    ),
    ...(promises("referrers") ? manifests : []).map(({ descriptor: { digest } }) =>
      operation("referrers", [repo, digest, {}], ({ registry }) => collect(registry.referrers(repo, digest))),
    ),
    operation("resolveManifest", [repo, nowhere], ({ registry }) => registry.resolveManifest(repo, nowhere)),
  ]);
}
