import { join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { baseFiles } from "./images.ts";
import { has, skopeoIn, umociIn } from "./programs.ts";
import {
  contentsOf,
  expectBlobs,
  kindsOnDisk,
  multi,
  one,
  serveRegistry,
  writeSource,
  type Served,
} from "./serving.ts";
import { filesOf } from "./shared-layout.ts";

const isHere = has("skopeo");
const umociIsHere = has("umoci");
/** umoci can change owners only as root. */
const unpack: readonly [string, ...string[]] =
  process.getuid?.() === 0 ? ["unpack"] : ["unpack", "--rootless"];

describe.skipIf(!isHere).each(kindsOnDisk)("the directory of %s, during and after serving", (kind) => {
  /** Starts a server to which skopeo pushed the tags of `source`, to the repository `team/app`. */
  async function share(...tags: readonly string[]): Promise<Served> {
    const served = await serveRegistry(kind);
    await writeSource(served.cwd);
    const skopeo = skopeoIn(served.cwd);
    for (const tag of tags)
      await skopeo(
        "copy",
        "--all",
        "--dest-tls-verify=false",
        `oci:source:${tag}`,
        `docker://${served.host}/team/app:${tag}`,
      );
    return served;
  }

  it("is read by skopeo after a push to the server", async () => {
    const { cwd, onDisk, close } = await share("v1", "multi");
    const skopeo = skopeoIn(cwd);
    const image = `oci:${onDisk("team/app", "v1").join(":")}`;
    const index = `oci:${onDisk("team/app", "multi").join(":")}`;
    expect(await skopeo("inspect", "--raw", image)).toBe(one.bytes.toString());
    expect(await skopeo("inspect", "--raw", index)).toBe(multi.bytes.toString());
    await close();
    expect(await skopeo("inspect", "--raw", index)).toBe(multi.bytes.toString());
    await skopeo("copy", image, "oci:back:v1");
    expectBlobs(cwd, "back", contentsOf(one));
  });

  it.skipIf(!umociIsHere)("is listed and unpacked by umoci after a push to the server", async () => {
    const { cwd, onDisk, close } = await share("v1", "artifact");
    const umoci = umociIn(cwd);
    const [layout, name] = onDisk("team/app", "v1");
    const expected = ["artifact", "v1"].map((tag) => onDisk("team/app", tag)[1]);
    const list = async (): Promise<string[]> =>
      (await umoci("list", "--layout", layout)).trim().split("\n").sort();
    expect(await list()).toEqual(expected);
    await umoci(...unpack, "--image", `${layout}:${name}`, "running");
    await close();
    expect(await list()).toEqual(expected);
    await umoci(...unpack, "--image", `${layout}:${name}`, "ended");
    for (const bundle of ["running", "ended"])
      expect(filesOf(join(cwd, bundle, "rootfs"))).toEqual({ ...baseFiles, "etc/name": "one" });
  });

  it("receives an image from skopeo, which the server then serves", async () => {
    const { cwd, host, onDisk } = await share("v1");
    const skopeo = skopeoIn(cwd);
    await skopeo("copy", "oci:source:v1", `oci:${onDisk("theirs", "v1").join(":")}`);
    await skopeo("copy", "--src-tls-verify=false", `docker://${host}/theirs:v1`, "oci:back:v1");
    expectBlobs(cwd, "back", contentsOf(one));
  });

  it.skipIf(!umociIsHere)("has tags added and removed by umoci, which the server then lists", async () => {
    const { cwd, registry, host, onDisk } = await share("v1");
    const umoci = umociIn(cwd);
    const [layout, name] = onDisk("team/app", "v1");
    await umoci("tag", "--image", `${layout}:${name}`, onDisk("team/app", "v2")[1]);
    await umoci("rm", "--image", `${layout}:${name}`);
    const { Tags } = JSON.parse(
      await skopeoIn(cwd)("list-tags", "--tls-verify=false", `docker://${host}/team/app`),
    ) as { Tags: unknown };
    expect(Tags).toEqual(["v2"]);
    expect(Tags).toEqual(await collect(registry.tags("team/app")));
  });
});
