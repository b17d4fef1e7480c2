import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { everything, fixture, jsonLines, lines, ocilayout } from "./command.ts";
import { makeImages, startRegistry } from "./images.ts";

let directory: string;
let app: string;
const at = (name: string): string => join(directory, name);
const digestOf = async (place: string): Promise<string> => (await lines("digest", place)).join("");

beforeEach(async () => {
  directory = temporaryDirectory();
  app = `${await makeImages(directory)}/app`;
});

describe("copy", () => {
  it("copies from a layout to a registry, an archive and a layout without changing the digest", async () => {
    const host = await startRegistry();
    const digest = await digestOf(`${app}:v1`);
    const steps = [`${app}:v1`, `${host}/team/app:v1`, at("app.tar"), `${at("back")}//team/app:v2`];
    for (const [i, to] of steps.slice(1).entries()) {
      expect((await lines("copy", steps[i] ?? "", to)).at(-1)).toMatch(/3 manifests|wrote 1 image/);
      expect(await digestOf(to)).toBe(digest);
    }
    expect(await lines("ls", `docker://${host}`)).toEqual(["team/app  1 tag"]);
    expect(await lines("show", `${host}/team/app`)).toHaveLength(7);
  });

  it("copies the image for one platform, and a smaller index for several", async () => {
    const [image] = (await jsonLines("inspect", `${app}:arm64`)) as [{ digest: string }];
    await lines("copy", `${app}:v1`, `${at("one")}//app`, "--platform", "linux/arm64");
    expect(await digestOf(`${at("one")}/app:v1`)).toBe(image.digest);
    await lines("copy", `${app}:v1`, at("one.tar"), "--platform", "linux/arm64");
    expect(await digestOf(`${at("one.tar")}:app:v1`)).toBe(image.digest);
    const platforms = ["--platform", "linux/arm64", "--platform", "linux/amd64"];
    await lines("copy", `${app}:v1`, `${at("both")}//app`, ...platforms);
    expect(await jsonLines("inspect", `${at("both")}/app:v1`)).toMatchObject([
      { kind: "index", manifests: [{}, {}] },
    ]);
  });

  it("copies all tags, and only reports them in a dry run", async () => {
    const all = ["copy", app, `${at("copies")}//app`, "--all-tags"];
    expect(await lines(...all, "--dry-run")).toHaveLength(3);
    expect(existsSync(at("copies"))).toBe(false);
    expect(await jsonLines(...all)).toMatchObject([{ tag: "amd64" }, { tag: "arm64" }, { tag: "v1" }]);
    expect(await lines("tags", `${at("copies")}/app`)).toEqual(await lines("tags", app));
  });

  it("copies referrers only if it is asked to", async () => {
    const host = await startRegistry();
    const source = `${fixture("oras-1.3.3-attach")}:app`;
    const attached = await lines("referrers", source);
    expect(attached.length).toBeGreaterThan(0);
    await lines("copy", source, `${host}/app:v1`);
    expect(await lines("referrers", `${host}/app:v1`)).toEqual([]);
    await lines("copy", source, `${host}/app:v1`, "--referrers");
    expect(await lines("referrers", `${host}/app:v1`)).toEqual(attached);
  });

  it("replaces an archive only with --force", async () => {
    writeFileSync(at("app.tar"), "mine");
    expect(await ocilayout("copy", `${app}:v1`, `oci-archive:${at("app.tar")}`)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/DENIED: cannot write .*; --force replaces it\n$/) as string,
    });
    await lines("copy", `${app}:v1`, `oci-archive:${at("app.tar")}`, "--force");
    expect(await lines("ls", at("app.tar"))).toEqual(["app  1 tag"]);
  });

  it("leaves no archive if the source is corrupt", async () => {
    const [{ layers }] = (await jsonLines("inspect", `${app}:arm64`)) as [{ layers: [{ digest: string }] }];
    writeFileSync(join(at("images/blobs"), layers[0].digest.replace(":", "/")), "x".repeat(3072));
    const before = readdirSync(directory);
    expect((await ocilayout("copy", `${app}:v1`, at("app.tar"))).code).toBe(1);
    expect(readdirSync(directory)).toEqual(before);
  });

  it("asks no registry about a misspelt path, and names the path and the place in a registry", async () => {
    expect(await ocilayout("copy", "imagse/app:v1", at("copy"))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /"imagse" does not exist; in a registry it is written docker:\/\/imagse\/app:v1\n$/,
      ) as string,
    });
    expect(existsSync(at("copy"))).toBe(false);
  });

  it("exits with 2 for a registry without a repository, and for a place with a tag and a digest", async () => {
    expect((await ocilayout("copy", "docker://127.0.0.1:1/", at("x"))).code).not.toBe(0);
    const both = `${app}:v1@sha256:${"0".repeat(64)}`;
    expect((await ocilayout("copy", both, `${at("x")}//y`)).code).toBe(2);
  });
});

