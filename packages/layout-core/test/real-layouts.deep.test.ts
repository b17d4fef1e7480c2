import { readdirSync } from "node:fs";

import { collect } from "@ocilayout/oci-types";
import { pushArtifact } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout } from "../src/index.ts";
import { copyFixture, expectedOf, fixtureNames, layoutsOf } from "./fixture.ts";
import { readAll } from "./full-reading.ts";

import { defaultRepository, expectedReading } from "./independent-reading.ts";
import { checkRewrite } from "./rewriting.ts";

/** The directory that a Docker archive becomes, which contains no layout. */
const none = "crane-0.21.10-tarball";

// hostile-layouts.deep.test.ts has the damaged, odd and hostile layouts.
describe.each(fixtureNames.filter((name) => !name.startsWith("x-")))("the layout %s", (name) => {
  const expected = expectedOf(name);

  // clauses 22, 23
  it("is read as an independent reader reads it, byte by byte", async () => {
    for (const [directory, inner] of layoutsOf(copyFixture(name, expected), expected)) {
      const wanted = expectedReading(inner, directory);
      await using registry = await openLayout(directory, { defaultRepository });
      expect(await readAll(registry, wanted)).toEqual(wanted);
    }
  });

  if (name === none) return;
  // clause 22
  it("keeps what a push and a delete do not touch", async () => {
    for (const [directory, inner] of layoutsOf(copyFixture(name, expected), expected))
      await checkRewrite(directory, inner);
  });
});

// clause 25
it("a directory with no part of a layout reads as empty, and its files stay", async () => {
  const directory = copyFixture(none, expectedOf(none));
  const files = readdirSync(directory);
  await using registry = await openLayout(directory, { durability: "none" });
  expect(await collect(registry.repositories())).toEqual([]);
  await pushArtifact(registry, "app", "pushed", ["v1"]);
  expect(await collect(registry.tags("app"))).toEqual(["v1"]);
  expect(readdirSync(directory)).toEqual(expect.arrayContaining(files));
});

it("the fixtures cover every tool", () => {
  expect(fixtureNames.filter((name) => !name.startsWith("x-"))).toHaveLength(63);
});
