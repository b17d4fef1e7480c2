import type { Annotations, Descriptor, Digest, ParsedManifest } from "@ocilayout/oci-types";
import { isDigest, isRegistryError, parseManifest, RegistryError } from "@ocilayout/oci-types";

import { byCodeUnits } from "./check.ts";
import type { MemorySettings } from "./options.ts";

/** A manifest of a repository. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly content: Uint8Array;
  readonly parsed: ParsedManifest;
}

/** One repository. */
export interface Repository {
  /** Its manifests, those that its indexes contain too. */
  readonly manifests: Map<string, StoredManifest>;
  /** What each tag points at. */
  readonly tags: Map<string, Digest>;
  /** By digest; shared by all repositories where blobs are not scoped. */
  readonly blobs: Map<string, Uint8Array>;
}

/** All that a registry in memory has. */
export class MemoryStore {
  readonly settings: MemorySettings;
  readonly #repositories: Map<string, Repository> = new Map();
  readonly #sharedBlobs: Map<string, Uint8Array> = new Map();
  #isClosed = false;

  constructor(settings: MemorySettings) {
    this.settings = settings;
  }

  /** What every call begins with. */
  begin(access: "read" | "write", signal: AbortSignal | undefined): void {
    if (this.#isClosed) throw new RegistryError("CLOSED");
    signal?.throwIfAborted();
    if (access === "write" && this.settings.readOnly) throw new RegistryError("DENIED");
  }

  /** Ends it: every later call is `CLOSED`. */
  close(): void {
    this.#isClosed = true;
  }

  /** The repository, to write to; one without content does not exist to anybody. */
  repository(name: string): Repository {
    const repository = this.read(name);
    this.#repositories.set(name, repository);
    return repository;
  }

  /** The repository, to read from; one that is not there is empty. */
  read(name: string): Repository {
    const repository = this.#repositories.get(name) ?? this.#createRepository();
    absorbChildren(repository);
    return repository;
  }

  /** Clause 20: whether there is such a repository. */
  exists(name: string): boolean {
    const repository = this.#repositories.get(name);
    if (repository === undefined) return false;
    return repository.manifests.size > 0 || (this.settings.repositoryScopedBlobs && repository.blobs.size > 0);
  }

  /** The repositories there are, in code-unit order. */
  names(): string[] {
    return [...this.#repositories.keys()].filter((name) => this.exists(name)).sort(byCodeUnits);
  }

  /** Every repository whose manifests may refer to a blob of `name`. */
  sharing(name: string): Repository[] {
    if (this.settings.repositoryScopedBlobs) return [this.read(name)];
    return [...this.#repositories.keys()].map((other) => this.read(other));
  }

  #createRepository(): Repository {
    const blobs = this.settings.repositoryScopedBlobs ? new Map<string, Uint8Array>() : this.#sharedBlobs;
    return { manifests: new Map(), tags: new Map(), blobs };
  }
}

/**
 * Clause 17: what an index contains is a manifest of its repository. It is made one for good, so that it is one still
 * when its index goes.
 */
function absorbChildren({ manifests, blobs }: Repository): void {
  const waiting = [...manifests.values()];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const child of childrenOf(next)) {
      const content = blobs.get(child.digest);
      if (content === undefined || manifests.has(child.digest)) continue;
      const manifest = readChild(child, content);
      if (manifest === undefined) continue;
      manifests.set(child.digest, manifest);
      waiting.push(manifest);
    }
  }
}

/** A child as its own bytes say (clause 18); `undefined` where they are no manifest. */
export function readChild({ mediaType, digest }: Descriptor, content: Uint8Array): StoredManifest | undefined {
  try {
    return { mediaType, digest, content, parsed: parseManifest(content, mediaType) };
  } catch (error) {
    if (isRegistryError(error, "MANIFEST_INVALID")) return undefined;
    throw error;
  }
}

/** What an index lists. */
export function childrenOf({ parsed }: StoredManifest): readonly Descriptor[] {
  return parsed.kind === "index" ? parsed.index.manifests : [];
}

/** Everything that a manifest needs to be whole; its subject is not part of that. */
export function referencesOf(manifest: StoredManifest): string[] {
  const { parsed, content } = manifest;
  switch (parsed.kind) {
    case "index":
      return childrenOf(manifest).map(({ digest }) => digest);
    case "manifest":
      return [parsed.manifest.config, ...parsed.manifest.layers].map(({ digest }) => digest);
    case "opaque":
      return findDigests(content);
  }
}

/** What is to be said of a manifest as a referrer (clause 21). */
export function describeReferrer({ mediaType, digest, content, parsed }: StoredManifest): Descriptor {
  const size = content.length;
  if (parsed.kind === "opaque") return { mediaType, digest, size };
  const document = parsed.kind === "index" ? parsed.index : parsed.manifest;
  const own = document.artifactType === "" ? undefined : document.artifactType;
  const artifactType = own ?? (parsed.kind === "manifest" ? parsed.manifest.config.mediaType : undefined);
  const annotations: Annotations | undefined = document.annotations === undefined ? undefined : { ...document.annotations };
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** The subject of a manifest, where it has one. */
export function subjectOf({ parsed }: StoredManifest): string | undefined {
  if (parsed.kind === "opaque") return undefined;
  return (parsed.kind === "index" ? parsed.index : parsed.manifest).subject?.digest;
}

/** The value of every member called `digest`, at whatever depth, in a document of a type that nobody knows. */
function findDigests(content: Uint8Array): string[] {
  const found: string[] = [];
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content), (key, value: unknown) => {
      if (key === "digest" && isDigest(value)) found.push(value);
      return value;
    });
  } catch {
    return []; // Not JSON: it refers to nothing.
  }
  return found;
}
