import type { BlobWriter, Precondition, Registry, RegistryErrorCode } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";
import fc from "fast-check";

import type { Content, World } from "./content.ts";

/** What one registry has of the operations so far: the writers they opened. */
export interface Session {
  readonly registry: Registry;
  readonly writers: BlobWriter[];
}

/** One call, to be made on any registry. */
export interface Operation {
  /** As it would be written. */
  readonly text: string;
  /** Where several things are wrong with it at once, either of these may be said. */
  readonly eitherCode: readonly RegistryErrorCode[];
  run(session: Session): Promise<unknown>;
}

/** What may be wrong with a call at once. */
const EITHER: Readonly<Record<string, readonly RegistryErrorCode[]>> = {
  getBlobRange: ["BLOB_UNKNOWN", "RANGE_INVALID"],
  pushBlob: ["DIGEST_INVALID", "SIZE_INVALID"],
  pushManifest: ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID", "PRECONDITION_FAILED"],
  pushBlobChunkedResume: ["BLOB_UPLOAD_INVALID", "RANGE_INVALID"],
  deleteTag: ["MANIFEST_UNKNOWN", "PRECONDITION_FAILED"],
};

function operation(name: string, args: readonly unknown[], run: (session: Session) => Promise<unknown>): Operation {
  return { text: `${name}(${args.map(show).join(", ")})`, eitherCode: EITHER[name] ?? [], run };
}

/** Digests are cut to what tells them apart. */
function show(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "string" && part.length > 20 ? `${part.slice(0, 15)}…` : part,
  );
}

/** Operations of every kind on the things of `world`. */
export function operations(world: World): fc.Arbitrary<Operation> {
  const repository = fc.constantFrom(...world.repositories);
  const tag = fc.constantFrom(...world.tags);
  const blob = fc.constantFrom(...world.blobs);
  const manifest = fc.constantFrom(...world.manifests);
  const digest = fc.constantFrom(...[...world.blobs, ...world.manifests].map((it) => it.descriptor.digest), world.nowhere);
  const precondition: fc.Arbitrary<Precondition> = fc.oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.constant({ ifNoneMatch: "*" as const }) },
    { weight: 1, arbitrary: fc.oneof(digest, fc.constant("*")).map((ifMatch) => ({ ifMatch })) },
  );
  return fc.oneof(
    { weight: 8, arbitrary: reading(repository, tag, digest) },
    { weight: 6, arbitrary: pushingBlobs(repository, blob, digest) },
    { weight: 8, arbitrary: pushingManifests(repository, manifest, fc.uniqueArray(tag, { maxLength: 2 }), precondition) },
    { weight: 5, arbitrary: deleting(repository, tag, digest, precondition) },
    { weight: 4, arbitrary: listing(repository, digest) },
    { weight: 6, arbitrary: uploading(repository, blob) },
  );
}

function reading(repository: fc.Arbitrary<string>, tag: fc.Arbitrary<string>, digest: fc.Arbitrary<string>): fc.Arbitrary<Operation> {
  const byDigest = fc.constantFrom("getBlob", "getManifest", "resolveBlob", "resolveManifest");
  const byTag = fc.constantFrom("getTag", "resolveTag");
  const range = fc.record({ start: fc.nat(5), end: fc.option(fc.nat(6), { nil: undefined }) });
  return fc.oneof(
    fc.tuple(byDigest, repository, digest).map(([name, ...args]) => operation(name, args, async ({ registry }) => describe(await call(registry, name, args)))),
    fc.tuple(byTag, repository, tag).map(([name, ...args]) => operation(name, args, async ({ registry }) => describe(await call(registry, name, args)))),
    fc.tuple(repository, digest, range).map((args) => operation("getBlobRange", args, async ({ registry }) => describe(await registry.getBlobRange(...args)))),
  );
}

function pushingBlobs(repository: fc.Arbitrary<string>, blob: fc.Arbitrary<Content>, digest: fc.Arbitrary<string>): fc.Arbitrary<Operation> {
  const size = fc.constantFrom<"right" | "none" | "wrong">("right", "right", "none", "wrong");
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(repository, blob, size).map(([repo, { descriptor, bytes }, said]) => {
        const expected = { digest: descriptor.digest, ...(said === "none" ? {} : { size: descriptor.size + (said === "wrong" ? 1 : 0) }) };
        return operation("pushBlob", [repo, expected], ({ registry }) => registry.pushBlob(repo, expected, bytes));
      }),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(repository, digest, blob).map(([repo, wrong, { bytes }]) =>
        operation("pushBlob", [repo, { digest: wrong }, `${bytes.length} bytes`], ({ registry }) => registry.pushBlob(repo, { digest: wrong }, bytes)),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.option(repository, { nil: undefined }), repository, digest).map((args) =>
        operation("mountBlob", args, ({ registry }) => registry.mountBlob(...args)),
      ),
    },
  );
}

