/* eslint-disable ocilayout/no-spread-data -- the things of a world are few: content.ts names each of them */
import type { Precondition, Registry } from "@ocilayout/oci-types";
import { collect, ociMediaTypes } from "@ocilayout/oci-types";
import fc from "fast-check";

import type { Content, World } from "./content.ts";
import type { Operation, OperationChoice, Promises } from "./operation.ts";
import { operation } from "./operation.ts";
import { uploading } from "./uploading.ts";

/** Operations of every kind on the things of `world`. */
export function operations(world: World, { promises, isLenient }: OperationChoice): fc.Arbitrary<Operation> {
  const repository = often(world.repositories);
  const tag = often(world.tags);
  const blob = fc.constantFrom(...world.blobs);
  const manifest = often(world.manifests);
  const blobDigests = [...world.blobs.map((it) => it.descriptor.digest), world.nowhere];
  const digest = fc.oneof(
    { weight: 3, arbitrary: manifest.map((it) => it.descriptor.digest) },
    { weight: 1, arbitrary: fc.constantFrom(...blobDigests) },
  );
  // The contract leaves open whether a manifest can be read as a blob.
  const blobDigest = isLenient ? fc.constantFrom(...blobDigests) : digest;
  // It leaves open, too, whether an index can be pushed after its child was deleted: the bytes of the child may be gone.
  const unlisted = world.manifests.filter((it) => !isListed(it, world.manifests));
  const deletable = isLenient
    ? fc.constantFrom(...unlisted.map((it) => it.descriptor.digest), ...blobDigests)
    : digest;
  const precondition: fc.Arbitrary<Precondition> = fc.oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    { weight: promises("conditionalTags") ? 1 : 0, arbitrary: fc.constant({ ifNoneMatch: "*" as const }) },
    {
      weight: promises("conditionalTags") ? 1 : 0,
      arbitrary: fc.oneof(digest, fc.constant("*")).map((ifMatch) => ({ ifMatch })),
    },
  );
  return fc.oneof(
    { weight: 5, arbitrary: reading(repository, tag, digest, blobDigest) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(repository, manifest, fc.uniqueArray(tag, { minLength: 1, maxLength: 2 }))
        .map((args) => pushingWhole(world, ...args)),
    },
    { weight: 6, arbitrary: pushingBlobs(repository, blob, blobDigest, promises) },
    {
      weight: 8,
      arbitrary: pushingManifests(repository, manifest, fc.uniqueArray(tag, { maxLength: 2 }), precondition),
    },
    { weight: 8, arbitrary: deleting(repository, tag, deletable, blobDigest, precondition, promises) },
    { weight: 3, arbitrary: listing(repository, digest, promises) },
    { weight: promises("resumableUploads") ? 6 : 0, arbitrary: uploading(repository, blob, isLenient) },
  );
}

/** Picks one of the kinds whose capability the registry has; there is always one. */
function oneOfPromised(
  ...kinds: readonly {
    readonly weight?: number;
    readonly isPromised?: boolean;
    readonly arbitrary: fc.Arbitrary<Operation>;
  }[]
): fc.Arbitrary<Operation> {
  return fc.oneof(
    ...kinds.map(({ weight = 1, isPromised = true, arbitrary }) => ({
      weight: isPromised ? weight : 0,
      arbitrary,
    })),
  );
}

function reading(
  repository: fc.Arbitrary<string>,
  tag: fc.Arbitrary<string>,
  digest: fc.Arbitrary<string>,
  blobDigest: fc.Arbitrary<string>,
): fc.Arbitrary<Operation> {
  const byDigest = fc.oneof(
    fc.tuple(fc.constantFrom("getBlob", "resolveBlob"), repository, blobDigest),
    fc.tuple(fc.constantFrom("getManifest", "resolveManifest"), repository, digest),
  );
  const byTag = fc.constantFrom("getTag", "resolveTag");
  const range = fc.record({ start: fc.nat(5), end: fc.option(fc.nat(6), { nil: undefined }) });
  return fc.oneof(
    byDigest.map(([name, ...args]) =>
      operation(name, args, async ({ registry }) => describe(await call(registry, name, args))),
    ),
    fc
      .tuple(byTag, repository, tag)
      .map(([name, ...args]) =>
        operation(name, args, async ({ registry }) => describe(await call(registry, name, args))),
      ),
    fc
      .tuple(repository, blobDigest, range)
      .map((args) =>
        operation("getBlobRange", args, async ({ registry }) =>
          describe(await registry.getBlobRange(...args)),
        ),
      ),
  );
}

/** Picks an item, the first ones more often: an item that occurs once finds nothing. */
function often<Item>(items: readonly Item[]): fc.Arbitrary<Item> {
  return fc.oneof(
    ...items.map((item, i) => ({ weight: Math.max(1, 16 >> (2 * i)), arbitrary: fc.constant(item) })),
  );
}

/** Pushes a manifest with all its parts; without this most pushes would be rejected. */
function pushingWhole(
  { blobs, manifests }: World,
  repo: string,
  whole: Content,
  tags: readonly string[],
): Operation {
  const parts = partsOf(whole, manifests);
  return operation("push with all parts", [repo, whole.descriptor.digest, { tags }], async ({ registry }) => {
    for (const { descriptor, bytes } of blobs) await registry.pushBlob(repo, descriptor, bytes);
    for (const { descriptor, bytes } of parts) await registry.pushManifest(repo, bytes, descriptor.mediaType);
    return registry.pushManifest(repo, whole.bytes, whole.descriptor.mediaType, { tags });
  });
}

