import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { everything, jsonLines, lines, ocilayout } from "./command.ts";
import { makeImages } from "./images.ts";

let directory: string;
let app: string;
const at = (name: string): string => join(directory, name);
const inspect = async (place: string, ...flags: string[]): Promise<Record<string, unknown>> =>
  (await jsonLines("inspect", place, ...flags))[0] as Record<string, unknown>;

beforeEach(async () => {
  directory = temporaryDirectory();
  app = `${await makeImages(directory)}/app`;
});

describe("init", () => {
  it("creates an empty layout, and changes nothing the second time", async () => {
    expect(await lines("init", at("new"))).toEqual([`created ${at("new")}`]);
    const before = everything(at("new"));
    expect(Object.keys(before)).toEqual(expect.arrayContaining(["oci-layout", "index.json"]));
    expect(await lines("verify", at("new"))).toEqual(["0 errors, 0 warnings"]);
    expect(await jsonLines("init", at("new"))).toEqual([{ directory: at("new"), created: false }]);
    expect(everything(at("new"))).toEqual(before);
  });

  it("does not create a layout among other files, or outside of this machine", async () => {
    expect((await ocilayout("init", at("files"))).code).toBe(1);
    for (const path of [`${at("new")}//app:v1`, `${at("new")}:v1`, "docker://127.0.0.1:1", at("new.tar")])
      expect(await ocilayout("init", path)).toMatchObject({ code: 2, stdout: "" });
  });

  it("creates an image without layers", async () => {
    await lines("init", `${app}:empty`, "--platform", "linux/arm/v7");
    expect(await inspect(`${app}:empty`)).toMatchObject({ platform: "linux/arm/v7", layers: [] });
    await lines("init", `${app}:two`, "--platform", "linux/amd64", "--platform", "linux/arm64");
    expect(await inspect(`${app}:two`)).toMatchObject({
      kind: "index",
      manifests: [{ platform: "linux/amd64" }, { platform: "linux/arm64" }],
    });
    expect((await ocilayout("init", `${app}:bad`, "--platform", "x")).code).toBe(1);
    expect((await ocilayout("init", app, "--platform", "linux/arm64")).code).toBe(2);
  });
});

describe("append", () => {
  it("appends a layer, which adds and removes files", async () => {
    writeFileSync(at("new.conf"), "new");
    const flags = ["--to", "/etc", "--remove", "/app/notes", "--platform", "linux/arm64"];
    await lines("append", `${app}:v1`, at("new.conf"), ...flags);
    const paths = (await jsonLines("files", `${app}:v1`, "--platform", "linux/arm64")) as { path: string }[];
    expect(paths.map(({ path }) => path).sort()).toEqual([
      "/",
      "/app",
      "/app/hello.txt",
      "/etc",
      "/etc/new.conf",
    ]);
    expect((await inspect(`${app}:v1`, "--platform", "linux/amd64"))["layers"]).toHaveLength(1);
  });

  it("keeps the tag at the old image with --tag", async () => {
    const before = await lines("digest", `${app}:amd64`);
    await lines("append", `${app}:amd64`, at("files/notes"), "--tag", "more");
    expect(await lines("digest", `${app}:amd64`)).toEqual(before);
    expect((await inspect(`${app}:more`))["layers"]).toHaveLength(2);
  });

  it("names the command that creates the image if there is no layout", async () => {
    expect(await ocilayout("append", `${at("none")}/app:v1`, at("files/notes"))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        `create the image first: ocilayout init ${at("none")}//app:v1 --platform linux/amd64`,
      ) as string,
    });
  });

  it("names a layout in the current directory if the place has no slash", async () => {
    expect((await ocilayout("append", "absent-layout:v3", at("files/notes"))).stderr).toContain(
      "create the image first: ocilayout init absent-layout:v3 --platform linux/amd64",
    );
  });

  it("names the referrers of the old image, which stay there", async () => {
    const [old = ""] = await lines("digest", `${app}:amd64`);
    await lines("push", app, at("files/notes"), "--subject", "amd64");
    expect(await ocilayout("append", `${app}:amd64`, at("files/notes"))).toMatchObject({
      code: 0,
      stderr: `ocilayout: what is attached to the old image stays attached to ${old}, and not to the new one\n`,
    });
  });

  it.each([[[]], [["files", "--compression", "brotli"]]])("exits with 2 for %j", async (flags) => {
    expect((await ocilayout("append", `${app}:amd64`, ...flags)).code).toBe(2);
  });

  it("exits with 1 for a missing file, and changes nothing", async () => {
    const before = await lines("tags", app);
    expect((await ocilayout("append", `${app}:amd64`, at("absent"))).code).toBe(1);
    expect(await lines("tags", app)).toEqual(before);
  });
});

