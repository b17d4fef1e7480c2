import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { openAny } from "../src/index.ts";
import { findPlace } from "../src/places/find-place.ts";
import type { Target } from "../src/places/target.ts";
import { fixture, lines } from "./command.ts";
import { makeImages } from "./images.ts";

const places = { perRepo: false, followLinks: false, insecure: [], tokenServers: [], anonymous: true };
const find = async (path: string, isWhole: boolean = false): Promise<Partial<Target>> => {
  const found: Partial<Target> = { ...(await findPlace(path, places, { purpose: "create", isWhole })) };
  Reflect.deleteProperty(found, "path");
  return found;
};
const digest = `sha256:${"0".repeat(64)}`;

let directory: string;
beforeEach(() => {
  directory = temporaryDirectory();
});

describe("a place in a registry", () => {
  it.each([
    ["docker://alpine", "docker.io", "library/alpine", undefined],
    ["docker://alpine:3", "docker.io", "library/alpine", "3"],
    ["docker://user/app:v1", "docker.io", "user/app", "v1"],
    ["docker://ghcr.io/team/app", "ghcr.io", "team/app", undefined],
    ["docker://localhost:5000/app:v1", "localhost:5000", "app", "v1"],
    ["ghcr.io/team/app:v1", "ghcr.io", "team/app", "v1"],
    ["localhost/app", "localhost", "app", undefined],
    ["127.0.0.1:5000/a/b:v1", "127.0.0.1:5000", "a/b", "v1"],
    [`registry.example/app@${digest}`, "registry.example", "app", undefined],
  ])("%s is recognised", async (text, host, repository, tag) => {
    expect(await find(text)).toMatchObject({
      kind: "remote",
      directory: host,
      repository,
      ...(tag === undefined ? {} : { tag }),
    });
  });

  it("can be a whole registry after docker://", async () => {
    for (const text of ["docker://localhost:5000", "docker://localhost:5000/"])
      expect(await find(text, true)).toEqual({ kind: "remote", directory: "localhost:5000", exists: true });
  });

  it.each(["images/app:v1", "./host.example/app", "../x.y/app:v1", "images:v1", "/a.b/c", "a:b/c", "-x.y/z"])(
    "%s is not one",
    async (text) => {
      const found = await find(text).catch(() => undefined);
      expect(found?.kind).not.toBe("remote");
    },
  );
});

describe("a place on this machine", () => {
  it("has the prefixes of skopeo", async () => {
    const layout = fixture("skopeo-1.22.0-tag");
    expect(await find(`oci:${layout}`)).toMatchObject({ kind: "layout", directory: layout });
    expect(await find(`oci:${layout}:1.0`)).toMatchObject({ kind: "layout", directory: layout, tag: "1.0" });
    expect(await find(`oci:${layout}:team/app:v1`)).toMatchObject({ repository: "team/app", tag: "v1" });
    for (const format of ["oci", "docker"] as const) {
      const path = join(directory, "a.tar");
      expect(await find(`${format}-archive:${path}:app:v1`)).toEqual({
        kind: "archive",
        directory: path,
        exists: false,
        format,
        repository: "app",
        tag: "v1",
        digest: undefined,
        host: undefined,
      });
    }
  });

  it("can be an archive, with the name, tag or digest of an image", async () => {
    const images = await makeImages(directory);
    const file = join(directory, "a.tar");
    await lines("save", `${images}/app:v1`, "--output", file);
    expect(await find(file)).toMatchObject({ kind: "archive", directory: file, exists: true });
    for (const [rest, expected] of [
      [":app:v1", { repository: "app", tag: "v1" }],
      [":v1", { tag: "v1" }],
      [":docker.io/library/app:v1", { repository: "docker.io/library/app", tag: "v1" }],
      [":localhost:5000/app:v1", { repository: "localhost:5000/app", tag: "v1" }],
      [`@${digest}`, { digest }],
      [`:app@${digest}`, { repository: "app", digest }],
    ] as const)
      expect(await find(`${file}${rest}`)).toMatchObject({ kind: "archive", directory: file, ...expected });
  });

  it("is a new archive if its name ends in .tar, and else a new layout", async () => {
    expect(await find("new.tar:app:v1")).toMatchObject({
      kind: "archive",
      directory: "new.tar",
      exists: false,
    });
    expect(await find("new")).toEqual({ kind: "layout", directory: "new", exists: false });
    expect(await find("new:v1")).toEqual({ kind: "layout", directory: "new", exists: false, tag: "v1" });
    expect(await find("new/app:v1")).toMatchObject({ kind: "layout", directory: "new", exists: false });
    expect(await find("tree:new//team/app:v1")).toMatchObject({
      kind: "tree",
      directory: "new",
      exists: false,
    });
  });
});

describe("openAny", () => {
  it("opens a layout, an archive and a directory of layouts", async () => {
    const images = await makeImages(directory);
    const file = join(directory, "a.tar");
    await lines("save", `${images}/app:v1`, "--output", file);
    await lines("copy", `${images}/app:v1`, `tree:${join(directory, "trees")}//app:v1`);
    const digests: Set<string> = new Set();
    for (const text of [`${images}/app:v1`, `${file}:app:v1`, `tree:${join(directory, "trees")}//app:v1`]) {
      const { registry, repository = "", tag = "" } = await openAny(text);
      digests.add((await registry.resolveTag(repository, tag)).digest);
      await registry.close();
    }
    expect(digests.size).toBe(1);
  });
});
