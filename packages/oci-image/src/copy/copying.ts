import type { CallOptions, Descriptor } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";

import type { CheckedPlace } from "../place/place.ts";
import { sibling } from "../place/place.ts";
import type { ManifestContent } from "../reading/read-manifest.ts";
import { readManifest } from "../reading/read-manifest.ts";
import { keepPlatforms } from "./keep-platforms.ts";
import type { CheckedCopyOptions, CopySource } from "./options.ts";
import { Plan } from "./plan.ts";
import { Progress } from "./progress.ts";
import type { Companion } from "./referrers.ts";
import { findCompanions } from "./referrers.ts";
import type { CopyReport } from "./report.ts";
import { Tallies } from "./report.ts";
import { requireStatedDescriptor } from "../reading/stated-descriptor.ts";
import type { Target } from "./target.ts";
import { Transfer } from "./transfer.ts";
import { Workers } from "./workers.ts";

/** One target of a copy, and the names that the manifest gets there. */
export interface Destination {
  readonly target: Target;
  readonly tags: readonly string[];
  /** The digest that the manifest must have. */
  readonly digest?: string | undefined;
}

/** Copies one manifest to several targets. */
export async function copyTo(
  source: CheckedPlace<CopySource>,
  destinations: readonly Destination[],
  options: CheckedCopyOptions,
): Promise<CopyReport[]> {
  const workers = new Workers(options.concurrency, options.signal);
  const reading = { ...options.reading, signal: workers.signal };
  try {
    return await new Copying(source, destinations, { ...options, reading }, workers).run();
  } finally {
    workers.close();
  }
}

/** One call of {@link copyTo}. */
class Copying {
  readonly #source: CheckedPlace<CopySource>;
  readonly #destinations: readonly Destination[];
  readonly #options: CheckedCopyOptions;
  readonly #workers: Workers;
  readonly #how: CallOptions;
  readonly #tallies: Tallies = new Tallies();

  constructor(
    source: CheckedPlace<CopySource>,
    destinations: readonly Destination[],
    options: CheckedCopyOptions,
    workers: Workers,
  ) {
    this.#source = source;
    this.#destinations = destinations;
    this.#options = options;
    this.#workers = workers;
    this.#how = { signal: workers.signal };
  }

