import { collect } from "@ocilayout/oci-types";

import { json, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../case.ts";
import { equal, rejects } from "../context.ts";
import { bytes, imageIndex, imageManifest, nowhere, other, pushArtifact, repo } from "./content.ts";

const cites = "clause 21; distribution-spec end-12";
const absent = { mediaType: imageManifest, digest: nowhere, size: 7 };

/** What a registry says of referrers. */
export const referrerCases: readonly ConformanceCase[] = [
  {
    id: "REFERRER-01", title: "the referrers of a manifest are those whose subject it is, in the order of their digests", level: "MUST", cites, needs: ["referrers"],
    why: "signatures and SBOMs are found this way", lookFor: "a subject that is not kept, or the order of pushes",
    run: async ({ registry }) => {
      const pushed = [await pushArtifact(registry, "x", [], absent), await pushArtifact(registry, "y", [], absent), await pushArtifact(registry, "z", [], absent)];
      await pushArtifact(registry, "not about it");
      const found = await collect(registry.referrers(repo, nowhere));
      equal(found.map(({ digest }) => digest), pushed.map(({ digest }) => digest).sort(), "the referrers' digests");
      const x = found.find(({ annotations }) => annotations?.["name"] === "x");
      equal(x, { ...pushed[0], artifactType: "application/vnd.conformance", annotations: { name: "x" } }, "a referrer's descriptor");
    },
  },
  {
    id: "REFERRER-02", title: "an unknown repository or subject has none, and is no error", level: "MUST", cites: "clause 21; distribution-spec, listing referrers: never 404", needs: ["referrers"],
    why: "who looks for signatures would take the error for a failure", lookFor: "a lookup that rejects",
    run: async ({ registry }) => {
      equal(await collect(registry.referrers("conformance/nowhere", nowhere)), [], "the referrers in an unknown repository");
      await pushArtifact(registry, "one");
      equal(await collect(registry.referrers(repo, nowhere)), [], "the referrers of an unknown subject");
      await rejects(() => collect(registry.referrers(repo, "")), "DIGEST_INVALID");
    },
  },
  {
    id: "REFERRER-03", title: "without an artifact type the config's media type counts, and an index has none", level: "MUST", cites, needs: ["referrers"],
    why: "artifacts of before OCI 1.1 say it there", lookFor: "only one of the two places",
    run: async ({ registry }) => {
      const config = await pushContent(registry, repo, json({}, "application/vnd.old.config"));
      const manifest = { schemaVersion: 2, mediaType: imageManifest, config: { ...config, mediaType: "application/vnd.old.config" }, layers: [], subject: absent };
      const old = await registry.pushManifest(repo, bytes(JSON.stringify(manifest)), imageManifest);
      const list = await registry.pushManifest(repo, bytes(JSON.stringify({ schemaVersion: 2, mediaType: imageIndex, manifests: [], subject: absent })), imageIndex);
      const found = await collect(registry.referrers(repo, nowhere));
      equal(found.find(({ digest }) => digest === old.digest)?.artifactType, "application/vnd.old.config", "the old artifact's type");
      equal(found.find(({ digest }) => digest === list.digest)?.artifactType, undefined, "the index's type");
      equal((await collect(registry.referrers(repo, nowhere, { artifactType: "application/vnd.old.config" }))).map(({ digest }) => digest), [old.digest], "those of that type");
    },
  },
  {
    id: "REFERRER-04", title: "another repository's referrers are not this one's", level: "MUST", cites, needs: ["referrers"],
    why: "a signature would count where nobody put it", lookFor: "one list for all repositories",
    run: async ({ registry }) => {
      await pushArtifact(registry, "here", [], absent);
      equal(await collect(registry.referrers(other, nowhere)), [], "the other repository's referrers");
    },
  },
  {
    id: "REFERRER-05", title: "a deleted referrer is none any more; a list has a beginning and an end", level: "MUST", cites, needs: ["referrers", "deleteManifest"],
    why: "a revoked signature must not be found", lookFor: "relations that are kept when the manifest goes",
    run: async ({ registry }) => {
      const pushed = [await pushArtifact(registry, "x", [], absent), await pushArtifact(registry, "y", [], absent), await pushArtifact(registry, "z", [], absent)];
      const digests = pushed.map(({ digest }) => digest).sort();
      const list = async (options: object): Promise<string[]> => (await collect(registry.referrers(repo, nowhere, options))).map(({ digest }) => digest);
      equal(await list({ startAfter: digests[0], limit: 1 }), digests.slice(1, 2), "one after the first");
      await registry.deleteManifest(repo, digests[0] ?? "");
      equal(await list({}), digests.slice(1), "those that are left");
    },
  },
];
