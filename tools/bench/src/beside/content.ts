import { ociMediaTypes } from "@ocilayout/oci-types";
import type { Digest } from "@ocilayout/oci-types";

import { bytes, chunks, describe, digestOf, manifest, MIB } from "../content.ts";
import type { Connection } from "./connection.ts";
import { requestHead } from "./connection.ts";

/** A large blob. Its chunks are made each time. */
export interface LargeBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly chunks: () => Iterable<Uint8Array>;
}

/** Returns a blob that is different for each `name`. */
export function largeBlob(mebibytes: number, name: string): LargeBlob {
  const first = Buffer.alloc(MIB, name);
  const all = function* (): Generator<Uint8Array, void, undefined> {
    yield first;
    yield* chunks(mebibytes - 1);
  };
  return { digest: digestOf(all()), size: mebibytes * MIB, chunks: all };
}

/** Pushes a blob as docker does: POST, then PUT with the whole content. */
export async function pushBlob(
  connection: Connection,
  url: string,
  { digest, size, chunks: all }: LargeBlob,
): Promise<void> {
  const started = await connection.ask(
    requestHead("POST", url, "/v2/a/blobs/uploads/", { "Content-Length": 0 }),
  );
  const location = new URL(started.location ?? "", url);
  location.searchParams.set("digest", digest);
  const headers = { "Content-Type": "application/octet-stream", "Content-Length": size };
  await connection.ask(requestHead("PUT", url, location.pathname + location.search, headers), all());
}

/** The tag of {@link pushImage}. */
export const TAG = "v1";

/** Pushes a small image with the tag {@link TAG}. Returns the digest of its manifest. */
export async function pushImage(connection: Connection, url: string): Promise<Digest> {
  const config = bytes("{}");
  await pushBlob(connection, url, {
    digest: digestOf([config]),
    size: config.length,
    chunks: () => [config],
  });
  const content = manifest("one");
  const { digest, mediaType } = describe(content, ociMediaTypes.imageManifest);
  const headers = { "Content-Type": mediaType, "Content-Length": content.length };
  await connection.ask(requestHead("PUT", url, `/v2/a/manifests/${TAG}`, headers), [content]);
  return digest;
}
