import type { BlobWriter } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";
import fc from "fast-check";

import type { Content } from "./content.ts";
import type { Operation } from "./operation.ts";
import { operation } from "./operation.ts";

/**
 * Operations on upload sessions.
 *
 * @param isLenient - Whether to give up a session whose state the contract leaves open after a failed commit, and to free it
 * before it is cancelled from outside.
 */
export function uploading(
  repository: fc.Arbitrary<string>,
  blob: fc.Arbitrary<Content>,
  isLenient: boolean,
): fc.Arbitrary<Operation> {
  const place = fc.nat(3);
  const on = (
    name: string,
    args: readonly unknown[],
    at: number,
    run: (writer: BlobWriter) => Promise<unknown>,
  ): Operation =>
    operation(`writer ${at}: ${name}`, args, async ({ writers }) => {
      const writer = writers.at(-1 - at);
      return writer === undefined ? "no such writer" : run(writer);
    });
  return fc.oneof(
    repository.map((repo) =>
      operation("pushBlobChunked", [repo], async ({ registry, writers }) => {
        writers.push(await registry.pushBlobChunked(repo));
      }),
    ),
    fc.tuple(repository, place, fc.option(fc.nat(4), { nil: undefined })).map(([repo, at, offset]) =>
      operation("pushBlobChunkedResume", [repo, `writer ${at}`, offset], async ({ registry, writers }) => {
        const id = writers.at(-1 - at)?.id;
        if (id === undefined) return "no such writer";
        const writer = await registry.pushBlobChunkedResume(repo, id, { offset });
        writers.push(writer);
        return writer.size;
      }),
    ),
    fc.tuple(repository, place).map(([repo, at]) =>
      operation("resolveUpload", [repo, `writer ${at}`], async ({ registry, writers }) => {
        const id = writers.at(-1 - at)?.id;
        return id === undefined ? "no such writer" : (await registry.resolveUpload(repo, id)).size;
      }),
    ),
    fc.tuple(repository, place).map(([repo, at]) =>
      operation("cancelUpload", [repo, `writer ${at}`], async ({ registry, writers }) => {
        const writer = writers.at(-1 - at);
        if (writer === undefined) return "no such writer";
        if (isLenient) for (const other of writers.filter(({ id }) => id === writer.id)) await other.close();
        return registry.cancelUpload(repo, writer.id);
      }),
    ),
    fc.tuple(place, blob).map(([at, { bytes }]) =>
      on("write", [`${bytes.length} bytes`], at, async (writer) => {
        await writer.write(bytes);
        return writer.size;
      }),
    ),
    fc.tuple(place, blob).map(
      ([
        at,
        {
          descriptor: { digest },
        },
      ]) =>
        operation(`writer ${at}: commit`, [digest], async ({ writers }) => {
          const writer = writers.at(-1 - at);
          if (writer === undefined) return "no such writer";
          try {
            return await writer.commit(digest);
          } catch (error) {
            if (isLenient && isRegistryError(error, "DIGEST_INVALID")) await giveUp(writers, writer);
            throw error;
          }
        }),
    ),
    fc
      .tuple(place, fc.constantFrom<"close" | "cancel">("close", "cancel"))
      .map(([at, name]) => on(name, [], at, (writer) => writer[name]())),
  );
}

/** Ends a session, which may be over already, and drops its writers. */
async function giveUp(writers: BlobWriter[], { id }: BlobWriter): Promise<void> {
  for (const writer of writers.filter((it) => it.id === id)) {
    await writer.cancel().catch(() => undefined);
    writers.splice(writers.indexOf(writer), 1);
  }
}
