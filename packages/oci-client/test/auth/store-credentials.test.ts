import { lstatSync, readFileSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { defaultCredentials } from "../../src/auth/node/default-credentials.ts";
import { eraseCredentials, storeCredentials } from "../../src/auth/node/store-credentials.ts";
import { changeTextFile } from "../../src/auth/node/write-file.ts";
import { accounts, createHome } from "./files.ts";

const me = { username: "me", password: "secret" };

describe("the storing of credentials", () => {
  it("creates Docker's file, which only its owner may read", async () => {
    const { places, home } = createHome();
    expect(await storeCredentials("a.example", me, places)).toBe("file");
    expect(await defaultCredentials(places)("a.example", {})).toEqual(me);
    expect(statSync(join(home, ".docker/config.json")).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, ".docker")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(home, ".docker"))).toEqual(["config.json"]);
  });

  it("trap 22: uses the name that each program has for Docker Hub", async () => {
    const docker = createHome();
    await storeCredentials("docker.io", me, docker.places);
    expect(Object.keys(readJson(join(docker.home, ".docker/config.json")).auths)).toEqual([
      "https://index.docker.io/v1/",
    ]);
    const podman = createHome();
    const file = join(podman.home, "auth.json");
    const env = { ...podman.places.env, REGISTRY_AUTH_FILE: file };
    await storeCredentials("docker.io", me, { ...podman.places, env });
    expect(Object.keys(readJson(file).auths)).toEqual(["docker.io"]);
  });

  it("replaces the entry that would be found, in its file and under its name", async () => {
    const { places, write, home } = createHome();
    const file = write(".config/containers/auth.json", accounts({ "https://a.example/v1/": "old" }));
    await storeCredentials("a.example", me, places);
    expect(await defaultCredentials(places)("a.example", {})).toEqual(me);
    expect(Object.keys(readJson(file).auths)).toEqual(["https://a.example/v1/"]);
    expect(readdirSync(home)).not.toContain(".docker");
  });

  it("keeps a symbolic link, and makes its target private", async () => {
    const { places, write, home } = createHome();
    const real = write("dotfiles/config.json", '{ "other" : 1 }');
    write(".docker/x", "");
    symlinkSync("../dotfiles/config.json", join(home, ".docker/config.json"));
    await storeCredentials("a.example", me, places);
    expect(lstatSync(join(home, ".docker/config.json")).isSymbolicLink()).toBe(true);
    expect(readJson(real)).toMatchObject({ other: 1 });
    expect(statSync(real).mode & 0o777).toBe(0o600);
  });

  it("leaves a damaged file alone", async () => {
    const { places, write } = createHome();
    const file = write(".docker/config.json", '{"auths":');
    await expect(storeCredentials("a.example", me, places)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    await expect(eraseCredentials("a.example", places)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(readFileSync(file, "utf8")).toBe('{"auths":');
  });

  it("rejects invalid credentials and an aborted signal before it writes", async () => {
    const { places, home } = createHome();
    await expect(storeCredentials("a.example", { username: "a:b", password: "" }, places)).rejects.toThrow(
      TypeError,
    );
    const signal = AbortSignal.abort();
    await expect(storeCredentials("a.example", me, { ...places, signal })).rejects.toBe(signal.reason);
    expect(readdirSync(home)).toEqual([]);
  });

  it("loses no entry of many that are stored at the same time", async () => {
    const { places, home } = createHome();
    const hosts = Array.from({ length: 8 }, (_, at) => `h${at}.example`);
    await Promise.all(hosts.map(async (host) => storeCredentials(host, me, places)));
    expect(Object.keys(readJson(join(home, ".docker/config.json")).auths).sort()).toEqual(hosts);
  });
});

describe("the erasing of credentials", () => {
  it("removes every entry of the host, in the files of podman and Docker", async () => {
    const { places, write } = createHome();
    write(
      ".docker/config.json",
      accounts({ "a.example": "me", "https://a.example": "me", "b.example": "me" }),
    );
    write("runtime/containers/auth.json", accounts({ "a.example": "me", "a.example/team": "team" }));
    expect(await eraseCredentials("a.example", places)).toBe(true);
    const find = defaultCredentials(places);
    expect([await find("a.example", {}), await find("b.example", {})]).toEqual([undefined, me]);
    expect(await find("a.example", { repository: "team/x" })).toMatchObject({ username: "team" });
    expect(await eraseCredentials("a.example", places)).toBe(false);
  });
});

describe("the change of a file", () => {
  it("is decided again if another program changes the file meanwhile", async () => {
    const { write } = createHome();
    const file = write("file", "a");
    const seen: (string | undefined)[] = [];
    await changeTextFile(file, "the file", (text) => {
      seen.push(text);
      if (seen.length === 1) write("file", "changed by another");
      return `${text}!`;
    });
    expect([seen, readFileSync(file, "utf8")]).toEqual([["a", "changed by another"], "changed by another!"]);
  });

  it("ends with an error if other programs never stop, and leaves nothing behind", async () => {
    const { write, home } = createHome();
    const file = write("file", "");
    let count = 0;
    const changed = changeTextFile(file, "the file", () => write("file", "x".repeat((count += 1))));
    await expect(changed).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    expect(readdirSync(home)).toEqual(["file"]);
  });
});

function readJson(path: string): { auths: Record<string, unknown> } {
  return JSON.parse(readFileSync(path, "utf8")) as { auths: Record<string, unknown> };
}
