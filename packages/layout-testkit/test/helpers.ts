import { collect, type BlobSource, type Registry } from "@ocilayout/oci-types";

/** UTF-8. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** What `promise` rejects with; an error of its own where it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`did not reject: ${JSON.stringify(value)}`);
}

/** What a call takes that names something. */
export interface Names {
  readonly repo: string;
  readonly digest: string;
  readonly tag: string;
  readonly signal?: AbortSignal;
}

type Call = (registry: Registry, names: Names) => Promise<unknown>;

/** Every call that names a digest. */
export const digestCalls: Readonly<Record<string, Call>> = {
  getBlob: (it, { repo, digest, signal }) => it.getBlob(repo, digest, { signal }),
  getBlobRange: (it, { repo, digest, signal }) => it.getBlobRange(repo, digest, { start: 0 }, { signal }),
  getManifest: (it, { repo, digest, signal }) => it.getManifest(repo, digest, { signal }),
  resolveBlob: (it, { repo, digest, signal }) => it.resolveBlob(repo, digest, { signal }),
  resolveManifest: (it, { repo, digest, signal }) => it.resolveManifest(repo, digest, { signal }),
  pushBlob: (it, { repo, digest, signal }) => it.pushBlob(repo, { digest }, empty(), { signal }),
  mountBlob: (it, { repo, digest, signal }) => it.mountBlob(undefined, repo, digest, { signal }),
  "pushManifest with a digest": (it, { repo, digest, signal }) => it.pushManifest(repo, bytes("x"), "text/plain", { digest, signal }),
  deleteBlob: (it, { repo, digest, signal }) => it.deleteBlob(repo, digest, { signal }),
  deleteManifest: (it, { repo, digest, signal }) => it.deleteManifest(repo, digest, { signal }),
  referrers: (it, { repo, digest, signal }) => collect(it.referrers(repo, digest, { signal })),
};

/** Every call that names a tag. */
export const tagCalls: Readonly<Record<string, Call>> = {
  getTag: (it, { repo, tag, signal }) => it.getTag(repo, tag, { signal }),
  resolveTag: (it, { repo, tag, signal }) => it.resolveTag(repo, tag, { signal }),
  "pushManifest with a tag": (it, { repo, tag, signal }) => it.pushManifest(repo, bytes("x"), "text/plain", { tags: [tag], signal }),
  deleteTag: (it, { repo, tag, signal }) => it.deleteTag(repo, tag, { signal }),
};

/** Every call that names a repository. */
export const repositoryCalls: Readonly<Record<string, Call>> = {
  ...digestCalls,
  ...tagCalls,
  pushBlobChunked: (it, { repo, signal }) => it.pushBlobChunked(repo, { signal }),
  pushBlobChunkedResume: (it, { repo, signal }) => it.pushBlobChunkedResume(repo, "id", { signal }),
  resolveUpload: (it, { repo, signal }) => it.resolveUpload(repo, "id", { signal }),
  cancelUpload: (it, { repo, signal }) => it.cancelUpload(repo, "id", { signal }),
  "mountBlob from it": (it, { repo, digest, signal }) => it.mountBlob(repo, "a", digest, { signal }),
  tags: (it, { repo, signal }) => collect(it.tags(repo, { signal })),
};

/** Every call. */
export const calls: Readonly<Record<string, Call>> = {
  ...repositoryCalls,
  repositories: (it, { signal }) => collect(it.repositories({ signal })),
};

/** Those that change something. */
export const writingCalls: readonly string[] = Object.keys(calls).filter((name) => /^(push|mount|cancel|delete)/.test(name));

function empty(): BlobSource {
  return new Uint8Array();
}
