import { collect } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { openLayout } from "../src/index.ts";
import { copyFixture, expectedOf } from "./fixture.ts";
import { readAll } from "./full-reading.ts";
import { snapshot } from "./helpers.ts";
import { defaultRepository, expectedReading } from "./independent-reading.ts";
import { checkRewrite } from "./rewriting.ts";

// One fixture of each kind. real-layouts.deep.test.ts and hostile-layouts.deep.test.ts have all.
describe.each([
  "skopeo-1.22.0-all",
  "oras-1.3.3-attach",
  "umoci-0.6.0-two-tags",
  "docker-28.5.2-save-containerd",
  "regctl-main-nested-index",
  "podman-5.8.6-save-oci-archive",
  "x-annotations-odd",
  "x-blob-truncated",
  "x-duplicate-ref-names",
  "x-index-docker-list",
  "x-sizes",
])("the layout %s", (name) => {
  const expected = expectedOf(name);

  // clauses 22, 23
  it("is read as an independent reader reads it, byte by byte", async () => {
    const directory = copyFixture(name, expected);
    const wanted = expectedReading(expected, directory);
    await using registry = await openLayout(directory, { defaultRepository });
    expect(await readAll(registry, wanted)).toEqual(wanted);
  });

  // clause 22
  it("keeps what a push and a delete do not touch", async () => {
    await checkRewrite(copyFixture(name, expected), expected);
  });
});

// clauses 22, 25, 30
it.each(["x-index-media-type-manifest", "x-no-oci-layout", "x-layout-version-1.1.0"])(
  "the layout %s is rejected with LAYOUT_INVALID and not changed",
  async (name) => {
    const directory = copyFixture(name, expectedOf(name));
    const before = snapshot(directory);
    await using registry = await openLayout(directory, { defaultRepository });
    await expect(collect(registry.repositories())).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    expect(snapshot(directory)).toEqual(before);
  },
);
