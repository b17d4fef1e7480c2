import type { BlobReader, CallOptions, Descriptor } from "@ocilayout/oci-types";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import { passUnshared } from "@ocilayout/oci-types/authors";

import type { ManifestContent } from "../reading/read-manifest.ts";
import { closeQuietly } from "../reading/stated.ts";
import { broadcast } from "./broadcast.ts";
import type { CopyOutcome } from "./options.ts";
import type { Needed, Plan } from "./plan.ts";
import type { Progress } from "./progress.ts";
import type { Tallies } from "./report.ts";
import type { Source, Target } from "./target.ts";
import type { Workers } from "./workers.ts";

/** The outcomes, the one that takes longest last. */
const OUTCOMES: readonly CopyOutcome[] = ["present", "linked", "mounted", "skipped", "copied"];

/** The maximum number of times that a manifest is pushed: as planned, with the parts that were named, and with all parts. */
const MAX_PUSHES = 3;

/** How much of a blob was read from the source. */
interface ReadSoFar {
  bytes: number;
  hasEnded: boolean;
}

/** Carries out a plan: blobs first, then manifests after everything that they need. */
export class Transfer {
  readonly #source: Source;
  readonly #plan: Plan;
  readonly #workers: Workers;
  readonly #how: CallOptions;
  readonly #tallies: Tallies;
  readonly #progress: Progress;

  constructor(source: Source, plan: Plan, workers: Workers, tallies: Tallies, progress: Progress) {
    this.#source = source;
    this.#plan = plan;
    this.#workers = workers;
    this.#how = { signal: workers.signal };
    this.#tallies = tallies;
    this.#progress = progress;
  }

  /** Copies the blobs that targets need. */
  async blobs(): Promise<void> {
    await this.#workers.each(this.#plan.blobs.values(), (blob) => this.#blob(blob));
  }

