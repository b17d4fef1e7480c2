import type { BlobWriter, RegistryWriter, UploadOptions } from "@ocilayout/oci-types";
import { requireAlgorithm, requireCount, requireString } from "@ocilayout/oci-types/authors";

import { unknownUpload, uploadBusy, wasClosed, wrongOffset } from "../checks/errors.ts";
import type { Backend, UploadSession } from "./backend.ts";
import { beginCall } from "./begin.ts";
import { having } from "../checks/having.ts";
import type { UploadCall } from "./calls.ts";
import { repositoryCall } from "./reading.ts";
import { UploadWriter } from "./upload-writer.ts";

/** The default chunk size, in bytes. */
const CHUNK_BYTES = 1024 * 1024;

/** The writers of a registry. */
export interface Writers {
  /** The writers that hold a session. Each is removed when it has released its session. */
  readonly open: Set<BlobWriter>;
  /** Whether no more writers are opened. */
  areClosed: boolean;
}

interface Opening {
  readonly chunkSize: number;
  readonly signal: AbortSignal | undefined;
  /** How to end the session if the writers were closed while it was opened. */
  readonly ifClosed: "cancel" | "close";
}

/** Creates the calls for upload sessions of a registry over `backend`. */
export function defineUploads(
  backend: Backend,
  writers: Writers,
): Pick<RegistryWriter, "pushBlobChunked" | "pushBlobChunkedResume" | "resolveUpload" | "cancelUpload"> {
  const open = async (
    session: UploadSession,
    { chunkSize, signal, ifClosed }: Opening,
  ): Promise<BlobWriter> => {
    if (writers.areClosed) {
      await session[ifClosed]();
      throw wasClosed();
    }
    const onEnd = (ended: BlobWriter): void => void writers.open.delete(ended);
    const writer = new UploadWriter(session, { chunkSize, signal, onEnd });
    writers.open.add(writer);
    if (signal?.aborted === true) void writer.close();
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
      // No caller knows the id of a session that was just started.
      return open(session, { chunkSize, signal, ifClosed: "cancel" });
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
      return open(session, { chunkSize, signal, ifClosed: "close" });
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
