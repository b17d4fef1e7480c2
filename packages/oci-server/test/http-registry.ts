import type {
  BlobReader,
  BlobSource,
  BlobWriter,
  ByteRange,
  CallOptions,
  Descriptor,
  ListOptions,
  Registry,
  ErrorDetails,
  RegistryErrorCode,
  UploadStatus,
} from "@ocilayout/oci-types";
import { createBlobReader, requirePrecondition } from "@ocilayout/oci-backend";
import { isRegistryError, octetStream, RegistryError } from "@ocilayout/oci-types";
import {
  readBlobSource,
  requireBytes,
  requireCount,
  requireDigest,
  requireSignal,
  requireString,
} from "@ocilayout/oci-types/authors";
import { isValidTag, requireRepository } from "@ocilayout/ociref";

/** Sends a request: `fetch`, or a handler without a network. */
export type Send = (request: Request) => Promise<Response>;

/**
 * Opens a registry behind HTTP, for the kit. It checks only what a request of the distribution-spec cannot express. The
 * server checks the rest.
 */
export function openHttpRegistry(base: string, send: Send, capabilities: Registry["capabilities"]): Registry {
  return new HttpRegistry(base, send, capabilities);
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal | undefined;
}

class HttpRegistry implements Registry {
  readonly capabilities: Registry["capabilities"];
  readonly #base: string;
  readonly #send: Send;
  /**
   * The sessions with a writer here. Between two requests, a server does not know which client an upload belongs to.
   */
  readonly #writing: Set<string> = new Set();

  constructor(base: string, send: Send, capabilities: Registry["capabilities"]) {
    this.#base = base;
    this.#send = send;
    this.capabilities = capabilities;
  }

  async getBlob(repo: string, digest: string, options: CallOptions = {}): Promise<BlobReader> {
    return this.#get(path(repo, "blobs", requireDigest(digest).digest), options);
  }

