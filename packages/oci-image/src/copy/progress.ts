import type { Descriptor } from "@ocilayout/oci-types";
import { cloneJson } from "@ocilayout/oci-types/authors";

import type { CopyOutcome, CopyProgress } from "./options.ts";
import type { Plan } from "./plan.ts";

/** Counts the bytes of a copy and reports them. Content that is read twice counts once. */
export class Progress {
  readonly #report: (progress: CopyProgress) => void;
  readonly #plan: Pick<Plan, "has">;
  readonly #counted: Map<string, number> = new Map();
  #totalBytes: number;
  #doneBytes = 0;

  constructor(report: (progress: CopyProgress) => void, plan: Pick<Plan, "has" | "bytes">) {
    this.#report = report;
    this.#plan = plan;
    this.#totalBytes = plan.bytes;
  }

  /** Reports that `bytes` of some content were read. */
  read(descriptor: Descriptor, bytes: number): void {
    this.#count(descriptor, Math.min(bytes, descriptor.size));
    this.#send(descriptor, bytes, undefined);
  }

  /** Reports that some content is done. */
  finish(descriptor: Descriptor, outcome: CopyOutcome): void {
    this.#count(descriptor, descriptor.size);
    this.#send(descriptor, descriptor.size, outcome);
  }

  #count({ digest, size }: Descriptor, bytes: number): void {
    // A target may lack content that it had claimed to have.
    if (!this.#counted.has(digest) && !this.#plan.has(digest)) this.#totalBytes += size;
    const before = this.#counted.get(digest) ?? 0;
    if (bytes < before) return;
    this.#counted.set(digest, bytes);
    this.#doneBytes += bytes - before;
  }

  #send(descriptor: Descriptor, bytes: number, outcome: CopyOutcome | undefined): void {
    this.#report({
      descriptor: cloneJson(descriptor),
      outcome,
      bytes,
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
    });
  }
}
