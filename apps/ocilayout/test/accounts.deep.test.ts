import { once } from "node:events";
import { readFileSync, statSync, writeFileSync, mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { buildCommand, ended, startWith } from "./built-command.ts";

buildCommand();

let server: Server;
let host: string;
let config: string;

beforeEach(async () => {
  const wanted = `Basic ${Buffer.from("ci:secret").toString("base64")}`;
  server = createServer((request, response) => {
    const isKnown = request.headers.authorization === wanted;
    response.writeHead(isKnown ? 200 : 401, { "www-authenticate": 'Basic realm="test"' }).end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  config = join(temporaryDirectory(), "docker");
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function ocilayout(
  stdin: string,
  ...args: string[]
): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const env = { DOCKER_CONFIG: config, REGISTRY_AUTH_FILE: "", XDG_RUNTIME_DIR: config, HOME: config };
  const child = startWith({ nodeOptions: [], env, stdin: "pipe" }, ...args);
  child.stdin?.end(stdin);
  return ended(child);
}

describe("login", () => {
  it("stores a password that the registry accepts, readable by its owner alone, and logout removes it", async () => {
    mkdirSync(config);
    writeFileSync(join(config, "config.json"), '{"psFormat":"x","auths":{"other.example":{"auth":"eDp5"}}}');
    const flags = ["--username", "ci", "--password-stdin"];
    expect(await ocilayout("secret\n", "login", host, ...flags)).toMatchObject({
      code: 0,
      stderr: "",
      stdout: `logged in to ${host}; the password is stored unencrypted, readable by you alone, in ${join(config, "config.json")}\n`,
    });
    const file = join(config, "config.json");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      psFormat: "x",
      auths: {
        "other.example": { auth: "eDp5" },
        [host]: { auth: Buffer.from("ci:secret").toString("base64") },
      },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await ocilayout("", "logout", host)).stdout).toBe(`logged out of ${host}\n`);
    expect((await ocilayout("", "logout", host, "--json")).stdout).toBe(
      `{"host":"${host}","removed":false}\n`,
    );
    expect(readFileSync(file, "utf8")).toContain("other.example");
    expect(readFileSync(file, "utf8")).not.toContain(host);
  });

  it("stores nothing if the registry rejects the password", async () => {
    const found = await ocilayout("wrong", "login", host, "--username", "ci", "--password-stdin");
    expect(found).toMatchObject({ code: 1, stdout: "" });
    expect(found.stderr).toMatch(/^ocilayout: (?:UNAUTHORIZED|DENIED): /);
    expect(found.stderr).not.toContain("wrong");
    expect(() => statSync(join(config, "config.json"))).toThrow("ENOENT");
  });

  it.each([
    ["a password as an argument", ["HOST", "--username", "ci", "--password", "x"]],
    ["no username", ["HOST", "--password-stdin"]],
    ["no password", ["HOST", "--username", "ci", "--password-stdin"]],
    ["no pipe for the password", ["HOST", "--username", "ci"]],
    ["a URL", ["https://registry.example", "--username", "ci", "--password-stdin"]],
  ])("exits with 2 for %s", async (_what, words) => {
    const found = await ocilayout("", "login", ...words.map((word) => word.replace("HOST", host)));
    expect(found).toMatchObject({ code: 2, stdout: "" });
  });
});