describe("sync", () => {
  it("copies every repository of a layout, and the second time nothing", async () => {
    await lines("push", `${at("images")}/docs:v1`, at("files/hello.txt"));
    const [first, second] = [await jsonLines("sync", at("images"), at("mirror")), at("mirror")];
    expect(first).toHaveLength(4);
    expect(await lines("ls", second)).toEqual(["app  3 tags", "docs  1 tag"]);
    const before = everything(second);
    expect(await jsonLines("sync", at("images"), second)).toMatchObject(first.map(() => ({ manifests: 0 })));
    expect(everything(second)).toEqual(before);
  });

  it("copies the tags that match, from one repository to another", async () => {
    const host = await startRegistry();
    await lines("sync", app, `${host}/team`, "--tags", "^a.*64$");
    expect((await lines("tags", `${host}/team`)).map((line) => line.split("  ")[0])).toEqual([
      "amd64",
      "arm64",
    ]);
  });

  it("reports a tag that cannot be copied, copies the others and exits with 1", async () => {
    const [{ digest }] = (await jsonLines("inspect", `${app}:arm64`)) as [{ digest: string }];
    writeFileSync(join(at("images/blobs"), digest.replace(":", "/")), "{}");
    const { code, stdout, stderr } = await ocilayout("sync", at("images"), at("mirror"));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^app:amd64 /);
    expect(stderr).toMatch(
      /^ocilayout: app:arm64: .*\nocilayout: app:v1: .*\nocilayout: cannot copy 2 tags\n$/,
    );
  });

  it.each([["--tags", "("], ["--tags"]])("exits with 2 for %s", async (...flags) => {
    expect((await ocilayout("sync", app, at("mirror"), ...flags)).code).toBe(2);
  });
});

describe("save and load", () => {
  it("write images to an archive, and copy them from it to a layout and a registry", async () => {
    const host = await startRegistry();
    expect(await lines("save", `${app}:v1`, `${app}:amd64`, "--output", at("two.tar"))).toEqual([
      "app:v1",
      "app:amd64",
      `wrote 2 images to ${at("two.tar")}`,
    ]);
    for (const to of [at("loaded"), `docker://${host}`]) {
      expect(await jsonLines("load", at("two.tar"), to)).toHaveLength(2);
      expect(await lines("ls", to)).toEqual(["app  2 tags"]);
    }
    expect(await digestOf(`${at("loaded")}/app:v1`)).toBe(await digestOf(`${app}:v1`));
  });

  it("write to a pipe and read from one", async () => {
    const { code, bytes } = await ocilayout("save", `${app}:v1`, "--format", "oci");
    expect(code).toBe(0);
    expect((await ocilayout({ stdin: bytes }, "load", "-", at("loaded"))).code).toBe(0);
    expect(await digestOf(`${at("loaded")}/app:v1`)).toBe(await digestOf(`${app}:v1`));
  });

  it("exit with 2 for another format, and for one image of an archive", async () => {
    expect((await ocilayout("save", `${app}:v1`, "--format", "zip")).code).toBe(2);
    await lines("save", `${app}:v1`, "--output", at("one.tar"));
    expect((await ocilayout("load", `${at("one.tar")}:app:v1`, at("loaded"))).code).toBe(2);
    expect(existsSync(at("loaded"))).toBe(false);
  });
});
