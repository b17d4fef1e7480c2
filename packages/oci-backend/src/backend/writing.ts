import type { CallOptions, RegistryWriter } from "@ocilayout/oci-types";
import { computeDigest, parseManifest } from "@ocilayout/oci-types";
import {
  readBlobSource,
  requireArray,
  requireBytes,
  requireCount,
  requireDigest,
  requireObject,
} from "@ocilayout/oci-types/authors";
import { requireRepository, requireTag } from "@ocilayout/ociref";

import { manifestTooLarge, unknownBlob, wrongDigest } from "../checks/errors.ts";
import { having } from "../checks/having.ts";
import { requirePrecondition } from "../checks/precondition.ts";
import { pauseIfDue } from "../event-loop/pace.ts";
import type { Backend } from "./backend.ts";
import { beginCall } from "./begin.ts";
import type { PushedManifest } from "../manifest/pushed-manifest.ts";
import type { Changes } from "./changes.ts";
import { pushBlobCall } from "./pushed-content.ts";
import { digestCall, repositoryCall } from "./reading.ts";
import { describeBlob, maxManifestBytesOf } from "./stored-content.ts";

/** Creates the writing part of a registry over `backend`, without upload sessions. */
export function defineWriter(
  backend: Backend,
  changes: Changes,
): Pick<RegistryWriter, "pushBlob" | "mountBlob" | "pushManifest"> {
  const maxManifestBytes = maxManifestBytesOf(backend);
  return {
    async pushBlob(repo, descriptor, content, options: CallOptions = {}) {
      const chunks = readBlobSource(content, options);
      try {
        const signal = beginCall(backend, "write", options);
        const { repository } = repositoryCall(repo, signal);
        requireObject(descriptor, "a descriptor");
        const { digest } = requireDigest(descriptor.digest);
        const size = descriptor.size === undefined ? undefined : requireCount(descriptor.size, "size");
        const call = pushBlobCall({ repository, signal }, { digest, size }, chunks);
        const stored = await having(backend, "pushBlob").pushBlob(call);
        return describeBlob(digest, stored);
      } finally {
        await chunks.return();
      }
    },
    async mountBlob(fromRepo, toRepo, digest, options = {}) {
      const signal = beginCall(backend, "write", options);
      const from = fromRepo === undefined ? undefined : requireRepository(fromRepo);
      const call = { ...digestCall(toRepo, digest, signal), from };
      const size = await having(backend, "mountBlob").mountBlob(call);
      if (size === undefined) throw unknownBlob(call.digest);
      return describeBlob(call.digest, size);
    },
    async pushManifest(repo, content, mediaType, options = {}) {
      const signal = beginCall(backend, "write", options);
      // A copy, because the caller may reuse its memory when this call has returned its promise.
      const bytes = requireBytes(content, "a manifest").slice();
      const { repository } = repositoryCall(repo, signal);
      const tags = requireTags(options.tags);
      const precondition = { ifMatch: options.ifMatch, ifNoneMatch: options.ifNoneMatch };
      requirePrecondition(precondition, tags);
      if (bytes.length > maxManifestBytes) throw manifestTooLarge(maxManifestBytes);
      const manifest = await checkPushed(bytes, mediaType, options.digest);
      signal?.throwIfAborted();
      await having(changes, "pushManifest").pushManifest({
        repository,
        manifest,
        tags,
        precondition,
        signal,
      });
      return { ...manifest.descriptor };
    },
  };
}

/** Hashes and parses a pushed manifest. No other step of a push does so again. */
async function checkPushed(
  content: Uint8Array<ArrayBuffer>,
  mediaType: string,
  named: string | undefined,
): Promise<PushedManifest> {
  const expected = named === undefined ? undefined : requireDigest(named);
  // Thousands of pushes at once must not block the event loop.
  await pauseIfDue();
  const { digest, size } = await computeDigest(content, { algorithm: expected?.algorithm });
  if (expected !== undefined && expected.digest !== digest) throw wrongDigest(expected.digest, digest);
  const parsed = parseManifest(content, mediaType);
  return { content, parsed, descriptor: { mediaType: parsed.mediaType, digest, size } };
}

/** Returns the tags of a push, checked and without duplicates. */
function requireTags(tags: readonly string[] = []): string[] {
  requireArray(tags, "tags");
  return [...new Set(tags)].map((tag) => requireTag(tag));
}
