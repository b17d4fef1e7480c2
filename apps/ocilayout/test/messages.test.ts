import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { computeDigest, emptyDescriptor, ociMediaTypes, RegistryError } from "@ocilayout/oci-types";
import { temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { explain } from "../src/errors/explain.ts";
import { ocilayout } from "./command.ts";

let directory: string;
let layout: string;
let tree: string;

beforeEach(async () => {
  directory = temporaryDirectory();
  layout = join(directory, "images");
  tree = join(directory, "trees");
  const file = join(directory, "hello.txt");
  writeFileSync(file, "hello\n");
  mkdirSync(tree);
  await ocilayout("push", `${layout}/default:v1`, file);
  await ocilayout("push", "--per-repo", `${tree}//team/app:v1`, file);
});

/** Runs a command that fails with `code`, and returns its stderr. */
async function refusal(code: number, ...args: readonly string[]): Promise<string> {
  const ran = await ocilayout(...args);
  expect(ran).toMatchObject({ code, stdout: "" });
  return ran.stderr;
}

describe("the message about a path that is not a layout", () => {
  it("reports a tar archive without images as one", async () => {
    const path = join(directory, "a.tar");
    const block = Buffer.alloc(1024);
    block.write("ustar", 257, "latin1");
    writeFileSync(path, block);
    for (const target of [path, `${path}:v1`, `${path}:team/app:v1`])
      expect(await refusal(1, "show", target)).toMatch(/^ocilayout: ARCHIVE_INVALID: /);
  });

  it("reports another file as a file", async () => {
    expect(await refusal(1, "ls", join(directory, "hello.txt"))).toContain(
      "is a file, not a layout directory",
    );
  });

  it("recommends a copy by skopeo from a transport that is not a place here", async () => {
    expect(await refusal(1, "cat", "containers-storage:app:v1")).toContain(
      "skopeo copy containers-storage:… oci:DIRECTORY:TAG makes a layout of it",
    );
  });

  it("reports upper-case letters in a repository name", async () => {
    expect(await refusal(1, "tags", `${layout}/MyApp`)).toContain(
      "the repository name has upper-case letters: use lower case",
    );
    expect(await refusal(1, "push", `${directory}/new/MyApp:v1`, join(directory, "hello.txt"))).toContain(
      "the repository name has upper-case letters: use lower case",
    );
  });

  it("names the invalid part of a path", async () => {
    expect(await refusal(1, "cat", `${layout}/team/app@v1`)).toMatch(
      /is neither a layout nor a reference: "v1" is not a valid digest: it has no algorithm, such as "sha256:"\n$/,
    );
    expect(await refusal(1, "show", `${layout}/App:v1`)).toMatch(
      /is neither a layout nor a reference: the repository name has upper-case letters: use lower case\n$/,
    );
  });

  it("recommends --per-repo for a directory of layouts, and rejects it for one layout", async () => {
    expect(await refusal(1, "ls", tree)).toContain("or add --per-repo for all of them");
    for (const verb of ["ls", "verify", "gc"]) {
      expect(await refusal(1, verb, "--per-repo", layout)).toContain(
        "is one layout, not a directory of layouts: leave out --per-repo",
      );
    }
  });

  it("reports a path that does not exist, and another directory as one", async () => {
    expect(await refusal(1, "ls", join(directory, "absent"))).toMatch(
      /^ocilayout: NAME_UNKNOWN: cannot find a layout or archive at "[^"]*absent": it does not exist\n$/,
    );
    mkdirSync(join(directory, "empty"));
    expect(await refusal(1, "ls", join(directory, "empty"))).toMatch(
      /empty": it is a directory, but not a layout: it has no oci-layout\n$/,
    );
  });

  it.each([
    ["imges", "it does not exist"],
    ["127.0.0.1:42895", '"127.0.0.1" does not exist; in a registry it is written docker://127.0.0.1:42895'],
    ["alpine:3", '"alpine" does not exist; in a registry it is written docker://alpine:3'],
  ])("recommends docker:// only if %s can be in a registry", async (text, advice) => {
    expect(await refusal(1, "ls", text)).toBe(
      `ocilayout: NAME_UNKNOWN: cannot find a layout or archive at "${text}": ${advice}\n`,
    );
  });
});