  async run(): Promise<CopyReport[]> {
    const stated = await this.#resolve();
    // A target that has the tag at this digest is not asked whether it has the manifest.
    await this.#workers.each(this.#destinations, ({ target, tags }) => target.askTags(tags, this.#how));
    if (await this.#isDone(stated)) return this.#report(stated, {});
    const { root, isRewritten, plan } = await this.#choose(stated);
    for (const { digest } of this.#destinations) requireSame(digest, root.descriptor.digest);
    const targets = this.#destinations.map(({ target }) => target);
    await plan.add(root.descriptor, targets);
    const companions = this.#options.referrers
      ? await findCompanions(this.#source, plan, root.descriptor, this.#options)
      : [];
    for (const { descriptor } of companions) await plan.add(descriptor, targets);
    const what: Contents = { plan, root, companions };
    if (this.#options.dryRun) await this.#count(what);
    else await this.#transfer(what);
    const referrers = new Set(companions.map(({ descriptor }) => descriptor.digest)).size;
    return this.#report(root.descriptor, { isRewritten, referrers });
  }

  /** Asks the source what the reference is. */
  async #resolve(): Promise<Descriptor> {
    const { registry, repository, reference, tag, digest } = this.#source;
    const stated =
      digest === undefined
        ? await registry.resolveTag(repository, tag, this.#how)
        : { ...(await registry.resolveManifest(repository, digest, this.#how)), digest };
    return requireStatedDescriptor(stated, `manifest ${reference}`);
  }

  /** Whether there is nothing to do. */
  async #isDone({ digest }: Descriptor): Promise<boolean> {
    const { platforms, referrers, isDeep } = this.#options;
    if (platforms !== undefined || referrers || isDeep) return false;
    for (const destination of this.#destinations) {
      const { target, tags } = destination;
      if (target.moved(tags, digest).length > 0 || !(await target.hasManifest(digest, this.#how)))
        return false;
      requireSame(destination.digest, digest);
    }
    return true;
  }

  /** Reads the manifest, and leaves out other platforms. */
  async #choose(stated: Descriptor): Promise<{ root: ManifestContent; isRewritten: boolean; plan: Plan }> {
    const original = await readManifest(sibling(this.#source, stated.digest), this.#options.reading);
    const { root, rewritten, left } = await keepPlatforms(this.#source, original, this.#options);
    const plan = new Plan(this.#source, this.#options, this.#workers, left);
    for (const content of [root, ...rewritten]) await plan.source.provide(content);
    return { root, isRewritten: root !== original, plan };
  }

  async #transfer(what: Contents): Promise<void> {
    const { plan, root } = what;
    const { digest } = root.descriptor;
    const progress = new Progress(this.#options.onProgress, plan);
    const transfer = new Transfer(this.#source, plan, this.#workers, this.#tallies, progress);
    await transfer.blobs();
    await transfer.manifests(root.descriptor);
    const needed = plan.manifests.get(digest);
    for (const destination of this.#destinations) {
      const { target } = destination;
      for (const { descriptor, tags } of await this.#moves(destination, what)) {
        if (tags.length > 0 || (descriptor.digest === digest && needed?.targets.has(target) === true))
          await transfer.push(target, await plan.source.contentOf(descriptor), tags);
      }
    }
    if (needed !== undefined) progress.finish(root.descriptor, "copied");
  }

  /** Counts what a copy would do. */
  async #count(what: Contents): Promise<void> {
    const { blobs, manifests } = what.plan;
    await this.#workers.each(blobs.values(), async ({ descriptor, targets }) => {
      for (const target of targets) {
        const isThere = await target.hasBlob(descriptor, this.#how);
        this.#tallies.of(target).blob(descriptor, isThere ? "present" : "copied");
      }
    });
    for (const { targets } of manifests.values())
      for (const target of targets) this.#tallies.of(target).manifests += 1;
    for (const destination of this.#destinations) {
      const tally = this.#tallies.of(destination.target);
      for (const { tags } of await this.#moves(destination, what))
        for (const tag of tags) tally.tags.push(tag);
    }
  }

  /** Returns the tags that are to be moved in one target: those of cosign, then those of the copied manifest. */
  async #moves({ target, tags }: Destination, { root, companions }: Contents): Promise<Moves[]> {
    const moves: Moves[] = [];
    for (const { descriptor, tag } of companions) {
      if (tag === undefined) continue;
      await target.askTags([tag], this.#how);
      moves.push({ descriptor, tags: target.moved([tag], descriptor.digest) });
    }
    const { descriptor } = root;
    return [...moves, { descriptor, tags: target.moved(tags, descriptor.digest) }];
  }

  #report(
    descriptor: Descriptor,
    { isRewritten = false, referrers = 0 }: Partial<Pick<CopyReport, "isRewritten" | "referrers">>,
  ): CopyReport[] {
    return this.#destinations.map(({ target }) => {
      const { tags, manifests, blobs, bytes } = this.#tallies.of(target);
      const { mediaType, digest, size } = descriptor;
      return {
        descriptor: { mediaType, digest, size },
        isRewritten,
        tags,
        manifests,
        referrers,
        blobs,
        bytes,
      };
    });
  }
}

/** The content of one copy. */
interface Contents {
  readonly plan: Plan;
  readonly root: ManifestContent;
  readonly companions: readonly Companion[];
}

/** Tags that are to point at a manifest, and do not yet. */
interface Moves {
  readonly descriptor: Descriptor;
  readonly tags: readonly string[];
}

/** Requires that the digest of the target's place, if it has one, is that of the manifest. */
function requireSame(expected: string | undefined, received: string): void {
  if (expected === undefined || expected === received) return;
  throw new RegistryError(
    "DIGEST_INVALID",
    `the copied manifest has the digest ${received}, not ${expected}`,
    {
      detail: { expected, received },
    },
  );
}