  /** Pushes the manifests that targets need, except `last`. */
  async manifests(last: Descriptor): Promise<void> {
    const levels = await this.#levels();
    for (const level of levels) {
      await this.#workers.each(level, async ({ descriptor, targets }) => {
        if (descriptor.digest === last.digest) return;
        const content = await this.#plan.source.contentOf(descriptor);
        for (const target of targets) await this.push(target, content, []);
        this.#progress.finish(descriptor, "copied");
      });
    }
  }

  /**
   * Pushes a manifest. If the target answers that something below the manifest is missing, which it had claimed to have,
   * pushes that and repeats the push.
   */
  async push(target: Target, content: ManifestContent, tags: readonly string[]): Promise<void> {
    const { digest } = content.descriptor;
    const tally = this.#tallies.of(target);
    for (let pushes = 1; ; pushes += 1) {
      const before = tally.pushed.size;
      try {
        if (await target.pushManifest(content, tags, this.#how)) tally.manifests += 1;
        break;
      } catch (error) {
        if (!isRegistryError(error, "MANIFEST_BLOB_UNKNOWN") || pushes === MAX_PUSHES) throw error;
        // A registry may name only the first of several missing parts.
        const missing = pushes === 1 ? listOf(error.detail?.missing) : [];
        await this.#restore(target, content.descriptor, missing);
        if (tally.pushed.size === before) throw error;
      }
    }
    tally.pushed.add(digest);
    for (const tag of tags) tally.tags.push(tag);
  }

  /**
   * Pushes parts of a manifest without asking whether the target has them: those in `missing`, or all. Leaves out parts
   * that were pushed already.
   */
  async #restore(target: Target, descriptor: Descriptor, missing: readonly unknown[]): Promise<void> {
    const tally = this.#tallies.of(target);
    const { blobs, children } = await this.#plan.source.partsOf(descriptor);
    const named = (part: Descriptor): boolean => missing.includes(part.digest);
    const isNeeded = [...blobs, ...children].some(named) ? named : (): boolean => true;
    const isLost = (part: Descriptor): boolean => isNeeded(part) && !tally.pushed.has(part.digest);
    // A manifest can list the same part twice, and the first push ends the loss.
    for (const blob of blobs) {
      if (!isLost(blob)) continue;
      const outcome = await this.#stream(blob, [target]);
      tally.blob(blob, outcome);
      this.#progress.finish(blob, outcome);
    }
    for (const child of children) {
      if (!isLost(child)) continue;
      target.forget(child.digest);
      await this.push(target, await this.#plan.source.contentOf(child), []);
      this.#progress.finish(child, "copied");
    }
  }

  async #blob({ descriptor, targets }: Needed): Promise<void> {
    const lacking: Target[] = [];
    let slowest: CopyOutcome = "present";
    const note = (target: Target, outcome: CopyOutcome): void => {
      this.#tallies.of(target).blob(descriptor, outcome);
      if (OUTCOMES.indexOf(outcome) > OUTCOMES.indexOf(slowest)) slowest = outcome;
    };
    for (const target of targets) {
      const outcome = await target.takeBlob(this.#source, descriptor, this.#how);
      if (outcome === undefined) lacking.push(target);
      else note(target, outcome);
    }
    if (lacking.length > 0) {
      const outcome = await this.#stream(descriptor, lacking);
      for (const target of lacking) note(target, outcome);
    }
    this.#progress.finish(descriptor, slowest);
  }

  /** Reads a blob once, and pushes it to several targets. */
  async #stream(blob: Descriptor, targets: readonly Target[]): Promise<"copied" | "skipped"> {
    const reader = await this.#open(blob);
    if (reader === undefined) return "skipped";
    const read: ReadSoFar = { bytes: 0, hasEnded: false };
    try {
      const content = passUnshared(reader, this.#count(reader, blob, read));
      const consumers = broadcast(content, targets.length);
      const pushes = consumers.map(async ({ content, leave }, i) => {
        try {
          await targets[i]?.pushBlob(blob, content, this.#how);
        } catch (error) {
          throw blameSource(blob, read, error);
        } finally {
          // A push that failed before it began to read would hold up the others.
          await leave();
        }
      });
      await Promise.allSettled(pushes);
      await Promise.all(pushes);
      for (const target of targets) this.#tallies.of(target).pushed.add(blob.digest);
      return "copied";
    } finally {
      await closeQuietly(reader);
    }
  }

  /** Opens a blob of the source. Returns `undefined` if only its `urls` have it. */
  async #open({ digest }: Descriptor): Promise<BlobReader | undefined> {
    const { registry, repository } = this.#source;
    try {
      // The targets verify the content.
      return await registry.getBlob(repository, digest, { ...this.#how, verify: false, chunks: "reused" });
    } catch (error) {
      if (!isRegistryError(error, "BLOB_UNKNOWN")) throw error;
      if (this.#plan.source.isOptional(digest)) return undefined;
      throw new RegistryError("BLOB_UNKNOWN", `the source does not have blob ${digest}`, { cause: error });
    }
  }

  async *#count(
    content: AsyncIterable<Uint8Array>,
    blob: Descriptor,
    read: ReadSoFar,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of content) {
      read.bytes += chunk.length;
      this.#progress.read(blob, read.bytes);
      yield chunk;
    }
    read.hasEnded = true;
  }

  /** Returns the needed manifests, those that need no other manifest first. */
  async #levels(): Promise<Needed[][]> {
    const levels: Needed[][] = [];
    const heights: Map<string, number> = new Map();
    const heightOf = async (needed: Needed): Promise<number> => {
      const { digest } = needed.descriptor;
      const known = heights.get(digest);
      if (known !== undefined) return known;
      let height = 0;
      for (const child of (await this.#plan.source.partsOf(needed.descriptor)).children) {
        const below = this.#plan.manifests.get(child.digest);
        if (below !== undefined) height = Math.max(height, 1 + (await heightOf(below)));
      }
      heights.set(digest, height);
      (levels[height] ??= []).push(needed);
      return height;
    };
    for (const needed of this.#plan.manifests.values()) await heightOf(needed);
    return levels;
  }
}

/** Returns `value`, or an empty list. A detail may come from a remote registry. */
function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/**
 * Returns the error of a source whose content does not match the descriptor, or else the error of the target. A target may
 * also reject a blob before it has read it, because it accepts no blob of that size or algorithm.
 */
function blameSource({ digest, size }: Descriptor, { bytes, hasEnded }: ReadSoFar, error: unknown): unknown {
  const isRead = hasEnded || bytes > size;
  if (!isRead || !isRegistryError(error, "DIGEST_INVALID", "SIZE_INVALID")) return error;
  return new RegistryError("CONTENT_CORRUPT", `blob ${digest} of the source is corrupt: ${error.message}`, {
    cause: error,
  });
}