  async getBlobRange(
    repo: string,
    digest: string,
    { start, end }: ByteRange,
    options: CallOptions = {},
  ): Promise<BlobReader> {
    requireCount(start, "start");
    if (end !== undefined) requireCount(end, "end");
    const descriptor = await this.resolveBlob(repo, digest, options);
    const until = Math.min(end ?? descriptor.size, descriptor.size);
    if (start > descriptor.size || start > (end ?? descriptor.size)) throw new RegistryError("RANGE_INVALID");
    if (start >= until) return createBlobReader(descriptor, new Uint8Array(), { verify: false });
    return this.#get(
      path(repo, "blobs", digest),
      options,
      { range: `bytes=${start}-${until - 1}` },
      descriptor,
    );
  }

  async getManifest(repo: string, digest: string, options: CallOptions = {}): Promise<BlobReader> {
    return this.#get(path(repo, "manifests", requireDigest(digest).digest), options);
  }

  async getTag(repo: string, tag: string, options: CallOptions = {}): Promise<BlobReader> {
    return this.#get(path(repo, "manifests", requireTag(tag)), options);
  }

  async resolveBlob(repo: string, digest: string, options: CallOptions = {}): Promise<Descriptor> {
    return this.#head(path(repo, "blobs", requireDigest(digest).digest), options);
  }

  async resolveManifest(repo: string, digest: string, options: CallOptions = {}): Promise<Descriptor> {
    return this.#head(path(repo, "manifests", requireDigest(digest).digest), options);
  }

  async resolveTag(repo: string, tag: string, options: CallOptions = {}): Promise<Descriptor> {
    return this.#head(path(repo, "manifests", requireTag(tag)), options);
  }

  async pushBlob(
    repo: string,
    { digest, size }: { digest: string; size?: number | undefined },
    content: BlobSource,
    options: CallOptions = {},
  ): Promise<Descriptor> {
    const source = readBlobSource(content, options);
    try {
      options.signal?.throwIfAborted();
      const target = `${path(repo, "blobs", "uploads/")}?digest=${encodeURIComponent(requireDigest(digest).digest)}`;
      const body = await collectBytes(source, size === undefined ? undefined : requireCount(size, "size"));
      const response = await this.#ask(target, {
        method: "POST",
        headers: { "content-type": octetStream },
        body,
        signal: options.signal,
      });
      return { mediaType: octetStream, digest: digestOf(response), size: body.length };
    } finally {
      await source.return();
    }
  }

  async pushBlobChunked(
    repo: string,
    {
      digestAlgorithm,
      chunkSize,
      signal,
    }: CallOptions & { digestAlgorithm?: string | undefined; chunkSize?: number | undefined } = {},
  ): Promise<BlobWriter> {
    if (chunkSize !== undefined) requireCount(chunkSize, "chunkSize");
    if (digestAlgorithm !== undefined) requireString(digestAlgorithm, "digestAlgorithm");
    const query =
      digestAlgorithm === undefined ? "" : `?digest-algorithm=${encodeURIComponent(digestAlgorithm)}`;
    const response = await this.#ask(path(repo, "blobs", "uploads/") + query, { method: "POST", signal });
    return this.#writer(response, chunkSize, signal);
  }

  async pushBlobChunkedResume(
    repo: string,
    id: string,
    {
      offset,
      chunkSize,
      signal,
    }: CallOptions & { offset?: number | undefined; chunkSize?: number | undefined } = {},
  ): Promise<BlobWriter> {
    requireString(id, "id");
    if (chunkSize !== undefined) requireCount(chunkSize, "chunkSize");
    if (offset !== undefined) requireCount(offset, "offset");
    const response = await this.#ask(uploadPath(repo, id), { signal });
    if (this.#writing.has(id)) throw new RegistryError("BLOB_UPLOAD_INVALID");
    if (offset !== undefined && offset !== offsetOf(response)) throw new RegistryError("RANGE_INVALID");
    return this.#writer(response, chunkSize, signal);
  }

  async resolveUpload(repo: string, id: string, { signal }: CallOptions = {}): Promise<UploadStatus> {
    requireString(id, "id");
    const response = await this.#ask(uploadPath(repo, id), { signal });
    return { id, size: offsetOf(response), chunkSize: DEFAULT_CHUNK };
  }

  async cancelUpload(repo: string, id: string, { signal }: CallOptions = {}): Promise<void> {
    requireString(id, "id");
    await this.#ask(uploadPath(repo, id), { method: "DELETE", signal });
  }

  async mountBlob(
    fromRepo: string | undefined,
    toRepo: string,
    digest: string,
    { signal }: CallOptions = {},
  ): Promise<Descriptor> {
    const query = new URLSearchParams({ mount: requireDigest(digest).digest });
    if (fromRepo !== undefined) query.set("from", requireRepository(fromRepo));
    const response = await this.#ask(`${path(toRepo, "blobs", "uploads/")}?${query.toString()}`, {
      method: "POST",
      signal,
    });
    if (response.status === 201) return this.resolveBlob(toRepo, digest);
    await this.#ask(response.headers.get("location") ?? "", { method: "DELETE" });
    throw new RegistryError("BLOB_UNKNOWN");
  }

  async pushManifest(
    repo: string,
    content: Uint8Array,
    mediaType: string,
    options: CallOptions & {
      digest?: string | undefined;
      tags?: readonly string[] | undefined;
      ifMatch?: string | undefined;
      ifNoneMatch?: "*" | undefined;
    } = {},
  ): Promise<Descriptor> {
    const { digest, tags = [], ifMatch, ifNoneMatch, signal } = options;
    const body = requireBytes(content, "a manifest").slice();
    requireString(mediaType, "a media type");
    const given: unknown = tags;
    if (!Array.isArray(given)) throw new TypeError("tags is not a list");
    requirePrecondition(options, tags);
    for (const tag of tags) requireTag(tag);
    const [first, ...others] = tags;
    const named = digest === undefined ? (first ?? (await sha256(body))) : requireDigest(digest).digest;
    const further = digest === undefined ? others : tags;
    const query = new URLSearchParams(further.map((tag): [string, string] => ["tag", tag]));
    const headers: Record<string, string> = { "content-type": mediaType };
    if (ifMatch !== undefined) headers["if-match"] = ifMatch === "*" ? "*" : `"${ifMatch}"`;
    if (ifNoneMatch !== undefined) headers["if-none-match"] = ifNoneMatch;
    const response = await this.#ask(`${path(repo, "manifests", named)}?${query.toString()}`, {
      method: "PUT",
      headers,
      body,
      signal,
    });
    const applied = (response.headers.get("oci-tag") ?? "").split(", ").filter((tag) => tag !== "");
    if (applied.join() !== further.join())
      throw new Error(`cannot set the tags: expected ${further.join()}, received ${applied.join()}`);
    return {
      mediaType: mediaType.replace(/\s*;.*$/s, "").trim(),
      digest: digestOf(response),
      size: body.length,
    };
  }

  async deleteBlob(repo: string, digest: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#ask(path(repo, "blobs", requireDigest(digest).digest), { method: "DELETE", signal });
  }

  async deleteManifest(repo: string, digest: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#ask(path(repo, "manifests", requireDigest(digest).digest), { method: "DELETE", signal });
  }

  async deleteTag(
    repo: string,
    tag: string,
    options: CallOptions & { ifMatch?: string | undefined; ifNoneMatch?: "*" | undefined } = {},
  ): Promise<void> {
    const { ifMatch, ifNoneMatch, signal } = options;
    requirePrecondition(options, [tag]);
    const headers: Record<string, string> = {};
    if (ifMatch !== undefined) headers["if-match"] = ifMatch === "*" ? "*" : `"${ifMatch}"`;
    if (ifNoneMatch !== undefined) headers["if-none-match"] = ifNoneMatch;
    await this.#ask(path(repo, "manifests", requireTag(tag)), { method: "DELETE", headers, signal });
  }

  tags(repo: string, options: ListOptions = {}): AsyncIterable<string> {
    return this.#pages(
      () => path(repo, "tags", "list"),
      options,
      (body) => (body as { tags: string[] }).tags,
    );
  }

  repositories(options: ListOptions = {}): AsyncIterable<string> {
    return this.#pages(
      () => "/v2/_catalog",
      options,
      (body) => (body as { repositories: string[] }).repositories,
    );
  }

  referrers(
    repo: string,
    digest: string,
    options: ListOptions & { artifactType?: string | undefined } = {},
  ): AsyncIterable<Descriptor> {
    const { artifactType } = options;
    return this.#pages(
      () => {
        if (options.startAfter !== undefined && options.startAfter !== "") requireDigest(options.startAfter);
        if (artifactType !== undefined) requireString(artifactType, "artifactType");
        return path(repo, "referrers", requireDigest(digest).digest);
      },
      options,
      (body) => (body as { manifests: Descriptor[] }).manifests,
      artifactType === undefined ? {} : { artifactType },
    );
  }

  async *#pages<Item>(
    pathOf: () => string,
    { startAfter, limit, signal }: ListOptions,
    itemsOf: (body: unknown) => readonly Item[],
    query: Record<string, string> = {},
  ): AsyncGenerator<Item, void, undefined> {
    signal?.throwIfAborted();
    if (limit !== undefined) requireCount(limit, "limit");
    if (startAfter !== undefined) requireString(startAfter, "startAfter");
    const first = new URLSearchParams(query);
    if (limit !== undefined) first.set("n", String(limit));
    if (startAfter !== undefined) first.set("last", startAfter);
    let next: string | undefined = `${pathOf()}?${first.toString()}`;
    let left = limit ?? Infinity;
    while (next !== undefined) {
      const response: Response = await this.#ask(next, { signal });
      for (const item of itemsOf(await response.json())) {
        signal?.throwIfAborted();
        if (left-- > 0) yield item;
      }
      next =
        left > 0
          ? /^<(?<target>[^>]*)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.groups?.["target"]
          : undefined;
    }
  }

  async #get(
    target: string,
    { signal }: CallOptions,
    headers: Record<string, string> = {},
    descriptor?: Descriptor,
  ): Promise<BlobReader> {
    const response = await this.#ask(target, { headers, signal });
    const content = corruptWhereCut(response, signal);
    return createBlobReader(descriptor ?? describe(response), content, {
      verify: descriptor === undefined,
      signal,
    });
  }

  async #head(target: string, { signal }: CallOptions): Promise<Descriptor> {
    const response = await this.#fetch(target, { method: "HEAD", signal });
    // Only the answer to GET has a body with the error.
    if (!response.ok) await this.#ask(target, { signal });
    return describe(response);
  }

  async #ask(target: string, asked: Asked): Promise<Response> {
    const response = await this.#fetch(target, asked);
    if (response.ok) return response;
    asked.signal?.throwIfAborted();
    throw await readError(response);
  }

  async #fetch(target: string, asked: Asked): Promise<Response> {
    const { method = "GET", headers = {}, body } = asked;
    const signal = requireSignal(asked);
    signal?.throwIfAborted();
    // A change that is sent may be made before the server learns of an abort. So sending it is its commit point.
    const isChange = method === "PUT" || method === "DELETE" || (method === "POST" && body !== undefined);
    return this.#send(
      new Request(this.#base + target, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined || isChange ? {} : { signal }),
      }),
    );
  }

  #writer(response: Response, chunkSize: number | undefined, signal: AbortSignal | undefined): BlobWriter {
    const ask: Ask = (target, asked) => this.#ask(target, asked);
    const location = response.headers.get("location") ?? "";
    return new HttpWriter(ask, this.#writing, {
      location,
      size: offsetOf(response),
      chunkSize: chunkSize === undefined || chunkSize === 0 ? DEFAULT_CHUNK : chunkSize,
      signal,
    });
  }
}

