import type {
  BlobWriter,
  CallOptions,
  Descriptor,
  Registry,
  RegistryWriter,
  ResumeUploadOptions,
  UploadOptions,
  UploadStatus,
} from "@ocilayout/oci-types";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";
import { requireAlgorithm } from "@ocilayout/oci-types/authors";

/** The calls that keep an upload between two requests. */
export type UploadCalls = Pick<
  RegistryWriter,
  "pushBlobChunked" | "pushBlobChunkedResume" | "resolveUpload" | "cancelUpload"
>;

interface Session {
  readonly repository: string;
  isWriting: boolean;
}

/**
 * The upload calls of a registry. If the registry keeps no uploads, sessions without content replace them. A client can
 * then begin with a POST and send the whole blob with a PUT, which the server passes on while it receives it. A blob in
 * several requests fails with `UNSUPPORTED`.
 */
export class OneRequestUploads implements UploadCalls {
  readonly #registry: Registry;
  readonly #sessions: Map<string, Session> = new Map();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async pushBlobChunked(repo: string, options: UploadOptions = {}): Promise<BlobWriter> {
    if (this.#registry.capabilities?.resumableUploads !== false) {
      try {
        return await this.#registry.pushBlobChunked(repo, options);
      } catch (error) {
        if (!isRegistryError(error, "UNSUPPORTED")) throw error;
      }
    }
    const { digestAlgorithm } = options;
    if (digestAlgorithm !== undefined) requireAlgorithm(digestAlgorithm);
    const id = crypto.randomUUID();
    const session = { repository: repo, isWriting: true };
    this.#sessions.set(id, session);
    return this.#writer(id, session);
  }

  async pushBlobChunkedResume(
    repo: string,
    id: string,
    options: ResumeUploadOptions = {},
  ): Promise<BlobWriter> {
    const session = this.#find(repo, id);
    if (session === undefined)
      return this.#ask(() => this.#registry.pushBlobChunkedResume(repo, id, options));
    if (session.isWriting)
      throw new RegistryError("BLOB_UPLOAD_INVALID", "another request is using this upload");
    if ((options.offset ?? 0) !== 0)
      throw new RegistryError("RANGE_INVALID", `the upload has 0 bytes, not ${options.offset}`, {
        detail: { size: 0 },
      });
    session.isWriting = true;
    return this.#writer(id, session);
  }

  async resolveUpload(repo: string, id: string, options: CallOptions = {}): Promise<UploadStatus> {
    if (this.#find(repo, id) === undefined)
      return this.#ask(() => this.#registry.resolveUpload(repo, id, options));
    return { id, size: 0, chunkSize: 0 };
  }

  async cancelUpload(repo: string, id: string, options: CallOptions = {}): Promise<void> {
    const session = this.#find(repo, id);
    if (session === undefined) return this.#ask(() => this.#registry.cancelUpload(repo, id, options));
    if (session.isWriting)
      throw new RegistryError("BLOB_UPLOAD_INVALID", "another request is using this upload");
    this.#sessions.delete(id);
  }

  #find(repo: string, id: string): Session | undefined {
    const session = this.#sessions.get(id);
    return session?.repository === repo ? session : undefined;
  }

  /**
   * Calls the registry for a session that is unknown here. If the registry keeps no uploads, the session is unknown,
   * and the client starts again.
   */
  async #ask<Value>(call: () => Promise<Value>): Promise<Value> {
    try {
      return await call();
    } catch (error) {
      if (isRegistryError(error, "UNSUPPORTED"))
        throw new RegistryError("BLOB_UPLOAD_UNKNOWN", undefined, { cause: error });
      throw error;
    }
  }

  #writer(id: string, session: Session): BlobWriter {
    const close = async (): Promise<void> => {
      session.isWriting = false;
    };
    const refuse = async (): Promise<never> => {
      throw new RegistryError(
        "UNSUPPORTED",
        "this registry does not support chunks: send the blob in one POST with its digest, or in one PUT after a POST",
      );
    };
    const cancel = async (): Promise<void> => {
      this.#sessions.delete(id);
    };
    return {
      id,
      size: 0,
      chunkSize: 0,
      write: refuse,
      commit: (digest) => this.#commitEmpty(session.repository, digest, cancel),
      close,
      cancel,
      [Symbol.asyncDispose]: close,
    };
  }

  /** Completes an empty upload, for a PUT without content. */
  async #commitEmpty(repository: string, digest: string, cancel: () => Promise<void>): Promise<Descriptor> {
    const pushed = await this.#registry.pushBlob(repository, { digest, size: 0 }, new Uint8Array());
    await cancel();
    return pushed;
  }
}
