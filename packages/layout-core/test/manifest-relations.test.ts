import type { CheckedDescriptor } from "@ocilayout/oci-backend";
import { ociMediaTypes } from "@ocilayout/oci-types";
import { requireDigest } from "@ocilayout/oci-types/authors";
import { bytes, digestOf } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { createEntry } from "../src/index-json/entry.ts";
import type { EntryView } from "../src/index-json/entry-table.ts";
import { EntryTable } from "../src/index-json/entry-table.ts";
import { Membership, Relations } from "../src/manifests/manifest-relations.ts";
import type { StoredManifest } from "../src/manifests/stored-manifest.ts";

const WIDE = 60;
const DEEP = 30;

function descriptorOf(level: number, place: number): CheckedDescriptor {
  return {
    mediaType: ociMediaTypes.imageIndex,
    digest: requireDigest(digestOf(bytes(`${level}/${place}`))).digest,
    size: 1,
  };
}

/** Levels of indexes. Each index lists all of the level below. */
function lattice(): Map<string, StoredManifest> {
  const manifests: Map<string, StoredManifest> = new Map();
  for (let level = 1; level <= DEEP; level += 1) {
    const children = Array.from({ length: WIDE }, (_, place) => descriptorOf(level - 1, place));
    for (let place = 0; place < WIDE; place += 1) {
      const descriptor = descriptorOf(level, place);
      const more = {
        kind: "index" as const,
        isTyped: true,
        parts: [],
        subject: undefined,
        artifactType: undefined,
        annotations: undefined,
      };
      manifests.set(descriptor.digest, { ...descriptor, ...more, children });
    }
  }
  return manifests;
}

/** Returns the table with a count of its questions. */
function counting(table: EntryTable): EntryView & { questions: number } {
  return {
    questions: 0,
    tagged: (repository, tag) => table.tagged(repository, tag),
    withDigest(repository, digest) {
      this.questions += 1;
      return table.withDigest(repository, digest);
    },
    digests: (repository) => table.digests(repository),
    digestsRevision: (repository) => table.digestsRevision(repository),
    unread: (repository, scope) => table.unread(repository, scope),
  };
}

describe("a lattice of indexes", () => {
  const manifests = lattice();
  let looks = 0;
  const relations = new Relations((digest) => {
    looks += 1;
    return manifests.get(digest)?.children ?? [];
  });
  for (const manifest of manifests.values()) relations.add(manifest);
  const rules = { refNameStyle: "full" as const };
  const top = createEntry(descriptorOf(DEEP, 0), { repository: "evil", tag: "t" }, rules);
  const good = createEntry(descriptorOf(0, WIDE), { repository: "good", tag: "t" }, rules);
  const view = counting(new EntryTable([top, good]));
  /** Returns whether the repository has each index that lists the bottom of the lattice. */
  const ask = (repository: string): boolean[] => {
    const membership = new Membership(relations, view, repository);
    const parents = relations.parentsIn(view, repository, descriptorOf(0, 0).digest);
    return [...parents].map((parent) => membership.has(parent));
  };

  it("is not traversed once per index by a repository that has none of them", () => {
    view.questions = 0;
    looks = 0;
    expect(ask("good")).toEqual(Array(WIDE).fill(false));
    // A separate climb for each index would take 108,000 questions.
    expect(view.questions).toBeLessThan(15_000);
    expect(looks).toBeLessThanOrEqual(2);
  });

  it("is traversed once by the repository that has it, and again only after its manifests change", () => {
    looks = 0;
    expect(ask("evil")).toEqual(Array(WIDE).fill(true));
    const once = looks;
    expect(once).toBeLessThanOrEqual(WIDE * (DEEP + 1));
    view.questions = 0;
    for (let i = 0; i < 10; i += 1) ask("evil");
    expect(looks).toBe(once);
  });
});
