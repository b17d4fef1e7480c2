import { bytes, digestOf } from "@ocilayout/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Draft } from "../src/index-json/draft.ts";
import { createEntry, isForeign, type Entry } from "../src/index-json/entry.ts";
import type { EntryView } from "../src/index-json/entry-table.ts";
import { EntryTable } from "../src/index-json/entry-table.ts";

const rules = { refNameStyle: "full" as const };
const digests = ["0", "1", "2"].map((name) => digestOf(bytes(name)));

function entry(repository: string, tag: string | undefined, digest: string): Entry {
  return createEntry(
    { mediaType: "application/x-a", digest: digest as Entry["digest"], size: 1 },
    { repository, tag },
    rules,
  );
}

const entries = fc
  .tuple(fc.constantFrom("a", "b"), fc.constantFrom(undefined, "s", "t"), fc.constantFrom("0", "1", "2"))
  .map(
    ([repository, tag, digest]) =>
      () =>
        entry(repository, tag, digests[Number(digest)] ?? ""),
  );

/** Compares the answers of a view with all of its entries, one by one. */
function checkView(view: EntryView & Pick<EntryTable, "all">): void {
  const all = [...view.all()].flatMap((it) => (isForeign(it) ? [] : [it]));
  for (const repository of ["a", "b"]) {
    const own = all.filter((it) => it.repository === repository);
    expect([...view.digests(repository)].sort()).toEqual(
      [...new Set(own.map(({ digest }) => digest))].sort(),
    );
    for (const tag of ["s", "t"])
      expect(new Set(view.tagged(repository, tag))).toEqual(new Set(own.filter((it) => it.tag === tag)));
    for (const digest of digests)
      expect(new Set(view.withDigest(repository, digest))).toEqual(
        new Set(own.filter((it) => it.digest === digest)),
      );
  }
}

const change = fc.oneof(
  entries.map((make) => ({ kind: "add" as const, make })),
  fc.tuple(fc.nat(20), entries).map(([place, make]) => ({ kind: "replace" as const, place, make })),
  fc.nat(20).map((place) => ({ kind: "remove" as const, place })),
);

describe("a transaction's view of the entries", () => {
  it("always equals the table that its changes produce", () => {
    fc.assert(
      fc.property(
        fc.array(entries, { maxLength: 8 }),
        fc.array(change, { maxLength: 12 }),
        (first, changes) => {
          const table = new EntryTable(first.map((make) => make()));
          const draft = new Draft(table);
          for (const step of changes) {
            const now = [...draft.all()].flatMap((it) => (isForeign(it) ? [] : [it]));
            const chosen = step.kind === "add" ? undefined : now[step.place % Math.max(1, now.length)];
            if (step.kind === "add") draft.add(step.make());
            else if (chosen !== undefined)
              draft.replace(chosen, step.kind === "replace" ? step.make() : undefined);
            checkView(draft);
          }
          const expected = [...draft.all()];
          const texts = table.texts(draft);
          checkView(table);
          table.apply(draft);
          checkView(table);
          expect([...table.all()]).toEqual(expected);
          expect([...table.all()].map(({ text }) => text)).toEqual(texts);
        },
      ),
    );
  });

  it("has the same answers whichever questions a table answered before a change", () => {
    const questions: readonly ((table: EntryTable) => unknown)[] = [
      () => undefined,
      (table) => table.tagged("a", "t"),
      (table) => table.withDigest("a", digests[0] ?? ""),
      (table) => table.tags("a"),
      (table) => table.unread("a", "all"),
      checkView,
    ];
    fc.assert(
      fc.property(
        fc.array(entries, { maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(questions.length - 1), change), { maxLength: 4 }),
        (first, changes) => {
          const table = new EntryTable(first.map((make) => make()));
          for (const [question, step] of changes) {
            questions[question]?.(table);
            const draft = new Draft(table);
            const now = [...table.all()].flatMap((it) => (isForeign(it) ? [] : [it]));
            const chosen = step.kind === "add" ? undefined : now[step.place % Math.max(1, now.length)];
            if (step.kind === "add") draft.add(step.make());
            else if (chosen !== undefined)
              draft.replace(chosen, step.kind === "replace" ? step.make() : undefined);
            table.apply(draft);
          }
          checkView(table);
          for (const repository of ["a", "b"]) {
            const own = [...table.all()].flatMap((it) =>
              isForeign(it) || it.repository !== repository ? [] : [it],
            );
            const tags = new Set(own.flatMap(({ tag }) => tag ?? []));
            expect(table.tags(repository)).toEqual([...tags].sort());
            expect(table.unread(repository, "all")).toEqual(new Set(own));
            expect(table.has(repository)).toBe(own.length > 0);
          }
        },
      ),
    );
  });

  it("has another revision once the last entry of a digest is removed", () => {
    const [one = "", two = ""] = digests;
    const [first, second] = [entry("a", "t", one), entry("a", "s", two)];
    const table = new EntryTable([first, second]);
    const before = table.digestsRevision("a");
    const draft = new Draft(table);
    draft.replace(first, undefined);
    table.apply(draft);
    expect(table.digestsRevision("a")).not.toBe(before);
  });

  it("changes a repository's revision only if its digests change", () => {
    const [one = "", two = ""] = digests;
    const draft = new Draft(new EntryTable([entry("a", "t", one)]));
    const before = draft.digestsRevision("a");
    draft.add(entry("a", "s", one));
    expect(draft.digestsRevision("a")).toBe(before);
    draft.add(entry("a", undefined, two));
    expect(draft.digestsRevision("a")).not.toBe(before);
  });
});

describe("the cost of a question", () => {
  /** Counts how often the name of an entry is read for one question, with this number of changes. */
  function cost(changes: number): number {
    let looks = 0;
    const draft = new Draft(new EntryTable());
    const watched = (tag: string): Entry => ({
      ...entry("a", tag, digests[0] ?? ""),
      get repository() {
        looks += 1;
        return "a";
      },
    });
    for (let i = 0; i < changes; i += 1) draft.add(watched(`t${i}`));
    looks = 0;
    draft.tagged("a", "t0");
    draft.withDigest("a", digests[1] ?? "");
    return looks;
  }

  it("does not grow with the number of changes", () => {
    expect(cost(400)).toBe(cost(100));
  });

  it("does not grow with the number of entries of the same digest when one is replaced", () => {
    const [digest = ""] = digests;
    const table = new EntryTable(Array.from({ length: 1_000 }, (_, i) => entry("a", `t${i}`, digest)));
    const draft = new Draft(table);
    const [first] = draft.withDigest("a", digest);
    if (first === undefined) throw new Error("there are entries");
    draft.replace(first, undefined);
    const touched = draft.withDigest("a", digest);
    for (const it of [...touched].slice(0, 500)) draft.replace(it, undefined);
    // Still the same set: a change does not copy it.
    expect(draft.withDigest("a", digest)).toBe(touched);
    expect(touched.size).toBe(499);
  });
});
