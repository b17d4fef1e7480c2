import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { fixture, jsonLines, lines, ocilayout } from "./command.ts";
import { makeImages } from "./images.ts";

let directory: string;
let app: string;
const arm = ["--platform", "linux/arm64"] as const;
beforeEach(async () => {
  directory = temporaryDirectory();
  app = `${await makeImages(directory)}/app`;
});

describe("inspect", () => {
  it("describes an index, and the image for a platform", async () => {
    const index = await lines("inspect", `${app}:v1`);
    expect(index[0]).toBe("name           app:v1");
    expect(index.filter((line) => line.startsWith("manifest"))).toHaveLength(2);
    const image = await lines("inspect", `${app}:v1`, ...arm);
    expect(image).toContain("platform       linux/arm64");
    expect(image.at(-1)).toMatch(/^all layers {5}\d/);
  });

  it("describes an artifact, and the command and labels of an image", async () => {
    await lines(
      "push",
      `${app}:docs`,
      join(directory, "files/notes"),
      "--artifact-type",
      "a/b",
      "--annotation",
      "x=y",
    );
    expect(await jsonLines("inspect", `${app}:docs`)).toMatchObject([
      { kind: "artifact", artifactType: "a/b", annotations: { x: "y" }, layers: [{ size: 11 }] },
    ]);
    const layout = fixture("skopeo-1.22.0-tag");
    const [image] = (await jsonLines("inspect", `${layout}:1.0`)) as [{ config?: object }];
    expect(await jsonLines("config", `${layout}:1.0`)).toMatchObject([{ config: image.config ?? null }]);
  });

  it("describes the only image of an archive without a name", async () => {
    const archive = join(directory, "one.tar");
    await lines("copy", `${app}:v1`, archive);
    expect(await jsonLines("inspect", archive)).toMatchObject([{ name: "app:v1", kind: "index" }]);
    await lines("save", `${app}:v1`, `${app}:amd64`, "--output", archive, "--force");
    expect((await ocilayout("inspect", archive)).code).toBe(2);
  });
});

describe("config and digest", () => {
  it("print the config and digest of the image for a platform", async () => {
    const [{ digest }] = (await jsonLines("inspect", `${app}:v1`, ...arm)) as [{ digest: string }];
    expect(await lines("digest", `${app}:v1`, ...arm)).toEqual([digest]);
    expect(await jsonLines("digest", `${app}:arm64`)).toMatchObject([
      { digest, size: expect.any(Number) as number },
    ]);
    expect((await lines("config", `${app}:v1`, ...arm)).join("")).toContain('"architecture": "arm64"');
    expect((await ocilayout("cat", `${app}:v1`, ...arm)).bytes).toEqual(
      (await ocilayout("cat", `${app}@${digest}`)).bytes,
    );
  });
});

describe("referrers", () => {
  it("lists referrers, and those of one type", async () => {
    const layout = fixture("oras-1.3.3-attach");
    const all = (await jsonLines("referrers", `${layout}:app`)) as { digest: string; artifactType: string }[];
    const [first] = all;
    expect(
      await jsonLines("referrers", `${layout}:app`, "--artifact-type", first?.artifactType ?? ""),
    ).toEqual(all.filter(({ artifactType }) => artifactType === first?.artifactType));
    expect(await lines("referrers", `${layout}:app`, "--artifact-type", "none/such")).toEqual([]);
  });

  it("lists what push attached with --subject, which needs no tag", async () => {
    const tags = await lines("tags", app);
    const type = "application/spdx+json";
    const attach = ["push", app, join(directory, "files/notes"), "--artifact-type", type];
    const [pushed] = (await jsonLines(...attach, "--subject", "v1")) as [{ digest: string }];
    expect(await jsonLines("referrers", `${app}:v1`)).toMatchObject([
      { digest: pushed.digest, artifactType: type },
    ]);
    expect(await lines("tags", app)).toEqual(tags);
    expect(await ocilayout(...attach, "--subject", "absent")).toMatchObject({ code: 1, stdout: "" });
    expect(await ocilayout(...attach)).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("diff", () => {
  it("exits with 0 and prints nothing for equal images", async () => {
    expect(await lines("diff", `${app}:arm64`, `${app}:v1`, ...arm)).toEqual([]);
  });

  it("reports the differences of configs, layers and files, and exits with 1", async () => {
    const { code, stdout } = await ocilayout("diff", `${app}:amd64`, `${app}:arm64`);
    expect(code).toBe(1);
    expect(stdout.replaceAll(/sha256:\w+ {2}.*/g, "…")).toBe(
      '- config  architecture  "amd64"\n+ config  architecture  "arm64"\n- layer  …\n+ layer  …\n+ file  /app/notes\n',
    );
  });

  it("compares contents of equal size by their bytes, and names the facts that differ", async () => {
    const { writeFileSync, chmodSync } = await import("node:fs");
    const hello = join(directory, "files/hello.txt");
    writeFileSync(hello, "jello\n");
    chmodSync(hello, 0o755);
    await lines("append", `${app}:arm64`, hello, "--to", "/app", "--tag", "other");
    const found = await ocilayout("diff", `${app}:arm64`, `${app}:other`, "--json");
    expect(found.code).toBe(1);
    expect(JSON.parse(found.stdout)).toMatchObject({
      config: [],
      files: [{ path: "/app/hello.txt", change: "changed", differs: ["mode", "content"] }],
    });
    const quick = await ocilayout("diff", `${app}:arm64`, `${app}:other`, "--no-files");
    expect(quick.stdout).toMatch(/^\+ layer {2}sha256:\w{12} {2}\d+ B\n$/);
  });
});
