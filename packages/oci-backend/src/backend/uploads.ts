import type { BlobWriter, RegistryWriter, UploadOptions } from "@ocilayout/oci-types";
import { requireAlgorithm, requireCount, requireString } from "@ocilayout/oci-types/authors";

import { unknownUpload, uploadBusy, wrongOffset } from "../checks/errors.ts";
import type { Backend, UploadSession } from "./backend.ts";
import { beginCall } from "./begin.ts";
import { having } from "../checks/having.ts";
import type { UploadCall } from "./calls.ts";
import { repositoryCall } from "./reading.ts";
import { UploadWriter } from "./upload-writer.ts";

/** The default chunk size, in bytes. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Creates the calls for upload sessions of a registry over `backend`.
 *
 * @param writers - The open writers. Each is removed when it ends.
 */
export function defineUploads(
  backend: Backend,
  writers: Set<BlobWriter>,
): Pick<RegistryWriter, "pushBlobChunked" | "pushBlobChunkedResume" | "resolveUpload" | "cancelUpload"> {
  const open = (session: UploadSession, chunkSize: number, signal: AbortSignal | undefined): BlobWriter => {
    const onEnd = (ended: BlobWriter): void => void writers.delete(ended);
    const writer = new UploadWriter(session, { chunkSize, signal, onEnd });
    if (writer.isOpen) writers.add(writer);
    return writer;
  };
  const resume = async (call: UploadCall, operation: string): Promise<UploadSession> => {
    const session = await having(backend, "resumeUpload", operation).resumeUpload(call);
    if (session === undefined) throw unknownUpload();
    if (session === "busy") throw uploadBusy();
    return session;
  };
  const uploadCall = (repo: string, id: string, signal: AbortSignal | undefined): UploadCall => {
    requireString(id, "an upload id");
    return { ...repositoryCall(repo, signal), id };
  };
  return {
    async pushBlobChunked(repo, options = {}) {
      const signal = beginCall(backend, "write", options);
      const call = repositoryCall(repo, signal);
      const chunkSize = chunkSizeOf(options);
      const algorithm = requireAlgorithm(options.digestAlgorithm ?? "sha256");
      const session = await having(backend, "startUpload", "pushBlobChunked").startUpload({
        ...call,
        algorithm,
      });
      return open(session, chunkSize, signal);
    },
    async pushBlobChunkedResume(repo, id, options = {}) {
      const signal = beginCall(backend, "write", options);
      const call = uploadCall(repo, id, signal);
      const chunkSize = chunkSizeOf(options);
      const offset = options.offset === undefined ? undefined : requireCount(options.offset, "offset");
      const session = await resume(call, "pushBlobChunkedResume");
      const { size } = session;
      if (offset !== undefined && offset !== size) {
        await session.close();
        throw wrongOffset(size, offset);
      }
      return open(session, chunkSize, signal);
    },
    async resolveUpload(repo, id, options = {}) {
      const call = uploadCall(repo, id, beginCall(backend, "read", options));
      const found = await having(backend, "findUpload", "resolveUpload").findUpload(call);
      if (found === undefined) throw unknownUpload();
      return { id, size: found.size, chunkSize: CHUNK_BYTES };
    },
    async cancelUpload(repo, id, options = {}) {
      const session = await resume(
        uploadCall(repo, id, beginCall(backend, "write", options)),
        "cancelUpload",
      );
      await session.cancel();
    },
  };
}

function chunkSizeOf({ chunkSize }: UploadOptions): number {
  return chunkSize === undefined || requireCount(chunkSize, "chunkSize") === 0 ? CHUNK_BYTES : chunkSize;
}
