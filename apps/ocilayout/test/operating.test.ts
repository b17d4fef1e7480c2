import { chmodSync, readFileSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";

import { openLayout } from "@ocilayout/layout-core";
import { RegistryError } from "@ocilayout/oci-types";
import { temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { run } from "../src/cli/run.ts";
import { explain } from "../src/errors/explain.ts";
import { jsonLines, lines, ocilayout, Sink } from "./command.ts";
import { makeImages } from "./images.ts";

let directory: string;
let images: string;
const at = (name: string): string => join(directory, name);

beforeEach(async () => {
  directory = temporaryDirectory();
  images = await makeImages(directory);
});

/** Returns the files of two blobs of a layout: a layer and the manifest of the image for arm64. */
async function filesIn(layout: string): Promise<{ layer: string; manifest: string }> {
  const [image] = (await jsonLines("inspect", `${images}/app:arm64`)) as [
    { digest: string; layers: [{ digest: string }] },
  ];
  const fileOf = (digest: string): string => join(layout, "blobs", digest.replace(":", "/"));
  return { layer: fileOf(image.layers[0].digest), manifest: fileOf(image.digest) };
}

/** Replaces a file by other bytes of the same size, and breaks its link to another layout. */
function damage(file: string): void {
  const { length } = readFileSync(file);
  unlinkSync(file);
  writeFileSync(file, "x".repeat(length));
}

describe("--repair", () => {
  it.each([
    ["copy", ["copy", "images/app:v1", "bad/app:v1"]],
    ["sync", ["sync", "images", "bad"]],
    ["load", ["load", "images.tar", "bad"]],
  ])("of %s replaces damaged and lost content, which the verb trusts otherwise", async (_verb, words) => {
    const args = words.map((word) => (word.includes("/") || word !== words[0] ? at(word) : word));
    await lines("sync", images, at("bad"));
    await lines("save", `${images}/app`, "--all-tags", "--output", at("images.tar"));
    const { layer, manifest } = await filesIn(at("bad"));
    damage(layer);
    expect((await lines("verify", at("bad"), "--quick")).join()).toBe(
      "0 errors, 0 warnings; compared names and sizes only",
    );
    const broken = await ocilayout("verify", at("bad"));
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining("copy --repair") as string });
    await lines(...args);
    expect((await ocilayout("verify", at("bad"))).code).toBe(1);
    damage(manifest);
    await lines(...args, "--repair");
    expect(await lines("verify", at("bad"))).toEqual(["0 errors, 0 warnings"]);
    rmSync(layer);
    await lines(...args, "--repair");
    expect(await lines("verify", at("bad"))).toEqual(["0 errors, 0 warnings"]);
  });

  it("does not replace content by a damaged source", async () => {
    await lines("sync", images, at("bad"), "--no-link");
    damage((await filesIn(at("bad"))).layer);
    damage((await filesIn(images)).layer);
    const { code, stderr } = await ocilayout("copy", `${images}/app:v1`, at("bad/app:v1"), "--repair");
    expect([code, stderr]).toEqual([1, expect.stringContaining("CONTENT_CORRUPT")]);
  });
});

describe("copy and sync", () => {
  it("link blobs on one file system, but not with --no-link, which verifies them", async () => {
    await lines("copy", `${images}/app:v1`, `${at("linked")}//app:v1`);
    await lines("copy", `${images}/app:v1`, `${at("read")}//app:v1`, "--no-link");
    const inode = async (layout: string): Promise<number> => statSync((await filesIn(layout)).layer).ino;
    expect(await inode(at("read"))).not.toBe(await inode(images));
    damage((await filesIn(images)).layer);
    expect((await ocilayout("copy", `${images}/app:v1`, `${at("b")}//app:v1`, "--no-link")).code).toBe(1);
  });

  it("print that a tag is up to date, and whether it changed in JSON", async () => {
    const args = ["copy", `${images}/app:v1`, `${at("mirror")}//app:v1`];
    expect(await jsonLines(...args, "--dry-run")).toMatchObject([{ changed: true }]);
    expect((await lines(...args, "--dry-run")).join()).toMatch(/ {2}would copy 3 manifests, 4 blobs, /);
    expect(await jsonLines(...args)).toMatchObject([{ changed: true }]);
    expect((await lines(...args)).join()).toMatch(/ {2}up to date$/);
    expect(await jsonLines("sync", images, at("mirror"), "--tags", "v1")).toMatchObject([{ changed: false }]);
  });

  it("sync exits with 2 for several repositories into one, and changes nothing", async () => {
    await lines("push", `${images}/docs:v1`, at("files/hello.txt"));
    const { code, stderr } = await ocilayout("sync", images, `${at("fresh")}//x`);
    expect([code, stderr]).toEqual([2, expect.stringContaining("to the one repository x")]);
    expect((await ocilayout("ls", at("fresh"))).code).toBe(1);
  });

  it("sync reports that no tag matches", async () => {
    expect(await ocilayout("sync", images, at("mirror"), "--tags", "nomatch")).toMatchObject({
      code: 0,
      stderr: "ocilayout: no tag matches\n",
    });
  });
});

it("save --output - writes the archive to the pipe, and the result to stderr", async () => {
  const { code, bytes, stderr } = await ocilayout("save", `${images}/app:v1`, "--output", "-");
  expect([code, stderr]).toEqual([0, "app:v1\nwrote 1 image to the pipe\n"]);
  expect((await ocilayout({ stdin: bytes }, "load", "-", at("loaded"))).code).toBe(0);
});

