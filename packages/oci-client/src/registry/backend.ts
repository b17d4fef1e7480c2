import type { Backend, PushedManifest } from "@ocilayout/oci-backend";
import type { RegistryCapabilities } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import { deleteBlob, openBlob, sizeOfBlob } from "./blobs/blobs.ts";
import { listRepositories, listTags } from "./lists/lists.ts";
import {
  conditionHeaders,
  deleteRequest,
  isConditional,
  pushManifest,
  requireConditions,
} from "./manifests/push-manifest.ts";
import { findManifest, findTag, loadManifest, loadTag } from "./manifests/read-manifest.ts";
import { Attachments } from "./referrers/attachments.ts";
import { listReferrers } from "./referrers/referrers.ts";
import type { Remote } from "./remote/remote.ts";
import { askForChange } from "./remote/change.ts";
import { Mounts } from "./uploads/mounts.ts";
import type { PushSettings } from "./uploads/push-blob.ts";
import { pushBlob } from "./uploads/push-blob.ts";
import { Uploads } from "./uploads/sessions.ts";

/** Settings of {@link createRemoteBackend}. */
export interface RemoteSettings extends PushSettings {
  readonly verifyOnRead: boolean;
  /** Runs first in every call: see `Backend.begin`. */
  readonly begin: () => void;
}

/** The calls at a registry, and what remains to be ended. */
export interface RemoteBackend {
  readonly backend: Backend;
  /** Cancels the uploads of failed mounts. */
  readonly endMounts: () => Promise<void>;
}

/** Creates the storage of a registry over HTTP. The registry at the other end checks every change. */
export function createRemoteBackend(remote: Remote, settings: RemoteSettings): RemoteBackend {
  const mounts = new Mounts(remote);
  const uploads = new Uploads(remote);
  const attachments = new Attachments(remote);
  const { capabilities, maxManifestBytes } = remote;
  const methods: Backend = {
    openBlob: (call) => openBlob(remote, call),
    sizeOfBlob: (call) => sizeOfBlob(remote, call),
    findManifest: (call) => findManifest(remote, call),
    findTag: (call) => findTag(remote, call),
    loadManifest: (call) => loadManifest(remote, call),
    loadTag: (call) => loadTag(remote, call),
    pushBlob: (call) => pushBlob(remote, call, settings, mounts),
    mountBlob: (call) => mounts.mount(call),
    startUpload: (call) => uploads.start(call),
    resumeUpload: (call) => uploads.resume(call),
    findUpload: (call) => uploads.find(call),
    async pushManifest(call) {
      await pushManifest(remote, call);
      if (capabilities.referrers !== false) await attachments.add(call);
    },
    deleteBlob: (call) => deleteBlob(remote, call),
    async deleteManifest({ repository, digest, signal }) {
      return (
        (await askForChange(remote, deleteRequest(remote, repository, digest, signal), DELETED)).status !==
        404
      );
    },
    async deleteTag({ repository, tag, precondition, signal }) {
      if (isConditional(precondition)) requireConditions(remote, [tag]);
      const request = deleteRequest(remote, repository, tag, signal);
      return (
        (await askForChange(remote, { ...request, headers: conditionHeaders(precondition) }, DELETED))
          .status !== 404
      );
    },
    tags: (call) => listTags(remote, call),
    referrers: async (call) => listReferrers(remote, call),
    repositories: (call) => listRepositories(remote, call),
  };
  const { begin, verifyOnRead } = settings;
  const promised = without(methods, capabilities);
  const backend: Backend = {
    ...(capabilities.sha512 === false ? onlySha256(promised) : promised),
    capabilities,
    begin,
    verifyOnRead,
    maxManifestBytes,
  };
  return { backend, endMounts: () => mounts.close() };
}

/** The statuses of a delete that succeeded, or found nothing. */
const DELETED: readonly number[] = [200, 202, 204, 404];

/** The methods that a capability promises. */
const NEEDED: readonly (readonly [keyof RegistryCapabilities, readonly (keyof Backend)[]])[] = [
  ["deleteBlob", ["deleteBlob"]],
  ["deleteManifest", ["deleteManifest"]],
  ["deleteTag", ["deleteTag"]],
  ["resumableUploads", ["startUpload", "resumeUpload", "findUpload"]],
  ["mount", ["mountBlob"]],
  ["repositories", ["repositories"]],
  ["referrers", ["referrers"]],
];

/** Leaves out the methods that the registry does not promise, so that their calls fail with `UNSUPPORTED`. */
function without(methods: Backend, capabilities: Partial<RegistryCapabilities>): Backend {
  const left = NEEDED.filter(([capability]) => capabilities[capability] === false).flatMap(
    ([, names]) => names,
  );
  return Object.fromEntries(
    Object.entries(methods).filter(([name]) => !(left as readonly string[]).includes(name)),
  );
}

/** Rejects digests that the registry does not support. It would otherwise store content under another digest. */
function onlySha256(methods: Backend): Backend {
  const guarded = Object.entries(methods).map(([name, method]) => [
    name,
    (call: Partial<Record<"digest" | "algorithm", string>> & { readonly manifest?: PushedManifest }) => {
      const digest = call.digest ?? call.manifest?.descriptor.digest ?? call.algorithm ?? "sha256";
      if (!digest.startsWith("sha256")) throw unsupportedDigest(digest);
      return (method as (call: unknown) => unknown)(call);
    },
  ]);
  return Object.fromEntries(guarded) as Backend;
}

function unsupportedDigest(digest: string): RegistryError {
  const algorithm = digest.split(":")[0] ?? "";
  return new RegistryError("DIGEST_INVALID", `the registry does not support digests of ${algorithm}`, {
    detail: { algorithm, supported: ["sha256"] },
  });
}
