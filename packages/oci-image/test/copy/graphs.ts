import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import {
  collect,
  dockerMediaTypes,
  isRegistryError,
  ociMediaTypes,
  type Descriptor,
  type Registry,
} from "@ocilayout/oci-types";
import { bytes, descriptorOf, temporaryDirectory } from "@ocilayout/testing";
import fc from "fast-check";

import { bare, partsOf, repository } from "./content.ts";

/** One manifest of a graph. Numbers refer to the manifests before it, and to texts. */
interface Node {
  readonly kind: "image" | "docker image" | "index" | "docker index" | "opaque";
  readonly parts: readonly number[];
  readonly subject: number | undefined;
  readonly name: number;
}

/** A graph of images, indexes, referrers and shared content. */
export interface Graph {
  readonly nodes: readonly Node[];
  /** The names of tags, and the numbers of their manifests. */
  readonly tags: Readonly<Record<string, number>>;
  /** The manifests that cosign attached to others by tags. */
  readonly cosign: readonly { readonly to: number; readonly from: number; readonly end: string }[];
}

const node: fc.Arbitrary<Node> = fc.record({
  kind: fc.constantFrom("image", "image", "docker image", "index", "index", "docker index", "opaque"),
  parts: fc.array(fc.nat({ max: 20 }), { maxLength: 4 }),
  subject: fc.option(fc.nat({ max: 20 }), { nil: undefined, freq: 2 }),
  name: fc.nat({ max: 2 }),
});

/** Any graph. Its tag `v1` points at the last manifest. */
export const graphs: fc.Arbitrary<Graph> = fc.record({
  nodes: fc.array(node, { minLength: 1, maxLength: 9 }),
  tags: fc.record(
    { v1: fc.constant(-1), v2: fc.nat({ max: 20 }), v3: fc.nat({ max: 20 }) },
    { requiredKeys: ["v1"] },
  ),
  cosign: fc.array(
    fc.record({
      to: fc.nat({ max: 20 }),
      from: fc.nat({ max: 20 }),
      end: fc.constantFrom("sig", "att", "sbom"),
    }),
    { maxLength: 2 },
  ),
});

/** Pushes a graph to the test repository. */
export async function pushGraph(registry: Registry, { nodes, tags, cosign }: Graph): Promise<void> {
  const pushed: { readonly descriptor: Descriptor; readonly content: Uint8Array<ArrayBuffer> }[] = [];
  const at = (number: number): Descriptor | undefined => pushed.at(number % pushed.length)?.descriptor;
  for (const { kind, parts, subject, name } of nodes) {
    const blobs: Descriptor[] = [];
    for (const part of kind.endsWith("image") ? [name, ...parts] : []) {
      // A layer can have the bytes of a manifest.
      const content = part === 20 ? (pushed.at(-1)?.content ?? bytes("")) : bytes("x".repeat(part * part));
      blobs.push(descriptorOf(content, "application/vnd.example"));
      await registry.pushBlob(repository, descriptorOf(content), content);
    }
    const [config, ...layers] = blobs;
    const of = subject === undefined ? undefined : at(subject);
    const { mediaType, ...document } = documentOf(
      kind,
      { config, layers, children: pushed.length === 0 ? [] : parts.flatMap((part) => at(part) ?? []) },
      { annotations: { name: `${name}` }, ...(of === undefined ? {} : { subject: bare(of) }) },
    );
    const content = bytes(JSON.stringify({ mediaType, ...document }));
    pushed.push({ descriptor: await registry.pushManifest(repository, content, mediaType), content });
  }
  const tag = async (name: string, number: number): Promise<void> => {
    const { content = bytes(""), descriptor } = pushed.at(number % pushed.length) ?? {};
    await registry.pushManifest(repository, content, descriptor?.mediaType ?? "", { tags: [name] });
  };
  for (const [name, number] of Object.entries(tags)) await tag(name, number);
  for (const { to, from, end } of cosign)
    await tag(`${(at(to)?.digest ?? "").replace(":", "-")}.${end}`, from);
}

