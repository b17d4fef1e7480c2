import { collect, type Descriptor, type Registry } from "@ocilayout/oci-types";
import { bytes, descriptorOf, rejection } from "@ocilayout/testing";
import { describe, expect, it, vi } from "vitest";

import { defineBackend, listOf, type Backend } from "../src/index.ts";
import { digest } from "./recording-backend.ts";

async function* inOrder<Item>(
  items: readonly Item[],
  log: string[] = [],
): AsyncGenerator<Item, void, undefined> {
  try {
    yield* items;
  } finally {
    log.push("freed");
  }
}

const tagsOf = (tags: Required<Backend>["tags"]): Registry => defineBackend({ tags });

// clause 4
describe("a list", () => {
  it.each(["tags", "referrers", "repositories"] as const)(
    "calls no method before the first item of %s is requested",
    async (name) => {
      const method = vi.fn(() => []);
      const begin = vi.fn();
      const registry = defineBackend({ [name]: method, begin });
      const list =
        name === "tags"
          ? registry.tags("A")
          : name === "referrers"
            ? registry.referrers("a", "nothing")
            : registry.repositories({ limit: -1 });
      expect(begin).not.toHaveBeenCalled();
      await rejection(list[Symbol.asyncIterator]().next());
      expect(begin).toHaveBeenCalledTimes(1);
      expect(method).not.toHaveBeenCalled();
    },
  );

  it("frees the list of the backend when the loop is left", async () => {
    const log: string[] = [];
    for await (const tag of tagsOf(() => inOrder(["a", "b"], log)).tags("a")) {
      expect(tag).toBe("a");
      break;
    }
    expect(log).toEqual(["freed"]);
  });

  it("ends with the reason of its signal", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const tags = tagsOf(() => ["a", "b"]).tags("a", controller);
    const list = tags[Symbol.asyncIterator]();
    expect(await list.next()).toEqual({ done: false, value: "a" });
    controller.abort(reason);
    expect(await rejection(list.next())).toBe(reason);
  });
});

// clause 20
describe("the names that a backend returns", () => {
  it.each<[string, () => Iterable<string>]>([
    ["an array", () => ["b", "a", "B", "b"]],
    ["a set", () => new Set(["b", "a", "B"])],
    [
      "the keys of a map",
      () =>
        new Map([
          ["b", 1],
          ["a", 2],
          ["B", 3],
        ]).keys(),
    ],
  ])("in %s may have any order, and are sorted without duplicates", async (_what, tags) => {
    const registry = tagsOf(tags);
    expect(await collect(registry.tags("a"))).toEqual(["B", "a", "b"]);
    expect(await collect(registry.tags("a", { startAfter: "B" }))).toEqual(["a", "b"]);
    expect(await collect(registry.tags("a", { startAfter: "aa", limit: 1 }))).toEqual(["b"]);
    expect(await collect(registry.tags("a", { limit: 0 }))).toEqual([]);
    expect(await collect(registry.tags("a", { limit: 2 }))).toEqual(["B", "a"]);
  });

  it("in an array are not sorted in place", async () => {
    const kept = ["b", "a"];
    await collect(tagsOf(() => kept).tags("a"));
    expect(kept).toEqual(["b", "a"]);
  });

  it("are a snapshot, even if their source changes", async () => {
    const tags = new Map([
      ["a", 1],
      ["c", 2],
    ]);
    const found: string[] = [];
    for await (const tag of tagsOf(() => tags.keys()).tags("a")) {
      found.push(tag);
      tags.set("b", 3);
    }
    expect(found).toEqual(["a", "c"]);
  });

  it("in an asynchronous list are trusted to be in order, and cut to the page", async () => {
    const log: string[] = [];
    const registry = tagsOf(() => inOrder(["a", "b", "c", "d"], log));
    expect(await collect(registry.tags("a", { startAfter: "a", limit: 2 }))).toEqual(["b", "c"]);
    expect(log).toEqual(["freed"]);
  });
});

// clause 21
describe("the referrers that a backend returns", () => {
  const [one, two] = ["one", "two"].map((text) => descriptorOf(bytes(text))) as [Descriptor, Descriptor];
  const sbom = { ...one, artifactType: "application/sbom" };
  const found = [two, sbom].sort((a, b) => (a.digest < b.digest ? 1 : -1));

  it.each([
    ["an array", () => found],
    ["a set", () => new Set(found)],
  ])("in %s are filtered by artifact type and sorted by digest", async (_what, referrers) => {
    const registry = defineBackend({ referrers });
    const all = await collect(registry.referrers("a", digest));
    expect(all).toEqual(found.toReversed());
    expect(await collect(registry.referrers("a", digest, { startAfter: all[0]?.digest }))).toEqual([all[1]]);
    const { artifactType } = sbom;
    expect(await collect(registry.referrers("a", digest, { artifactType }))).toEqual([sbom]);
    expect(await collect(registry.referrers("a", digest, { artifactType: "" }))).toEqual([]);
  });

  it("in an asynchronous list are not filtered again", async () => {
    const referrers = vi.fn(() => inOrder([sbom]));
    const list = defineBackend({ referrers }).referrers("a", digest, { artifactType: "application/sbom" });
    expect(await collect(list)).toEqual([sbom]);
    expect(referrers).toHaveBeenCalledWith(expect.objectContaining({ artifactType: "application/sbom" }));
  });
});

describe("listOf", () => {
  it("lists any content of a backend, with the checks of a registry's lists", async () => {
    const begin = vi.fn();
    const list = (repo: string, options?: object): AsyncIterable<{ name: string }> =>
      listOf(
        { begin },
        repo,
        options,
        () => [{ name: "b" }, { name: "a" }],
        ({ name }) => name,
      );
    expect(await collect(list("a", { limit: 1 }))).toEqual([{ name: "a" }]);
    expect(begin).toHaveBeenCalledWith("read");
    expect(await rejection(collect(list("A")))).toMatchObject({ code: "NAME_INVALID" });
    expect(await rejection(collect(list("a", { limit: -1 })))).toBeInstanceOf(RangeError);
    const none = listOf({}, "a", undefined, () => undefined, String);
    expect(await rejection(collect(none))).toMatchObject({ code: "NAME_UNKNOWN" });
  });
});