it.skipIf(process.platform === "win32")(
  "save --output writes to a pipe or device without --force",
  async () => {
    expect(await lines("save", `${images}/app:v1`, "--output", "/dev/null")).toEqual([
      "app:v1",
      "wrote 1 image to /dev/null",
    ]);
    expect(statSync("/dev/null").isFile()).toBe(false);
  },
);

it("gc --grace 0 removes an unfinished upload, unless a process has it open", async () => {
  const layout = await openLayout(images);
  const upload = await layout.pushBlobChunked("app");
  await upload.write(new Uint8Array(1000));
  const session = join(images, "_uploads", upload.id);
  const age = (): void => {
    for (const name of ["data", "session.json"]) utimesSync(join(session, name), 1, Date.now() / 1000 - 60);
  };
  age();
  expect((await lines("gc", images, "--grace", "0")).at(-1)).not.toContain("upload");
  await upload.close();
  age();
  expect((await lines("gc", images)).at(-1)).not.toContain("upload");
  expect((await lines("gc", images, "--grace", "0")).at(-1)).toContain("1 unfinished upload");
  await layout.close();
});

describe("serve", () => {
  /** Serves the images until `use` ends, and returns the messages. */
  async function serving(
    args: readonly string[],
    use: (line: { port: number; place: string }) => Promise<void>,
  ): Promise<string> {
    const [stdout, stderr, ending] = [new Sink(), new Sink(), new AbortController()];
    const ended = run(["serve", images, "--port", "0", "--json", ...args], {
      stdout,
      stderr,
      signal: ending.signal,
    });
    while (stdout.bytes.length === 0) await setImmediate();
    await use(JSON.parse(stdout.bytes.toString()) as { port: number; place: string });
    ending.abort();
    expect(await ended).toBe(0);
    return stderr.bytes.toString();
  }

  it("answers every host on an address that is not loopback, and warns if it is writable", async () => {
    const warning = await serving(["--host", "0.0.0.0", "--writable"], async ({ port }) => {
      expect((await fetch(`http://127.0.0.1:${port}/v2/`)).status).toBe(200);
    });
    expect(warning).toContain("the server has no authentication");
    expect(await serving(["--host", "0.0.0.0"], () => Promise.resolve())).toBe("");
  });

  it("prints its place, and does not warn on a loopback address", async () => {
    const messages = await serving(["--writable"], async ({ place }) => {
      expect(await lines("ls", place)).toEqual(["app  3 tags"]);
    });
    expect(messages).toBe("");
  });

  const mayWriteAll = process.platform === "win32" || process.getuid?.() === 0;
  if (mayWriteAll)
    console.info("skipped: a directory that is not writable, because root and Windows may write to all");
  it.skipIf(mayWriteAll)("fails at the start if it is writable and its directory is not", async () => {
    chmodSync(images, 0o555);
    const { code, stderr } = await ocilayout("serve", images, "--port", "0", "--writable");
    chmodSync(images, 0o755);
    expect([code, stderr]).toEqual([1, expect.stringContaining("permission denied")]);
  });
});

describe("rm", () => {
  it("removes several tags, and accepts missing ones with --if-exists", async () => {
    expect(await lines("rm", `${images}/app:amd64`, `${images}/app:arm64`)).toHaveLength(2);
    const again = ["rm", `${images}/app:amd64`, `${images}/app:v1`];
    expect(await ocilayout(...again)).toMatchObject({ code: 1, stdout: "" });
    expect(await ocilayout(...again, "--if-exists")).toEqual(
      expect.objectContaining({
        code: 0,
        stdout: "removed the tag app:v1\n",
        stderr: `ocilayout: nothing to remove: ${images}/app:amd64\n`,
      }),
    );
  });
});

it("a reason of the system is printed once", () => {
  const cause = new Error("EACCES: permission denied, mkdir 'images'");
  const error = new RegistryError("STORAGE_FAILED", "cannot push: permission denied", { cause });
  expect(explain(error)).toBe("STORAGE_FAILED: cannot push: permission denied (mkdir 'images')");
});

describe("a registry that refuses", () => {
  /** Answers every request with one status and code. */
  async function refusing<Result>(
    status: number,
    code: string,
    use: (host: string) => Promise<Result>,
  ): Promise<Result> {
    const server = createServer((request, response) => {
      const isPing = request.url === "/v2/" && status !== 401;
      response
        .writeHead(isPing ? 200 : status, {
          "www-authenticate": 'Basic realm="x"',
          "content-type": "application/json",
        })
        .end(JSON.stringify({ errors: [{ code, message: "refused" }] }));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      return await use(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it("a password is named as such by login, and login is named by others", async () => {
    await refusing(401, "UNAUTHORIZED", async (host) => {
      const login = await ocilayout({ stdin: "no" }, "login", host, "--username", "x", "--password-stdin");
      expect(login.stderr).toBe("ocilayout: UNAUTHORIZED: the registry refused the username or password\n");
      expect((await ocilayout("tags", `${host}/app`, "--anonymous")).stderr).toContain(
        "ocilayout login HOST",
      );
    });
  });

  it("to delete a tag alone is explained by rm", async () => {
    const { code, stderr } = await refusing(400, "DIGEST_INVALID", (host) =>
      ocilayout("rm", `${host}/app:v1`),
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining("cannot delete a tag alone")]);
  });
});