function documentOf(
  kind: Node["kind"],
  {
    config,
    layers,
    children,
  }: {
    readonly config: Descriptor | undefined;
    readonly layers: readonly Descriptor[];
    readonly children: readonly Descriptor[];
  },
  more: object,
): { readonly mediaType: string } {
  const isDocker = kind.startsWith("docker");
  switch (kind) {
    case "image":
    case "docker image": {
      const mediaType = isDocker ? dockerMediaTypes.manifest : ociMediaTypes.imageManifest;
      return { mediaType, schemaVersion: 2, config, layers, ...more } as { mediaType: string };
    }
    case "index":
    case "docker index": {
      const mediaType = isDocker ? dockerMediaTypes.manifestList : ociMediaTypes.imageIndex;
      return { mediaType, schemaVersion: 2, manifests: children, ...more } as { mediaType: string };
    }
    case "opaque":
      return { mediaType: "application/vnd.example.opaque", ...more };
  }
}

/** A kind of registry, which can be opened empty. */
export interface BackendKind {
  readonly name: "memory" | "layout" | "tree";
  /** Opens an empty registry below a directory. */
  readonly open: (directory: string) => Promise<Registry & AsyncDisposable>;
}

const kind: fc.Arbitrary<BackendKind> = fc.constantFrom<BackendKind[]>(
  { name: "memory", open: async () => createMemoryRegistry() },
  { name: "layout", open: (directory) => openLayout(directory, { durability: "none" }) },
  { name: "tree", open: (directory) => openPerRepository(directory, { durability: "none" }) },
);

/** Any two kinds of registries. */
export const pairs: fc.Arbitrary<readonly [BackendKind, BackendKind]> = fc.tuple(kind, kind);

/** Opens a source and a target, runs `use`, and closes both. Returns what `use` returns. */
export async function withRegistries<Result>(
  [from, to]: readonly [BackendKind, BackendKind],
  use: (source: Registry, target: Registry, directory: string) => Promise<Result>,
): Promise<Result> {
  const directory = temporaryDirectory();
  const targetDirectory = join(directory, "to");
  const source = await from.open(join(directory, "from"));
  const target = await to.open(targetDirectory);
  try {
    return await use(source, target, targetDirectory);
  } finally {
    await source[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  }
}

/** Everything that belongs to a manifest. */
export interface Belongings {
  /** Everything below the manifest, its referrers and what cosign attached to it, by digest. */
  readonly content: Readonly<Record<string, string>>;
  /** The referrers by the digest of their subject. */
  readonly referrers: Readonly<Record<string, readonly Descriptor[]>>;
  /** The digests of cosign's tags. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Reads everything that belongs to a manifest. Rejects if something is missing. */
export async function belongingsOf(registry: Registry, repo: string, reference: string): Promise<Belongings> {
  const content: Record<string, string> = {};
  const referrers: Record<string, readonly Descriptor[]> = {};
  const tags: Record<string, string> = {};
  const waiting = [reference];
  const seen: Set<string> = new Set();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const { manifests, blobs } = await partsOf(registry, repo, next);
    Object.assign(content, blobs, manifests);
    for (const digest of Object.keys(manifests)) {
      const list = await collect(registry.referrers(repo, digest));
      if (list.length > 0) referrers[digest] = list;
      for (const referrer of list) waiting.push(referrer.digest);
      for (const end of ["sig", "att", "sbom"]) {
        const tag = `${digest.replace(":", "-")}.${end}`;
        const attached = await resolveOrNot(registry, repo, tag);
        if (attached === undefined) continue;
        tags[tag] = attached;
        waiting.push(attached);
      }
    }
  }
  return { content, referrers, tags };
}

async function resolveOrNot(registry: Registry, repo: string, tag: string): Promise<string | undefined> {
  try {
    return (await registry.resolveTag(repo, tag)).digest;
  } catch (error) {
    if (isRegistryError(error, "MANIFEST_UNKNOWN", "NAME_UNKNOWN")) return undefined;
    throw error;
  }
}

/** Lists the tags of a repository, which may not exist. */
export async function tagsOf(registry: Registry, repo: string): Promise<string[]> {
  try {
    return await collect(registry.tags(repo));
  } catch (error) {
    if (isRegistryError(error, "NAME_UNKNOWN")) return [];
    throw error;
  }
}
