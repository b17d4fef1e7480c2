import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Writable } from "node:stream";

import { temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { run } from "../src/cli/run.ts";
import { buildCommand, ended, firstLine, start } from "./built-command.ts";
import { fixture, lines, ocilayout, sha256, Sink } from "./command.ts";

buildCommand();

/** Returns the status of a request to the server at `url` with another `Host` header. */
async function statusUnder(url: string, host: string): Promise<number | undefined> {
  const [response] = (await once(get(`${url}/v2/`, { headers: { host } }), "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

describe("the command as a process", () => {
  it("exits with its code, and prints the reason to stderr", async () => {
    const [good, refused, nonsense] = await Promise.all([
      ended(start("ls", fixture("ref-shared"))),
      ended(start("ls", join(temporaryDirectory(), "nowhere"))),
      ended(start("frobnicate")),
    ]);
    expect(good).toMatchObject({ code: 0, stderr: "" });
    expect(good.stdout).toMatch(/^legacy\/docker {2}1 tag\n/);
    expect(refused).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^ocilayout: NAME_UNKNOWN: /) as string,
    });
    expect(nonsense).toMatchObject({ code: 2, stdout: "" });
  });

  it("writes bytes unchanged", async () => {
    const directory = temporaryDirectory();
    const content = Buffer.alloc(300_000, Buffer.from([0, 255, 13, 10, 128]));
    writeFileSync(join(directory, "bytes"), content);
    await lines("push", join(directory, "layout/app:v1"), join(directory, "bytes"));
    const child = start("cat", "--blob", `${join(directory, "layout/app")}@${sha256(content)}`);
    const chunks: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(0);
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  });

  it("is not disturbed by a reader that closes the pipe early", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "bytes"), Buffer.alloc(4_000_000));
    await lines("push", join(directory, "layout/app:v1"), join(directory, "bytes"));
    const child = start(
      "cat",
      "--blob",
      `${join(directory, "layout/app")}@${sha256(Buffer.alloc(4_000_000))}`,
    );
    const end = ended(child);
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await end).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("serve", () => {
  it("fails the test at once if it exits before it prints its URL", async () => {
    await expect(
      firstLine(start("serve", join(temporaryDirectory(), "nowhere"), "--port", "0")),
    ).rejects.toThrow(/^the process ended with 1 before its first line: ocilayout: NAME_UNKNOWN: /);
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "prints its URL, serves HTTP, and exits cleanly on %s",
    async (signal) => {
      const layout = fixture("skopeo-1.22.0-tag");
      const child = start("serve", layout, "--port", "0");
      const end = ended(child);
      const url = await firstLine(child);
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[0-9]+$/);
      expect((await fetch(`${url}/v2/`)).status).toBe(200);
      const manifest = await fetch(`${url}/v2/default/manifests/1.0`);
      expect(manifest.status).toBe(200);
      const { bytes } = await ocilayout("cat", `${layout}:1.0`);
      expect(Buffer.from(await manifest.arrayBuffer()).equals(bytes)).toBe(true);
      const refused = await fetch(`${url}/v2/default/blobs/uploads/`, { method: "POST" });
      expect(refused.status).toBe(405);
      child.kill(signal);
      const stderr = `ocilayout: as a place: docker://${new URL(url).host}/REPOSITORY:TAG\n`;
      expect(await end).toMatchObject({ code: 0, stderr });
    },
  );

  it("accepts pushes with --writable, even into a missing layout", async () => {
    const layout = join(temporaryDirectory(), "New Layout");
    const child = start("serve", layout, "--port", "0", "--writable", "--json");
    const end = ended(child);
    const { url, port } = JSON.parse(await firstLine(child)) as { url: string; port: number };
    expect(url).toBe(`http://127.0.0.1:${port}`);
    const answer = await fetch(`${url}/v2/app/blobs/uploads/?digest=${sha256("hello")}`, {
      method: "POST",
      body: "hello",
    });
    expect(answer.status).toBe(201);
    child.kill("SIGTERM");
    expect((await end).code).toBe(0);
    expect(readFileSync(join(layout, "blobs", sha256("hello").replace(":", "/")), "utf8")).toBe("hello");
  });

  it("accepts images without their parts, and verifies the blobs it sends, only with the options for that", async () => {
    const directory = temporaryDirectory();
    const config = { mediaType: "application/x-config", digest: sha256("absent"), size: 6 };
    const body = JSON.stringify({ schemaVersion: 2, config, layers: [] });
    const headers = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
    for (const [i, flags] of [[], ["--allow-sparse", "--verify"]].entries()) {
      const layout = join(directory, `layout-${i}`);
      const child = start("serve", layout, "--port", "0", "--writable", ...flags);
      const end = ended(child);
      const url = await firstLine(child);
      await fetch(`${url}/v2/app/blobs/uploads/?digest=${sha256("hello")}`, {
        method: "POST",
        body: "hello",
      });
      writeFileSync(join(layout, "blobs", sha256("hello").replace(":", "/")), "jello");
      const push = await fetch(`${url}/v2/app/manifests/v1`, { method: "PUT", headers, body });
      const pull = await fetch(`${url}/v2/app/blobs/${sha256("hello")}`);
      await pull.text();
      child.kill("SIGTERM");
      await end;
      expect([push.status, pull.status]).toEqual(i === 0 ? [404, 200] : [201, 500]);
    }
  });

  it("answers under the allowed hosts, and to pages of the allowed origins", async () => {
    const flags = [
      "--allowed-host",
      "registry.example",
      "--allowed-host",
      "other.example:81",
      "--allowed-origin",
      "https://ui.example",
    ];
    const child = start("serve", join(temporaryDirectory(), "l"), "--port", "0", "--writable", ...flags);
    const end = ended(child);
    const url = await firstLine(child);
    const statuses = ["registry.example", "other.example:81", "other.example", "evil.example"].map((host) =>
      statusUnder(url, host),
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 403, 403]);
    const post = async (origin: string): Promise<number> =>
      (await fetch(`${url}/v2/a/blobs/uploads/`, { method: "POST", headers: { origin } })).status;
    expect([await post("https://ui.example"), await post("https://evil.example")]).toEqual([202, 403]);
    child.kill("SIGTERM");
    expect((await end).code).toBe(0);
  });

  it.each([
    ["--allowed-host", "http://x"],
    ["--allowed-origin", "ui.example"],
  ])("rejects the %s %s", async (option, value) => {
    const end = await ended(
      start("serve", fixture("ref-per-repo"), "--per-repo", "--port", "0", option, value),
    );
    expect(end.code).toBe(2);
    expect(end.stderr).toContain(value);
  });

  it("serves a directory of layouts", async () => {
    const child = start("serve", fixture("ref-per-repo"), "--per-repo", "--port", "0");
    const end = ended(child);
    const url = await firstLine(child);
    expect(await (await fetch(`${url}/v2/_catalog`)).json()).toEqual({
      repositories: ["a", "a/b", "a/b/c", "z"],
    });
    child.kill("SIGTERM");
    expect((await end).code).toBe(0);
  });

  it("exits with 1 if the port is in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await ocilayout("serve", fixture("ref-shared"), "--port", String(port));
    other.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^ocilayout: .*127\\.0\\.0\\.1:${port}: `));
  });
});

describe("the command's output", () => {
  it("shows progress on a terminal and removes it again, and shows none in a pipe", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "a"), "a");
    for (const args of [
      ["push", join(directory, "layout/app:v1"), join(directory, "a")],
      ["pull", join(directory, "layout/app:v1"), "--output", join(directory, "out")],
      ["gc", join(directory, "layout")],
      ["verify", join(directory, "layout")],
    ]) {
      const [stdout, terminal] = [new Sink(), new Sink(true)];
      expect(
        await run(args, {
          stdout,
          stderr: Object.assign(terminal, {
            cursorTo: () => true,
            clearLine: () => true,
            moveCursor: () => true,
          }),
        }),
      ).toBe(0);
      expect(terminal.bytes.toString()).not.toBe("");
      expect(stdout.bytes.toString()).not.toContain("\u001b");
      expect((await ocilayout(...args, "--force").then(() => ocilayout(...args))).stderr).not.toContain(
        "\u001b",
      );
    }
  });

  it("shows no progress on a terminal without a width", async () => {
    const terminal = Object.assign(new Sink(true), { columns: 0 });
    expect(await run(["verify", fixture("ref-shared")], { stdout: new Sink(), stderr: terminal })).toBe(0);
    expect(terminal.bytes.toString()).toBe("");
  }, 5000);

  it("makes the command exit with 1 if it cannot be written", async () => {
    const full = new Writable({
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }));
      },
    });
    const stderr = new Sink();
    expect(await run(["ls", fixture("ref-shared")], { stdout: full, stderr })).toBe(1);
    expect(stderr.bytes.toString()).toBe("ocilayout: ENOSPC: no space left on device, write\n");
  });

  it("ends with exit code 130 if the command is interrupted", async () => {
    const { Interrupted } = await import("../src/errors/interrupted.ts");
    const [stdout, stderr] = [new Sink(), new Sink()];
    const signal = AbortSignal.abort(new Interrupted("SIGINT"));
    expect(await run(["verify", fixture("ref-shared")], { stdout, stderr, signal })).toBe(130);
    expect(stderr.bytes.toString()).toBe("ocilayout: interrupted\n");
  });
});
