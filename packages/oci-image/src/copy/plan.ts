import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { manifestKind, RegistryError } from "@ocilayout/oci-types";

import type { CheckedCopyOptions } from "./options.ts";
import { SourceManifests } from "./source-manifests.ts";
import type { Source, Target } from "./target.ts";
import { tooMuch } from "./too-much.ts";
import type { Workers } from "./workers.ts";

/** Content that some targets do not have. */
export interface Needed {
  readonly descriptor: Descriptor;
  readonly targets: Set<Target>;
}

/** A manifest below manifests that `targets` do not have. */
interface Visit {
  readonly descriptor: Descriptor;
  readonly targets: readonly Target[];
}

/** The number of manifests that are asked for and read before what they need is added, and limits apply. */
const AT_ONCE = 100;

/**
 * Finds out which manifests and blobs the targets of a copy do not have. It asks a target for a manifest only if the target
 * does not have its parent, and reads it only if some target does not have it.
 */
export class Plan {
  /** The manifests that some target needs. */
  readonly manifests: Map<string, Needed> = new Map();
  /** The blobs that some target may need. */
  readonly blobs: Map<string, Needed> = new Map();
  /** The manifests of the source. */
  readonly source: SourceManifests;
  readonly #options: CheckedCopyOptions;
  readonly #workers: Workers;
  readonly #how: CallOptions;
  /** The targets that were asked for a manifest. */
  readonly #asked: Map<string, Set<Target>> = new Map();
  #bytes = 0;

  constructor(
    source: Source,
    options: CheckedCopyOptions,
    workers: Workers,
    left: ReadonlySet<string> = new Set(),
  ) {
    this.#options = options;
    this.#workers = workers;
    this.#how = { signal: workers.signal };
    this.source = new SourceManifests(source, options, this.#how, left);
  }

  /** The size of everything that some target may need, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether some target may need the content. */
  has(digest: string): boolean {
    return this.manifests.has(digest) || this.blobs.has(digest);
  }

  /** Plans the copy of a manifest and of everything below it. */
  async add(root: Descriptor, targets: readonly Target[]): Promise<void> {
    let level: Visit[] = [{ descriptor: root, targets }];
    for (let depth = 0; level.length > 0; depth += 1) {
      if (depth > this.#options.limits.depth) throw tooMuch("levels", this.#options.limits.depth);
      const next: Visit[] = [];
      for (let at = 0; at < level.length; at += AT_ONCE)
        for (const visit of await this.#visit(level.slice(at, at + AT_ONCE))) next.push(visit);
      level = next;
    }
  }

  /** Adds what targets need of some manifests, and returns what is below them, in order, whichever call ends first. */
  async #visit(visits: readonly Visit[]): Promise<Visit[]> {
    const asked = await this.#workers.map(visits, (visit) => this.#ask(visit));
    for (const { descriptor, lacking } of asked)
      if (lacking.length > 0) this.#need(this.manifests, descriptor, lacking);
    const opened = asked.filter(({ targets }) => targets.length > 0);
    const parts = await this.#workers.map(opened, ({ descriptor }) => this.source.partsOf(descriptor));
    const next: Visit[] = [];
    for (const [at, { targets }] of opened.entries()) {
      const { blobs = [], children = [] } = parts[at] ?? {};
      for (const blob of blobs) this.#need(this.blobs, blob, targets);
      for (const child of children) next.push({ descriptor: child, targets });
    }
    return next;
  }

  /** Finds out which targets lack a manifest, and which of them may lack something below it. */
  async #ask({ descriptor, targets }: Visit): Promise<Visit & { readonly lacking: readonly Target[] }> {
    const { digest } = descriptor;
    const asked = this.#asked.get(digest) ?? new Set();
    this.#asked.set(digest, asked);
    const asking = targets.filter((target) => !asked.has(target));
    for (const target of asking) asked.add(target);
    const lacking: Target[] = [];
    for (const target of asking) if (!(await target.hasManifest(digest, this.#how))) lacking.push(target);
    return { descriptor, lacking, targets: this.#isTrusted(descriptor) ? lacking : asking };
  }

  /** Whether a target that has a manifest has everything below it. */
  #isTrusted({ mediaType }: Descriptor): boolean {
    const { isDeep, keepsIndex, platforms } = this.#options;
    // The target may have the index without the manifests of other platforms.
    const isSparse = keepsIndex && platforms !== undefined && manifestKind(mediaType) === "index";
    return !isDeep && !isSparse;
  }

  #need(all: Map<string, Needed>, descriptor: Descriptor, targets: readonly Target[]): void {
    const needed = all.get(descriptor.digest);
    if (needed === undefined) {
      // The same content can be a blob of one image and a manifest of another index.
      if (!this.has(descriptor.digest)) this.#bytes += descriptor.size;
      all.set(descriptor.digest, { descriptor, targets: new Set(targets) });
      const { bytes } = this.#options.limits;
      if (this.#bytes > bytes) {
        throw new RegistryError("SIZE_INVALID", `cannot copy more than ${bytes} bytes`, {
          detail: { limit: bytes },
        });
      }
      return;
    }
    if (needed.descriptor.size !== descriptor.size) {
      throw new RegistryError(
        "MANIFEST_INVALID",
        `manifests state two sizes of ${descriptor.digest}: ${needed.descriptor.size} and ${descriptor.size} bytes`,
      );
    }
    for (const target of targets) needed.targets.add(target);
  }
}
