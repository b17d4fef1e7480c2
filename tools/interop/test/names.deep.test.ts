import { collect } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { buildImage, pushImage } from "./images.ts";
import { has, skopeoIn, storageIn, umociIn } from "./programs.ts";
import { shareLayout } from "./shared-layout.ts";

const one = buildImage("one");
const two = buildImage("two");
const untagged = buildImage("untagged");

/** Makes a layout of several repositories, without a default one. */
async function share(): ReturnType<typeof shareLayout> {
  const shared = await shareLayout();
  await pushImage(shared.registry, "team/app", one, "v1");
  await pushImage(shared.registry, "team/app", untagged);
  await pushImage(shared.registry, "tools", two, "v1");
  return shared;
}

/** An image and its name in a layout. */
const called = [
  ["team/app:v1", one],
  [`team/app@${untagged.descriptor.digest}`, untagged],
  ["tools:v1", two],
] as const;

// clause 24
describe.skipIf(!has("skopeo"))("skopeo in a layout of several repositories", () => {
  it("reads repo:tag and repo@digest", async () => {
    const { cwd } = await share();
    for (const [name, image] of called)
      expect(await skopeoIn(cwd)("inspect", "--raw", `oci:layout:${name}`)).toBe(image.bytes.toString());
  });

  it("writes repo:tag, even of a new repository", async () => {
    const { cwd, registry } = await share();
    await skopeoIn(cwd)("copy", "oci:layout:team/app:v1", "oci:layout:new.example/app:v2");
    expect(await collect(registry.repositories())).toEqual(["new.example/app", "team/app", "tools"]);
    expect(await registry.resolveTag("new.example/app", "v2")).toEqual(one.descriptor);
  });

  it("moves a tag and takes the old manifest's name, which is then found by digest in the default repository", async () => {
    const { cwd, registry } = await share();
    await skopeoIn(cwd)("copy", "oci:layout:tools:v1", "oci:layout:team/app:v1");
    expect(await registry.resolveTag("team/app", "v1")).toEqual(two.descriptor);
    await expect(registry.resolveManifest("team/app", one.descriptor.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
    expect(await registry.resolveManifest("default", one.descriptor.digest)).toEqual(one.descriptor);
    expect(await collect(registry.verify())).toEqual([]);
  });
});

// clause 24
describe.skipIf(!has("umoci"))("umoci in a layout of several repositories", () => {
  it("lists and reads repo:tag and repo@digest", async () => {
    const { cwd } = await share();
    const umoci = umociIn(cwd);
    const listed = (await umoci("list", "--layout", "layout")).split("\n").filter(Boolean);
    expect(listed.sort()).toEqual(called.map(([name]) => name).sort());
    for (const [name, image] of called) {
      const { history } = JSON.parse(await umoci("stat", "--image", `layout:${name}`, "--json")) as {
        history: unknown[];
      };
      expect(history).toEqual(
        image.layers.map(({ descriptor }) => expect.objectContaining({ layer: descriptor }) as unknown),
      );
    }
  });

  it("writes repo:tag", async () => {
    const { cwd, registry } = await share();
    await umociIn(cwd)("tag", "--image", "layout:team/app:v1", "team/app:v2");
    expect(await collect(registry.tags("team/app"))).toEqual(["v1", "v2"]);
  });
});

// clause 24
describe.each(["buildah", "podman"] as const)("%s in a layout of several repositories", (name) => {
  const runs = it.skipIf(!has(name));

  runs("reads repo:tag", async () => {
    const { cwd } = await share();
    const id = await storageIn(cwd, name)("pull", "--quiet", "oci:layout:team/app:v1");
    expect(`sha256:${id.trim()}`).toBe(one.config.descriptor.digest);
  });

  runs("writes repo:tag", async () => {
    const { cwd, registry } = await share();
    const run = storageIn(cwd, name);
    const id = await run("pull", "--quiet", "oci:layout:team/app:v1");
    await run("push", id.trim(), "oci:layout:team/app:v2");
    expect(await collect(registry.tags("team/app"))).toEqual(["v1", "v2"]);
  });
});
