import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openPerRepository } from "@ocilayout/layout-per-repo";
import { collect } from "@ocilayout/oci-types";
import { describe, expect, it, onTestFinished } from "vitest";

import { buildImage, buildIndex, otherPlatform, pushImage, pushManifest } from "./images.ts";
import { has, skopeoIn, umociIn } from "./programs.ts";

const one = buildImage("one");
const two = buildImage("two");
const foreign = buildImage("foreign", otherPlatform);
const multi = buildIndex(one, foreign);

/** Opens a directory of layouts with an image and an index in `a/b` and an image in `a`. */
async function share() {
  const cwd = mkdtempSync(join(tmpdir(), "interop-"));
  const registry = await openPerRepository(join(cwd, "layouts"));
  onTestFinished(async () => {
    await registry.close();
    rmSync(cwd, { recursive: true, force: true });
  });
  await pushImage(registry, "a/b", foreign);
  await pushImage(registry, "a/b", one, "v1");
  await pushManifest(registry, "a/b", multi, "multi");
  await pushImage(registry, "a", two, "v1");
  return { cwd, registry };
}

// clause 28
describe.skipIf(!has("skopeo"))("skopeo and a directory of layouts", () => {
  it("reads each repository's layout by its bare tags", async () => {
    const { cwd } = await share();
    const skopeo = skopeoIn(cwd);
    expect(await skopeo("inspect", "--raw", "oci:layouts/a/b:v1")).toBe(one.bytes.toString());
    expect(await skopeo("inspect", "--raw", "oci:layouts/a/b:multi")).toBe(multi.bytes.toString());
    expect(await skopeo("inspect", "--raw", "oci:layouts/a:v1")).toBe(two.bytes.toString());
  });

  it("writes into a layout, and creates another, which the next calls see", async () => {
    const { cwd, registry } = await share();
    const skopeo = skopeoIn(cwd);
    await skopeo("copy", "--preserve-digests", "oci:layouts/a:v1", "oci:layouts/a/b:theirs");
    await skopeo("copy", "--preserve-digests", "oci:layouts/a:v1", "oci:layouts/a/new:v1");
    expect(await collect(registry.tags("a/b"))).toEqual(["multi", "theirs", "v1"]);
    expect(await collect(registry.repositories())).toEqual(["a", "a/b", "a/new"]);
    expect((await registry.resolveTag("a/new", "v1")).digest).toBe(two.descriptor.digest);
    await pushImage(registry, "a/new", one, "ours");
    expect(await skopeo("inspect", "--raw", "oci:layouts/a/new:v1")).toBe(two.bytes.toString());
  });
});

// clause 28
describe.skipIf(!has("umoci"))("umoci and a directory of layouts", () => {
  it("lists, tags and removes in one layout, and collects only that layout's garbage", async () => {
    const { cwd, registry } = await share();
    const umoci = umociIn(cwd);
    expect((await umoci("list", "--layout", "layouts/a/b")).trim().split("\n").sort()).toEqual([
      "multi",
      "v1",
    ]);
    await umoci("tag", "--image", "layouts/a/b:v1", "v2");
    await umoci("rm", "--image", "layouts/a/b:v1");
    await umoci("gc", "--layout", "layouts/a/b");
    expect(await collect(registry.tags("a/b"))).toEqual(["multi", "v2"]);
    expect(await collect(registry.tags("a"))).toEqual(["v1"]);
    expect((await collect(registry.verify())).filter(({ severity }) => severity === "error")).toEqual([]);
  });
});