function pushingManifests(
  repository: fc.Arbitrary<string>,
  manifest: fc.Arbitrary<Content>,
  tags: fc.Arbitrary<string[]>,
  precondition: fc.Arbitrary<Precondition>,
): fc.Arbitrary<Operation> {
  return fc.tuple(repository, manifest, tags, precondition).map(([repo, { descriptor, bytes }, names, required]) => {
    const options = { tags: names, ...(names.length === 0 ? {} : required) };
    return operation("pushManifest", [repo, descriptor.digest, descriptor.mediaType, options], ({ registry }) =>
      registry.pushManifest(repo, bytes, descriptor.mediaType, options),
    );
  });
}

function deleting(
  repository: fc.Arbitrary<string>,
  tag: fc.Arbitrary<string>,
  digest: fc.Arbitrary<string>,
  precondition: fc.Arbitrary<Precondition>,
): fc.Arbitrary<Operation> {
  const byDigest = fc.constantFrom<"deleteBlob" | "deleteManifest">("deleteBlob", "deleteManifest");
  return fc.oneof(
    fc.tuple(byDigest, repository, digest).map(([name, ...args]) => operation(name, args, ({ registry }) => registry[name](...args))),
    fc.tuple(repository, tag, precondition).map((args) => operation("deleteTag", args, ({ registry }) => registry.deleteTag(...args))),
  );
}

function listing(repository: fc.Arbitrary<string>, digest: fc.Arbitrary<string>): fc.Arbitrary<Operation> {
  const limit = fc.option(fc.nat(3), { nil: undefined });
  const names = fc.record({ startAfter: fc.option(fc.constantFrom("", "a", "t", "tt"), { nil: undefined }), limit });
  const artifactType = fc.option(fc.constantFrom("application/vnd.example.signature", "application/vnd.oci.empty.v1+json"), { nil: undefined });
  return fc.oneof(
    fc.tuple(repository, names).map((args) => operation("tags", args, ({ registry }) => collect(registry.tags(...args)))),
    names.map((options) => operation("repositories", [options], ({ registry }) => collect(registry.repositories(options)))),
    fc.tuple(repository, digest, fc.record({ artifactType, limit })).map((args) =>
      operation("referrers", args, ({ registry }) => collect(registry.referrers(...args))),
    ),
  );
}

function uploading(repository: fc.Arbitrary<string>, blob: fc.Arbitrary<Content>): fc.Arbitrary<Operation> {
  const place = fc.nat(3);
  const on = (name: string, args: readonly unknown[], at: number, run: (writer: BlobWriter) => Promise<unknown>): Operation =>
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
        const id = writers.at(-1 - at)?.id;
        return id === undefined ? "no such writer" : registry.cancelUpload(repo, id);
      }),
    ),
    fc.tuple(place, blob).map(([at, { bytes }]) =>
      on("write", [`${bytes.length} bytes`], at, async (writer) => {
        await writer.write(bytes);
        return writer.size;
      }),
    ),
    fc.tuple(place, blob).map(([at, { descriptor }]) => on("commit", [descriptor.digest], at, (writer) => writer.commit(descriptor.digest))),
    fc.tuple(place, fc.constantFrom<"close" | "cancel">("close", "cancel")).map(([at, name]) => on(name, [], at, (writer) => writer[name]())),
  );
}

type ReadCall = "getBlob" | "getManifest" | "resolveBlob" | "resolveManifest" | "getTag" | "resolveTag";

function call(registry: Registry, name: string, args: readonly [string, string]): ReturnType<Registry[ReadCall]> {
  return registry[name as ReadCall](...args);
}

/** What a reader gives, in a form that can be compared. */
async function describe(answer: Awaited<ReturnType<Registry[ReadCall]>>): Promise<unknown> {
  return "bytes" in answer ? [answer.descriptor, Array.from(await answer.bytes())] : answer;
}