describe("annotate", () => {
  it("sets and removes annotations of an index, and of one image of it", async () => {
    await lines("annotate", `${app}:v1`, "a=1", "b=x=y");
    expect(await inspect(`${app}:v1`)).toMatchObject({ annotations: { a: "1", b: "x=y" } });
    await lines("annotate", `${app}:v1`, "--remove", "a", "--tag", "v2");
    expect((await inspect(`${app}:v2`))["annotations"]).toEqual({ b: "x=y" });
    expect(await inspect(`${app}:v1`)).toMatchObject({ annotations: { a: "1" } });
    await lines("annotate", `${app}:v1`, "c=3", "--platform", "linux/arm64");
    expect((await inspect(`${app}:v1`, "--platform", "linux/arm64"))["annotations"]).toEqual({ c: "3" });
    expect((await inspect(`${app}:v1`, "--platform", "linux/amd64"))["annotations"]).toBeUndefined();
  });

  it.each([[[]], [["novalue"]], [["a=1", "a=2"]], [["a=1", "--remove", "a"]]])(
    "exits with 2 for %j",
    async (args) => {
      expect(await ocilayout("annotate", `${app}:v1`, ...args)).toMatchObject({ code: 2, stdout: "" });
    },
  );
});

describe("config", () => {
  const configOf = async (tag: string): Promise<unknown> =>
    ((await jsonLines("config", `${app}:${tag}`)) as { config: unknown }[])[0]?.config;

  it("sets and removes members of the config of an image", async () => {
    const words = ["--entrypoint", '["node", "/app/main.js"]', "--cmd", "-v", "--workdir", "/app"];
    const maps = ["--env", "A=1", "--env", "B=x=y", "--label", "org.example.team=docs", "--user", "1000"];
    const [report] = await jsonLines("config", `${app}:amd64`, ...words, ...maps);
    expect(report).toMatchObject({ repository: "app", tag: "amd64", reference: "amd64" });
    expect(await configOf("amd64")).toEqual({
      Entrypoint: ["node", "/app/main.js"],
      Cmd: ["-v"],
      WorkingDir: "/app",
      Env: ["A=1", "B=x=y"],
      Labels: { "org.example.team": "docs" },
      User: "1000",
    });
    const removed = ["cmd", "env.A", "label.org.example.team", "user", "workdir"];
    const flags = removed.flatMap((what) => ["--remove", what]);
    await lines("config", `${app}:amd64`, ...flags, "--tag", "less");
    expect(await configOf("less")).toEqual({ Entrypoint: ["node", "/app/main.js"], Env: ["B=x=y"] });
    expect(await configOf("amd64")).toMatchObject({ User: "1000" });
  });

  it("changes every image of an index, or the one for a platform", async () => {
    const userOf = async (platform: string): Promise<unknown> =>
      (await inspect(`${app}:v1`, "--platform", platform))["config"];
    await lines("config", `${app}:v1`, "--user", "1");
    await lines("config", `${app}:v1`, "--user", "2", "--platform", "linux/arm64");
    expect(await userOf("linux/amd64")).toEqual({ User: "1" });
    expect(await userOf("linux/arm64")).toEqual({ User: "2" });
  });

  it.each([
    [["--cmd", "npm start"], "--cmd needs one word, or an array of texts"],
    [["--entrypoint", "[1]"], "--entrypoint needs one word, or an array of texts"],
    [["--env", "A"], "--env needs KEY=VALUE"],
    [["--remove", "volumes"], "--remove needs entrypoint, cmd, user"],
    [["--env", "A=1", "--remove", "env.A"], "cannot set and remove env.A"],
    [["--user", "1", "--remove", "user"], "cannot set and remove user"],
    [["--tag", "v2"], "--tag needs a change"],
  ])("exits with 2 and changes nothing for %j", async (flags, message) => {
    const before = await lines("tags", app);
    expect(await ocilayout("config", `${app}:amd64`, ...flags)).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining(message) as string,
    });
    expect(await lines("tags", app)).toEqual(before);
  });
});

describe("index", () => {
  it("combines images of the repository, of archives and of other layouts", async () => {
    await lines("copy", `${app}:arm64`, at("arm.tar"));
    const index = `${at("other")}//team/app:v1`;
    await lines("index", index, `${app}:amd64`, at("arm.tar"), "--annotation", "a=1");
    expect(await inspect(`${at("other")}/team/app:v1`)).toMatchObject({
      kind: "index",
      annotations: { a: "1" },
      manifests: [{ platform: "linux/amd64" }, { platform: "linux/arm64" }],
    });
    expect(await lines("tags", `${at("other")}/team/app`)).toHaveLength(1);
  });

  it("takes one image of an index that is given", async () => {
    await lines("index", `${app}:small`, "v1", "--platform", "linux/arm64");
    expect(await inspect(`${app}:small`)).toMatchObject({ manifests: [{ platform: "linux/arm64" }] });
  });

  it("exits with 2 without a tag, and with 1 for a missing image", async () => {
    expect((await ocilayout("index", app, "amd64")).code).toBe(2);
    expect((await ocilayout("index", `${app}:v9`, "absent")).code).toBe(1);
    expect((await ocilayout("index", `${at("nowhere")}//app:v9`, "absent")).code).toBe(1);
    expect(existsSync(at("nowhere"))).toBe(false);
  });
});
