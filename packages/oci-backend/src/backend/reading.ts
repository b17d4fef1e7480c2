import type { BlobReader, Descriptor, RegistryReader } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";
import { requireCount, requireDigest, requireFlag, requireObject } from "@ocilayout/oci-types/authors";
import { requireRepository, requireTag } from "@ocilayout/ociref";

import type { BlobReaderOptions } from "../content/blob-reader.ts";
import { createBlobReader } from "../content/blob-reader.ts";
import { isVerified } from "../content/verified.ts";
import { rangeOutside, unknownBlob, unknownManifest, unknownTag } from "../checks/errors.ts";
import { having } from "../checks/having.ts";
import { requireReading } from "../checks/reading.ts";
import type { Backend, StoredContent } from "./backend.ts";
import type { StoredManifest } from "../manifest/pushed-manifest.ts";
import { beginCall } from "./begin.ts";
import type { DigestCall, ReadCall, RepositoryCall } from "./calls.ts";
import { chunksOf, close, describeBlob, sizeOf, sizeOfBlob } from "./stored-content.ts";

/** Creates the reading part of a registry over `backend`. */
export function defineReader(backend: Backend): RegistryReader {
  const { verifyOnRead = true } = backend;

  const readBlob = (
    repo: string,
    digest: string,
    options: Parameters<RegistryReader["getBlob"]>[2] = {},
  ): { readonly call: ReadCall; readonly reading: Pick<BlobReaderOptions, "signal" | "verify"> } => {
    const signal = beginCall(backend, "read", options);
    const verify = requireFlag(options.verify ?? verifyOnRead, "verify");
    const call = { ...digestCall(repo, digest, signal), ...requireReading(options) };
    return { call, reading: { signal, verify } };
  };

  const findManifest = async (call: DigestCall): Promise<Descriptor> => {
    const descriptor = await having(backend, "findManifest").findManifest(call);
    if (descriptor === undefined) throw unknownManifest(call.repository, call.digest);
    return descriptor;
  };

  const findTag = async ({ repository, signal }: RepositoryCall, tag: string): Promise<Descriptor> => {
    const call = { repository, tag: requireTag(tag), signal };
    const descriptor = await having(backend, "findTag").findTag(call);
    if (descriptor === undefined) throw unknownTag(repository, tag);
    return plain(descriptor);
  };

  const readManifest = async (
    { repository, signal }: RepositoryCall,
    descriptor: Descriptor,
  ): Promise<BlobReader> => {
    const call = { repository, descriptor, signal };
    const content = await having(backend, "openManifest").openManifest(call);
    if (content === undefined) throw unknownManifest(repository, descriptor.digest);
    return read(descriptor, content, { signal, verify: verifyOnRead });
  };

  const readLoaded = ({ descriptor, content }: StoredManifest, signal: AbortSignal | undefined): BlobReader =>
    read(plain(descriptor), content, { signal, verify: verifyOnRead });

  return {
    async getBlob(repo, digest, options) {
      const { call, reading } = readBlob(repo, digest, options);
      const content = await having(backend, "openBlob").openBlob(call);
      if (content === undefined) throw unknownBlob(call.digest);
      return read(describeBlob(call.digest, sizeOf(content)), content, reading);
    },
    async getBlobRange(repo, digest, range, options) {
      const { start, end } = requireRange(range);
      const { call, reading } = readBlob(repo, digest, options);
      const content = await having(backend, "openBlob").openBlob({ ...call, range: { start, end } });
      if (content === undefined) throw unknownBlob(call.digest);
      const size = sizeOf(content);
      if (start > size) {
        await close(content);
        throw rangeOutside(size);
      }
      const stop = Math.min(end ?? size, size);
      return read(describeBlob(call.digest, size), content, { ...reading, verify: false }, start, stop);
    },
    async getManifest(repo, digest, options = {}) {
      const call = digestCall(repo, digest, beginCall(backend, "read", options));
      if (backend.loadManifest === undefined) return readManifest(call, await findManifest(call));
      const stored = await backend.loadManifest(call);
      if (stored === undefined) throw unknownManifest(call.repository, call.digest);
      return readLoaded(stored, call.signal);
    },
    async getTag(repo, tag, options = {}) {
      const call = repositoryCall(repo, beginCall(backend, "read", options));
      if (backend.loadTag === undefined) return readManifest(call, await findTag(call, tag));
      const stored = await backend.loadTag({ ...call, tag: requireTag(tag) });
      if (stored === undefined) throw unknownTag(call.repository, tag);
      return readLoaded(stored, call.signal);
    },
    async resolveBlob(repo, digest, options = {}) {
      const call = digestCall(repo, digest, beginCall(backend, "read", options));
      const size = await sizeOfBlob(backend, call);
      if (size === undefined) throw unknownBlob(call.digest);
      return describeBlob(call.digest, size);
    },
    async resolveManifest(repo, digest, options = {}) {
      const call = digestCall(repo, digest, beginCall(backend, "read", options));
      if (backend.resolveManifest === undefined) return plain(await findManifest(call));
      const descriptor = await backend.resolveManifest(call);
      if (descriptor === undefined) throw unknownManifest(call.repository, call.digest);
      return plain(descriptor);
    },
    async resolveTag(repo, tag, options = {}) {
      return findTag(repositoryCall(repo, beginCall(backend, "read", options)), tag);
    },
  };
}

/** Returns a call about `repo`, after checking the name. */
export function repositoryCall(repo: string, signal: AbortSignal | undefined): RepositoryCall {
  return { repository: requireRepository(repo), signal };
}

/** Returns a call about `digest` in `repo`, after checking both. */
export function digestCall(repo: string, digest: string, signal: AbortSignal | undefined): DigestCall {
  return { repository: requireRepository(repo), digest: requireDigest(digest).digest, signal };
}

/** Returns a descriptor with exactly the members of a resolved manifest. */
function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

function read(
  descriptor: Descriptor,
  content: StoredContent,
  { signal, verify }: Pick<BlobReaderOptions, "signal" | "verify">,
  start = 0,
  end: number = sizeOf(content),
): BlobReader {
  if (content instanceof Uint8Array)
    return createBlobReader(descriptor, content.subarray(start, end), {
      signal,
      verify: verify === true && !(isVerified(content) && content.length === descriptor.size),
    });
  const { chunks } = content;
  return createBlobReader(descriptor, chunksOf(content, start, end), { signal, verify, chunks });
}

function requireRange(range: { readonly start: number; readonly end?: number | undefined }): {
  start: number;
  end: number | undefined;
} {
  requireObject(range, "a range");
  const start = requireCount(range.start, "start");
  const end = range.end === undefined ? undefined : requireCount(range.end, "end");
  if (end === undefined || start <= end) return { start, end };
  throw new RegistryError("RANGE_INVALID", `cannot read a range: start ${start} is greater than end ${end}`);
}
