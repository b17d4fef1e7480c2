import type { Registry } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { requirePlace, requireRepositoryOf, sibling } from "../../src/place/place.ts";

const registry = {} as Registry;
const digest = `sha256:${"a".repeat(64)}`;

describe("requirePlace", () => {
  it("knows a tag from a digest by the colon", () => {
    const place = { registry, repository: "team/app", reference: "v1" };
    expect(requirePlace(place)).toStrictEqual({ ...place, tag: "v1" });
    expect(requirePlace({ ...place, reference: digest })).toStrictEqual({
      ...place,
      reference: digest,
      digest,
    });
  });

  it.each([
    [{ repository: "Team", reference: "v1" }, "NAME_INVALID"],
    [{ repository: "", reference: "v1" }, "NAME_INVALID"],
    [{ repository: "team", reference: "" }, "NAME_INVALID"],
    [{ repository: "team", reference: "-v1" }, "NAME_INVALID"],
    [{ repository: "team", reference: "team/app" }, "NAME_INVALID"],
    [{ repository: "team", reference: "app:v1" }, "DIGEST_INVALID"],
    [{ repository: "team", reference: `v1@${digest}` }, "DIGEST_INVALID"],
    [{ repository: "team", reference: "sha256:abc" }, "DIGEST_INVALID"],
    [{ repository: "team", reference: `blake3:${"a".repeat(64)}` }, "DIGEST_INVALID"],
  ])("rejects %j with %s", (names, code) => {
    expect(() => requirePlace({ registry, ...names })).toThrow(expect.objectContaining({ code }));
  });

  // clause 1
  it.each([
    [null, "a place must be an object, not null"],
    ["team/app:v1", "a place must be an object, not string"],
    [{ repository: "a", reference: "v1" }, "a place must have a registry"],
    [{ registry: null, repository: "a", reference: "v1" }, "a place must have a registry"],
    [{ registry: "a", repository: "a", reference: "v1" }, "a place must have a registry"],
    [{ registry, reference: "v1" }, "a repository name must be a string, not undefined"],
    [{ registry, repository: "a" }, "a reference must be a string, not undefined"],
    [{ registry, repository: "a", reference: ["a:b"] }, "a reference must be a string, not object"],
  ])("rejects %j with a TypeError", (place, message) => {
    expect(() => requirePlace(place as never)).toThrow(new TypeError(message));
  });
});

it("requireRepositoryOf needs no reference", () => {
  expect(requireRepositoryOf({ registry, repository: "a" })).toStrictEqual({ registry, repository: "a" });
});

it("sibling returns the place of another manifest in the same repository", () => {
  expect(sibling({ registry, repository: "a", reference: "v1" }, digest)).toStrictEqual({
    registry,
    repository: "a",
    reference: digest,
  });
});
