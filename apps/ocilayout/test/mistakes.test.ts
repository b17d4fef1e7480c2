import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { run } from "../src/cli/run.ts";
import { findPlace } from "../src/places/find-place.ts";
import { rejectCompressed } from "../src/places/mistakes.ts";
import { lines, ocilayout, Sink } from "./command.ts";
import { makeImages } from "./images.ts";

let directory: string;
let images: string;
beforeEach(async () => {
  directory = temporaryDirectory();
  images = await makeImages(directory);
});

/** Runs a command that fails with `code`, and returns the first line of its stderr, without the directory of the test. */
async function refusal(code: number, ...args: readonly string[]): Promise<string> {
  const ran = await ocilayout(...args);
  expect(ran).toMatchObject({ code, stdout: "" });
  return (ran.stderr.split("\n")[0] ?? "").replaceAll(`${directory}/`, "");
}

describe("a text that is not a place", () => {
  it.each([
    ["https://ghcr.io/team/app:v1", "is a URL: write docker://ghcr.io/team/app:v1"],
    ["http://127.0.0.1:5000/", "is a URL: write docker://127.0.0.1:5000"],
    ["docker:/app:v1", "needs two slashes: write docker://app:v1"],
    ["word:/app", "begins with an unknown prefix: write docker://app"],
  ])("%s is rejected, and nothing is created", async (text, what) => {
    expect(await refusal(2, "copy", `${images}/app:v1`, text)).toBe(`ocilayout: "${text}" ${what}`);
    expect(existsSync(text.slice(0, text.indexOf("/")))).toBe(false);
  });

  it("is not rejected after a known prefix", async () => {
    const places = { perRepo: false, followLinks: false, insecure: [], tokenServers: [], anonymous: true };
    for (const text of [`oci:${images}`, `tree:${directory}/trees//app`, `oci-archive:${directory}/a.tar`])
      expect(await findPlace(text, places, { purpose: "create", isWhole: false })).toBeDefined();
  });

  it.each(["127.0.0.1:42895", "host.example", "localhost", "localhost:5000/"])(
    "docker://%s needs a repository if it names an image",
    async (host) => {
      const name = host.replace("/", "");
      for (const words of [
        ["copy", `${images}/app:v1`, `docker://${host}`],
        ["tags", `docker://${host}`],
      ])
        expect(await refusal(2, ...words)).toBe(
          `ocilayout: docker://${name} needs a repository: docker://${name}/REPOSITORY:TAG`,
        );
    },
  );

  it.each(["out.tar.gz", "out.tgz", "out.tar.zst:app:v1"])("%s is not a new archive", async (name) => {
    const message = "ocilayout: archives are written without compression: name it out.tar";
    expect(await refusal(2, "copy", `${images}/app:v1`, join(directory, name))).toBe(message);
    expect(await refusal(2, "save", `${images}/app:v1`, "--output", join(directory, name))).toBe(message);
  });
});

it("copy reports a layout that it creates, once", async () => {
  const words = ["copy", `${images}/app:v1`, `${directory}/new//app:v1`];
  expect((await ocilayout(...words, "--dry-run")).stderr).toBe("");
  expect((await ocilayout(...words)).stderr).toBe(`ocilayout: created the layout ${directory}/new\n`);
  expect((await ocilayout(...words)).stderr).toBe("");
});

describe("the message about an image that is not there", () => {
  it("names an image of a layout or repository", async () => {
    for (const path of [images, `${images}/app`])
      expect(await refusal(2, "diff", path, `${images}/app:v1`)).toMatch(
        /is a (?:layout|repository): name an image in it, such as images\/app:amd64$/,
      );
  });

  it("names the repositories and tags that exist", async () => {
    expect(await refusal(1, "inspect", `${images}:v1`)).toBe(
      'ocilayout: MANIFEST_UNKNOWN: no bare tag v1 in "images": its repositories are app, such as images/app:TAG',
    );
    expect(await refusal(1, "inspect", `${images}/ap:v1`)).toMatch(
      /: no repository ap in "images": did you mean app\?$/,
    );
    expect(await refusal(1, "inspect", `${images}/other:v1`)).toMatch(
      /: no repository other in "images": its repositories are app$/,
    );
    for (const words of [
      ["diff", `${images}/app:v9`, `${images}/app:v1`],
      ["copy", `${images}/app:v9`, `${directory}/new//app:v9`],
    ])
      expect(await refusal(1, ...words)).toBe(
        "ocilayout: MANIFEST_UNKNOWN: no tag v9 in app: its tags are amd64, arm64, v1",
      );
  });
});

it("tags lists the only repository of a place, and a repository of an archive", async () => {
  const file = join(directory, "a.tar");
  await lines("save", `${images}/app:v1`, "--output", file);
  expect(await lines("tags", images)).toEqual(await lines("tags", `${images}/app`));
  expect(await lines("tags", file)).toEqual(await lines("tags", `${file}:app`));
  expect(await refusal(2, "tags", `${file}:v1`)).toContain("tags needs a repository");
});

it("--subject and index take a tag, a digest or a place of the same repository", async () => {
  const file = join(directory, "note.txt");
  writeFileSync(file, "note\n");
  const [digest = ""] = await lines("digest", `${images}/app:v1`);
  for (const subject of ["v1", digest, `@${digest}`, "app:v1", `${images}/app:v1`])
    expect(await lines("push", `${images}/app`, file, "--subject", subject)).toHaveLength(1);
  expect(await lines("referrers", `${images}/app:v1`)).toHaveLength(1);
  expect(await refusal(2, "push", `${images}/app`, file, "--subject", "other:v2")).toBe(
    "ocilayout: --subject takes a tag or digest in app, without the repository: --subject v2",
  );
  const made = await lines("index", `${images}/app:one`, "amd64");
  for (const image of ["app:amd64", `${images}/app:amd64`])
    expect(await lines("index", `${images}/app:one`, image)).toEqual(made);
});

it("serve writes the form of a place in it to stderr, and its URL to stdout", async () => {
  const controller = new AbortController();
  const [stdout, stderr] = [new Sink(), new Sink()];
  const write = stderr.write.bind(stderr) as (chunk: string, done: () => void) => boolean;
  stderr.write = ((chunk: string, done: () => void) => {
    controller.abort();
    return write(chunk, done);
  }) as typeof stderr.write;
  expect(await run(["serve", images, "--port", "0"], { stdout, stderr, signal: controller.signal })).toBe(0);
  const { host } = new URL(stdout.bytes.toString());
  expect(stderr.bytes.toString()).toBe(`ocilayout: as a place: docker://${host}/REPOSITORY:TAG\n`);
});

it("a value of another form is an error that shows the form", async () => {
  expect(await refusal(1, "config", `${images}/app:v1`, "--platform", "arm64")).toContain(
    "os/architecture[/variant], such as linux/arm64",
  );
  expect(await refusal(2, "referrers", `${images}/app:v1`, "--artifact-type", "spdx")).toBe(
    "ocilayout: spdx is not a media type, such as application/spdx+json",
  );
});

it("the name of a compressed archive is accepted for a directory that exists", () => {
  const path = join(directory, "out.tar.gz");
  mkdirSync(path);
  expect(() => {
    rejectCompressed(path);
  }).not.toThrow();
});