describe("the message about a command line", () => {
  it.each([
    [["--json"], "a verb is needed: ls, tags, show", "ocilayout --help"],
    [["tga", "x"], 'unknown verb "tga": did you mean tags or tag?', "ocilayout --help"],
    [["frobnicate"], 'unknown verb "frobnicate": the verbs are ls, tags', "ocilayout --help"],
    [["tags"], "tags needs PATH: ocilayout tags <path>", "ocilayout tags --help"],
    [["push"], "push needs PATH and FILES: ocilayout push <path> <files..>", "ocilayout push --help"],
    [["tag", "x:v1"], "tag needs NEWTAG: ocilayout tag <path> <newtag..>", "ocilayout tag --help"],
    [["ls", "a", "b"], 'unexpected argument "b": ocilayout ls [path]', "ocilayout ls --help"],
    [["ls", "--frobnicate"], "unknown option --frobnicate", "ocilayout ls --help"],
    [["gc", "x", "--graze", "1h"], "unknown option --graze: did you mean --grace?", "ocilayout gc --help"],
    [["gc", "x", "--dry-run=yes"], "--dry-run has no value: leave out =yes", "ocilayout gc --help"],
    [["ls", "-z"], "unknown option -z", "ocilayout ls --help"],
    [["pull", "x:v1", "--output"], "--output needs a value", "ocilayout pull --help"],
  ])("names the problem and the next step: %j", async (args, message, help) => {
    const stderr = await refusal(2, ...args);
    expect(stderr).toContain(`ocilayout: ${message}`);
    expect(stderr).toMatch(new RegExp(`\nTry ${help}\\.\n$`));
  });

  it("recommends to leave out the tag or the digest of a path with both", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    expect(await refusal(1, "cat", `${layout}:v1@${digest}`)).toContain(
      "it has a tag and a digest: leave out one of them",
    );
    expect(await refusal(2, "cat", `${layout}/default:v1@${digest}`)).toContain(
      `has a tag and a digest: leave out :v1 or @${digest}`,
    );
  });
});

describe("the message about a failure of the system", () => {
  it("names a missing file to push", async () => {
    expect(await refusal(1, "push", `${layout}:v2`, join(directory, "absent"))).toMatch(
      /^ocilayout: cannot read "[^"]*absent": no such file or directory\n$/,
    );
  });

  it.each([
    [
      { message: "EACCES: permission denied, open 'x'", syscall: "open", path: "x" },
      'cannot open "x": permission denied',
    ],
    [
      { message: "ENOSPC: no space left on device, write", syscall: "write" },
      "ENOSPC: no space left on device, write",
    ],
    [
      {
        message: "listen EADDRINUSE: address already in use 127.0.0.1:5000",
        syscall: "listen",
        address: "127.0.0.1",
        port: 5000,
        code: "EADDRINUSE",
      },
      "cannot listen on 127.0.0.1:5000: address already in use; --port 0 chooses a free one",
    ],
  ])("is in plain words: %j", ({ message, ...members }, explained) => {
    expect(explain(Object.assign(new Error(message), members))).toBe(explained);
  });

  it("keeps the code of a registry's error, and the system's message if the storage failed", () => {
    const cause = new Error("EIO: i/o error, read");
    expect(explain(new RegistryError("STORAGE_FAILED", "reading a blob", { cause }))).toBe(
      "STORAGE_FAILED: reading a blob: EIO: i/o error, read",
    );
    expect(explain(new RegistryError("BLOB_UNKNOWN", "no blob", { cause }))).toBe("BLOB_UNKNOWN: no blob");
  });
});

it("show of a repository in a directory of layouts prints a name that can be typed again", async () => {
  const path = `${tree}/team/app:v1`;
  const [first = ""] = (await ocilayout("show", "--per-repo", path)).stdout.split("  ");
  expect(first).toBe(path);
  expect((await ocilayout("show", "--per-repo", tree)).stdout).toMatch(/^team\/app:v1 /);
  expect((await ocilayout("show", "--per-repo", `${tree}//team/app:v1`)).stdout).toMatch(/^team\/app:v1 /);
});

it("pull rejects a directory to be unpacked, and names it", async () => {
  const content = readFileSync(join(directory, "hello.txt"));
  const annotations = { "org.opencontainers.image.title": "guide", "io.deis.oras.content.unpack": "true" };
  const layer = {
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    ...(await computeDigest(content)),
    annotations,
  };
  const registry = await openLayout(layout, { defaultRepository: "default", durability: "none" });
  await registry.pushBlob("default", layer, content);
  const mediaType = ociMediaTypes.imageManifest;
  const manifest = {
    schemaVersion: 2,
    mediaType,
    artifactType: "application/vnd.example",
    config: emptyDescriptor,
    layers: [layer],
  };
  await registry.pushManifest("default", Buffer.from(JSON.stringify(manifest)), mediaType, { tags: ["dir"] });
  await registry.close();
  expect(await refusal(1, "pull", `${layout}:dir`, "--output", join(directory, "out"))).toContain(
    'cannot unpack the directory "guide"',
  );
});
