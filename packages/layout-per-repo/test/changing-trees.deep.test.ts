import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { pushArtifact } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { open } from "./helpers.ts";

describe("a list of repositories", () => {
  // clause 28
  it("stays correct while others create and remove repositories", async () => {
    const registry = await open();
    for (const name of ["a", "m", "z"]) await pushArtifact(registry, name, "one");
    const over = new AbortController();
    const changing = (async () => {
      for (let i = 0; i < 300; i += 1) {
        mkdirSync(join(registry.directory, "n", `x${i}`), { recursive: true });
        await new Promise((resolve) => setImmediate(resolve));
        rmSync(join(registry.directory, "n"), { recursive: true });
      }
      over.abort();
    })();
    while (!over.signal.aborted) expect(await collect(registry.repositories())).toEqual(["a", "m", "z"]);
    await changing;
  });
});
