import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { describe, expect, it } from "vitest";

import { copy, sync, type CopyOptions, type Place } from "../../src/index.ts";
import { pushImage, repository } from "./content.ts";
import { watch } from "./watch.ts";

const wrongValues: readonly (readonly [option: string, value: unknown, error: unknown])[] = [
  ["signal", 1, TypeError],
  ["maxManifestBytes", -1, RangeError],
  ["maxManifestBytes", "1", TypeError],
  ["platforms", "linux/amd64", { message: "platforms must be an array, not string" }],
  ["platforms", [1], TypeError],
  ["platforms", [{ os: "linux" }], TypeError],
  ["platforms", ["linux"], { code: "NAME_INVALID" }],
  ["platforms", [], RangeError],
  ["index", "prune", TypeError],
  ["index", 1, TypeError],
  ["referrers", "yes", TypeError],
  ["check", "shallow", TypeError],
  ["check", true, TypeError],
  ["link", null, TypeError],
  ["concurrency", 0, RangeError],
  ["concurrency", 101, RangeError],
  ["concurrency", 1.5, RangeError],
  ["concurrency", NaN, RangeError],
  ["concurrency", "4", TypeError],
  ["limits", 1, TypeError],
  ["limits", { manifests: -1 }, RangeError],
  ["limits", { references: Infinity }, RangeError],
  ["limits", { depth: 1.5 }, RangeError],
  ["limits", { bytes: "1" }, TypeError],
  ["dryRun", 1, TypeError],
  ["onProgress", {}, TypeError],
];

const ofCopy: typeof wrongValues = [
  ["tags", "v1", { message: "tags must be an array, not string" }],
  ["tags", [1], TypeError],
  ["tags", ["not a tag"], { code: "NAME_INVALID" }],
];

const ofSync: typeof wrongValues = [
  ["tags", "v1", { message: "tags must be an array, a RegExp or a function" }],
  ["tags", [1], TypeError],
  ["tags", ["not a tag"], { code: "NAME_INVALID" }],
  ["onFailure", "ignore", TypeError],
];

/** Expects an error of a class, or with a code. */
function expected(error: unknown): unknown {
  return typeof error === "function" ? expect.any(error) : expect.objectContaining(error as object);
}

describe("the options of copy", () => {
  it.each([...wrongValues, ...ofCopy])("reject a wrong %s: %j", async (option, value, error) => {
    const watched = watch(createMemoryRegistry());
    const place = { registry: watched.registry, repository, reference: "v1" };
    await expect(copy(place, place, { [option]: value })).rejects.toEqual(expected(error));
    expect(watched.calls).toEqual([]);
  });

  it.each([null, 1, "options"])("must be an object, not %j", async (options) => {
    const place = { registry: createMemoryRegistry(), repository, reference: "v1" };
    await expect(copy(place, place, options as CopyOptions)).rejects.toThrow(TypeError);
  });

  it("can be undefined, each and all", async () => {
    const registry = createMemoryRegistry();
    await pushImage(registry, "image", { tags: ["v1"] });
    const place = { registry, repository, reference: "v1" };
    const names = [...wrongValues, ...ofCopy].map(([option]) => [option, undefined]);
    await copy(place, { ...place, reference: "v2" }, Object.fromEntries(names) as CopyOptions);
    await copy(place, { ...place, reference: "v3" }, undefined);
    const { bytes, depth, manifests, references } = {} as Record<string, undefined>;
    await copy(place, { ...place, reference: "v4" }, { limits: { bytes, depth, manifests, references } });
    expect((await registry.resolveTag(repository, "v4")).digest).toMatch(/^sha256:/);
  });

  it.each([1, 100])("can have the concurrency %d", async (concurrency) => {
    const registry = createMemoryRegistry();
    await pushImage(registry, "image", { tags: ["v1"] });
    const place = { registry, repository, reference: "v1" };
    await copy(place, { ...place, repository: "b" }, { concurrency });
    expect((await registry.resolveTag("b", "v1")).digest).toMatch(/^sha256:/);
  });
});

describe("the places of copy", () => {
  const registry = createMemoryRegistry();
  const valid = { registry, repository, reference: "v1" };
  const wrong: readonly (readonly [string, unknown, unknown])[] = [
    ["null", null, TypeError],
    ["without a registry", { ...valid, registry: undefined }, TypeError],
    ["without a reference", { ...valid, reference: undefined }, TypeError],
    ["with an invalid repository", { ...valid, repository: "A" }, { code: "NAME_INVALID" }],
    ["with an invalid tag", { ...valid, reference: "" }, { code: "NAME_INVALID" }],
    ["with an invalid digest", { ...valid, reference: "sha256:1" }, { code: "DIGEST_INVALID" }],
  ];

  it.each(wrong)("cannot be %s", async (_, place, error) => {
    await expect(copy(place as Place, valid)).rejects.toEqual(expected(error));
    await expect(copy(valid, place as Place)).rejects.toEqual(expected(error));
    await expect(copy(valid, [valid, place as Place])).rejects.toEqual(expected(error));
  });
});

describe("the options of sync", () => {
  it.each([...wrongValues, ...ofSync])("reject a wrong %s: %j", async (option, value, error) => {
    const watched = watch(createMemoryRegistry());
    const place = { registry: watched.registry, repository };
    await expect(sync(place, place, { [option]: value })).rejects.toEqual(expected(error));
    expect(watched.calls).toEqual([]);
  });

  it.each([null, { registry: null, repository }, { registry: {}, repository: "A" }])(
    "reject the wrong place %j",
    async (place) => {
      const right = { registry: createMemoryRegistry(), repository };
      await expect(sync(place as never, right)).rejects.toThrow();
      await expect(sync(right, place as never)).rejects.toThrow();
    },
  );
});