const DEFAULT_CHUNK = 1024 * 1024;

interface Session {
  readonly location: string;
  readonly size: number;
  readonly chunkSize: number;
  readonly signal: AbortSignal | undefined;
}

type Ask = (target: string, asked: Asked) => Promise<Response>;

class HttpWriter implements BlobWriter {
  readonly id: string;
  readonly chunkSize: number;
  readonly #ask: Ask;
  readonly #signal: AbortSignal | undefined;
  readonly #end: (state: "closed" | "over" | "committed") => void;
  #location: string;
  #size: number;
  #state: "open" | "closed" | "over" | "committed" = "open";
  #last: Promise<unknown> = Promise.resolve();

  constructor(ask: Ask, writing: Set<string>, { location, size, chunkSize, signal }: Session) {
    this.#ask = ask;
    this.#location = location;
    this.#size = size;
    this.#signal = signal;
    this.chunkSize = chunkSize;
    this.id = decodeURIComponent(location.slice(location.lastIndexOf("/") + 1));
    this.#end = (state) => {
      this.#state = state;
      writing.delete(this.id);
    };
    writing.add(this.id);
    signal?.addEventListener("abort", () => {
      writing.delete(this.id);
    });
  }

  get size(): number {
    return this.#size;
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#enqueue(async () => {
      const body = requireBytes(chunk, "a chunk").slice();
      this.#requireOpen();
      if (body.length === 0) return;
      const headers = {
        "content-type": octetStream,
        "content-range": `${this.#size}-${this.#size + body.length - 1}`,
      };
      const response = await this.#ask(this.#location, {
        method: "PATCH",
        headers,
        body,
        signal: this.#signal,
      });
      this.#location = response.headers.get("location") ?? "";
      this.#size = offsetOf(response);
    });
  }

  commit(digest: string): Promise<Descriptor> {
    return this.#enqueue(async () => {
      const expected = requireDigest(digest).digest;
      this.#requireOpen();
      const response = await this.#ask(`${this.#location}?digest=${encodeURIComponent(expected)}`, {
        method: "PUT",
        signal: this.#signal,
      });
      this.#end("committed");
      return { mediaType: octetStream, digest: digestOf(response), size: this.#size };
    });
  }

  cancel(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#state === "committed" || this.#state === "over") return;
      this.#requireOpen();
      await this.#ask(this.#location, { method: "DELETE" });
      this.#end("over");
    });
  }

  close(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#state === "open") this.#end("closed");
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #enqueue<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #requireOpen(): void {
    if (this.#state === "over" || this.#state === "committed") throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
    this.#signal?.throwIfAborted();
    if (this.#state === "closed") throw new RegistryError("BLOB_UPLOAD_INVALID");
  }
}

function path(repo: string, kind: string, rest: string): string {
  return `/v2/${requireRepository(repo)}/${kind}/${rest}`;
}

function uploadPath(repo: string, id: string): string {
  const target = path(repo, "blobs", `uploads/${encodeURIComponent(id)}`);
  // No URL can contain these ids, so no server has issued them.
  if (["", ".", ".."].includes(id)) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
  return target;
}

function requireTag(tag: string): string {
  requireString(tag, "a tag");
  if (!isValidTag(tag)) throw new RegistryError("NAME_INVALID");
  return tag;
}

function offsetOf(response: Response): number {
  return Number(response.headers.get("upload-offset"));
}

function digestOf(response: Response): Descriptor["digest"] {
  return requireDigest(response.headers.get("docker-content-digest") ?? "").digest;
}

function describe(response: Response): Descriptor {
  return {
    mediaType: response.headers.get("content-type") ?? "",
    digest: digestOf(response),
    size: Number(response.headers.get("content-length")),
  };
}

async function readError(response: Response): Promise<Error> {
  const { errors } = (await response.json()) as {
    errors: readonly { code: RegistryErrorCode; message: string; detail?: unknown }[];
  };
  const [first] = errors;
  if (first === undefined)
    throw new Error(`cannot read the error: the answer with status ${response.status} contains none`);
  const detail = first.detail as ErrorDetails[RegistryErrorCode] | undefined;
  return new RegistryError(first.code, first.message, { detail });
}

async function collectBytes(
  source: AsyncIterable<Uint8Array>,
  size: number | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    if (size !== undefined && length > size) break;
    chunks.push(chunk.slice());
  }
  if (size !== undefined && length !== size) throw new RegistryError("SIZE_INVALID");
  return new Uint8Array(Buffer.concat(chunks));
}

/** A server reports corrupt content by closing the connection. */
async function* corruptWhereCut(
  response: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* (response.body ?? []) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    signal?.throwIfAborted();
    if (isRegistryError(cause)) throw cause;
    throw new RegistryError("CONTENT_CORRUPT", "the content ended early", { cause });
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `sha256:${Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex")}`;
}