/** Returns the manifests that a manifest lists, each after its own children. */
function partsOf({ bytes }: Content, manifests: readonly Content[]): readonly Content[] {
  const text = new TextDecoder().decode(bytes);
  const named = manifests.filter(({ descriptor }) => text.includes(descriptor.digest));
  return [...new Set(named.flatMap((it) => [...partsOf(it, manifests), it]))];
}

/** Whether an index among `manifests` lists `item`. */
function isListed({ descriptor }: Content, manifests: readonly Content[]): boolean {
  return manifests.some(({ bytes }) => {
    const text = new TextDecoder().decode(bytes);
    return text.includes('"manifests"') && text.includes(descriptor.digest);
  });
}

function pushingBlobs(
  repository: fc.Arbitrary<string>,
  blob: fc.Arbitrary<Content>,
  digest: fc.Arbitrary<string>,
  promises: Promises,
): fc.Arbitrary<Operation> {
  const size = fc.constantFrom<"right" | "none" | "wrong">("right", "right", "none", "wrong");
  return oneOfPromised(
    {
      weight: 3,
      arbitrary: fc.tuple(repository, blob, size).map(([repo, { descriptor, bytes }, said]) => {
        const expected = {
          digest: descriptor.digest,
          ...(said === "none" ? {} : { size: descriptor.size + (said === "wrong" ? 1 : 0) }),
        };
        return operation("pushBlob", [repo, expected], ({ registry }) =>
          registry.pushBlob(repo, expected, bytes),
        );
      }),
    },
    {
      arbitrary: fc
        .tuple(repository, digest, blob)
        .map(([repo, wrong, { bytes }]) =>
          operation("pushBlob", [repo, { digest: wrong }, `${bytes.length} bytes`], ({ registry }) =>
            registry.pushBlob(repo, { digest: wrong }, bytes),
          ),
        ),
    },
    {
      isPromised: promises("mount"),
      arbitrary: fc
        .tuple(fc.option(repository, { nil: undefined }), repository, digest)
        .map((args) => operation("mountBlob", args, ({ registry }) => registry.mountBlob(...args))),
    },
  );
}

function pushingManifests(
  repository: fc.Arbitrary<string>,
  manifest: fc.Arbitrary<Content>,
  tags: fc.Arbitrary<string[]>,
  precondition: fc.Arbitrary<Precondition>,
): fc.Arbitrary<Operation> {
  return fc
    .tuple(repository, manifest, tags, precondition)
    .map(([repo, { descriptor, bytes }, names, required]) => {
      const options = { tags: names, ...(names.length === 0 ? {} : required) };
      return operation(
        "pushManifest",
        [repo, descriptor.digest, descriptor.mediaType, options],
        ({ registry }) => registry.pushManifest(repo, bytes, descriptor.mediaType, options),
      );
    });
}

function deleting(
  repository: fc.Arbitrary<string>,
  tag: fc.Arbitrary<string>,
  digest: fc.Arbitrary<string>,
  blobDigest: fc.Arbitrary<string>,
  precondition: fc.Arbitrary<Precondition>,
  promises: Promises,
): fc.Arbitrary<Operation> {
  return oneOfPromised(
    {
      isPromised: promises("deleteBlob"),
      arbitrary: fc
        .tuple(repository, blobDigest)
        .map((args) => operation("deleteBlob", args, ({ registry }) => registry.deleteBlob(...args))),
    },
    {
      isPromised: promises("deleteManifest"),
      arbitrary: fc
        .tuple(repository, digest)
        .map((args) => operation("deleteManifest", args, ({ registry }) => registry.deleteManifest(...args))),
    },
    {
      isPromised: promises("deleteTag"),
      weight: 2,
      arbitrary: fc
        .tuple(repository, tag, precondition)
        .map((args) => operation("deleteTag", args, ({ registry }) => registry.deleteTag(...args))),
    },
    // If nothing can be deleted, read something.
    {
      isPromised: !promises("deleteBlob") && !promises("deleteManifest") && !promises("deleteTag"),
      arbitrary: reading(repository, tag, digest, blobDigest),
    },
  );
}

function listing(
  repository: fc.Arbitrary<string>,
  digest: fc.Arbitrary<string>,
  promises: Promises,
): fc.Arbitrary<Operation> {
  const limit = fc.option(fc.nat(3), { nil: undefined });
  const names = fc.record({
    startAfter: fc.option(fc.constantFrom("", "a", "t", "tt"), { nil: undefined }),
    limit,
  });
  const artifactType = fc.option(fc.constantFrom("application/vnd.example.signature", ociMediaTypes.empty), {
    nil: undefined,
  });
  return oneOfPromised(
    {
      arbitrary: fc
        .tuple(repository, names)
        .map((args) => operation("tags", args, ({ registry }) => collect(registry.tags(...args)))),
    },
    {
      isPromised: promises("repositories"),
      arbitrary: names.map((options) =>
        operation("repositories", [options], ({ registry }) => collect(registry.repositories(options))),
      ),
    },
    {
      isPromised: promises("referrers"),
      arbitrary: fc
        .tuple(repository, digest, fc.record({ artifactType, limit }))
        .map((args) => operation("referrers", args, ({ registry }) => collect(registry.referrers(...args)))),
    },
  );
}

type ReadCall = "getBlob" | "getManifest" | "resolveBlob" | "resolveManifest" | "getTag" | "resolveTag";

function call(
  registry: Registry,
  name: string,
  args: readonly [string, string],
): ReturnType<Registry[ReadCall]> {
  return registry[name as ReadCall](...args);
}

/** Reads a reader into a value that can be compared. */
async function describe(answer: Awaited<ReturnType<Registry[ReadCall]>>): Promise<unknown> {
  return "bytes" in answer ? [answer.descriptor, Array.from(await answer.bytes())] : answer;
}
