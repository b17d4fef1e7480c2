import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { dockerCredentials, podmanCredentials } from "../../src/auth/node/credential-files.ts";
import { runHelper } from "../../src/auth/node/run-helper.ts";
import { eraseCredentials, storeCredentials } from "../../src/auth/node/store-credentials.ts";
import type { Home } from "./files.ts";
import { accounts, createHome } from "./files.ts";

const me = { username: "me", password: "secret" };

/** Installs a helper: a script of the shell, with its directory alone in PATH. */
function install(home: Home, name: string, script: string): void {
  const file = home.write(`bin/docker-credential-${name}`, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
  chmodSync(file, 0o755);
  home.places.env["PATH"] = join(home.home, "bin");
}

/** A helper that keeps everything in a directory, as the real ones do in a keychain. */
const KEEPER = `
dir="$(dirname "$0")/../kept"; mkdir -p "$dir"
name() { printf %s "$1" | tr / _; }
read -r input
echo "$1 $input" >> "$dir/calls"
case "$1" in
get) file="$dir/$(name "$input")"; if [ -f "$file" ]; then cat "$file"; else echo "credentials not found in native keychain"; exit 1; fi;;
store) url=$(printf %s "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/'); printf %s "$input" > "$dir/$(name "$url")";;
erase) rm "$dir/$(name "$input")";;
esac`;

const answer = (username: string): string =>
  `echo '{"ServerURL":"x","Username":"${username}","Secret":"secret"}'`;
const notFound = `echo "credentials not found in native keychain"; exit 1`;

describe("a credential helper", () => {
  it("trap 23: of the host comes before that of all hosts, and before the file", async () => {
    const home = createHome();
    home.write(".docker/config.json", {
      ...accounts({ "a.example": "file", "b.example": "file", "c.example": "file" }),
      credHelpers: { "a.example": "own" },
      credsStore: "all",
    });
    install(home, "own", answer("own"));
    install(home, "all", `read -r host; [ "$host" = c.example ] && { ${notFound}; }; ${answer("all")}`);
    const find = dockerCredentials(home.places);
    expect([
      await find("a.example", {}),
      await find("b.example", {}),
      await find("c.example", {}),
    ]).toMatchObject([{ username: "own" }, { username: "all" }, { username: "file" }]);
  });

  it("trap 23: that is not installed makes a note, and leads to the file", async () => {
    const home = createHome({ PATH: "/nonexistent" });
    home.write(".docker/config.json", { ...accounts({ "a.example": "me" }), credsStore: "missing" });
    expect(await dockerCredentials(home.places)("a.example", {})).toEqual(me);
    expect(home.notes).toEqual(["the credential helper docker-credential-missing is not installed"]);
  });

  it("trap 23: that has no credentials leads to anonymous use", async () => {
    const home = createHome();
    home.write(".docker/config.json", { credsStore: "empty" });
    install(home, "empty", notFound);
    expect(await dockerCredentials(home.places)("a.example", {})).toBeUndefined();
    expect(home.notes).toEqual([]);
  });

  it("trap 23: with the user <token> has an identity token", async () => {
    const home = createHome();
    home.write("runtime/containers/auth.json", { credHelpers: { "a.example": "token" } });
    install(home, "token", answer("<token>"));
    expect(await podmanCredentials(home.places)("a.example", {})).toEqual({ identityToken: "secret" });
  });

  it("trap 22: is asked for Docker Hub by Docker's name, then by its own", async () => {
    const home = createHome();
    home.write(".docker/config.json", { credHelpers: { "docker.io": "keeper" } });
    install(home, "keeper", KEEPER);
    expect(await dockerCredentials(home.places)("docker.io", {})).toBeUndefined();
    expect(calls(home)).toEqual(["get https://index.docker.io/v1/", "get docker.io"]);
  });

  it("is asked once for several repositories of a host", async () => {
    const home = createHome();
    home.write(".docker/config.json", { credsStore: "keeper" });
    install(home, "keeper", KEEPER);
    const find = dockerCredentials(home.places);
    for (const repository of ["a", "b", "c"]) await find("a.example", { repository });
    expect(calls(home)).toEqual(["get a.example"]);
  });

  it.each([
    ["fails", "echo 'secret /home/me' ; exit 3", "it ended with status 3"],
    ["is killed", "kill -9 $$", "it was killed"],
    ["answers in plain text", "echo secret", "its output is not JSON"],
    ["answers with a list", "echo '[]'", "its output is not an object"],
    ["answers without a secret", `echo '{"Username":"me"}'`, "its output has no Username or Secret"],
    ["answers with an invalid user", answer("a:b"), "its credentials are invalid"],
    ["writes without end", "yes secret", "it wrote more than 65536 bytes"],
  ])("that %s is an error without its output", async (_, script, reason) => {
    const home = createHome();
    home.write(".docker/config.json", { credsStore: "odd" });
    install(home, "odd", script);
    await expect(dockerCredentials(home.places)("a.example", {})).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: `the credential helper odd failed: ${reason}`,
    });
  });

  it("that answers with empty texts has no credentials", async () => {
    const home = createHome();
    home.write(".docker/config.json", { credsStore: "empty" });
    install(home, "empty", `echo '{"ServerURL":"","Username":"","Secret":""}'`);
    expect(await dockerCredentials(home.places)("a.example", {})).toBeUndefined();
  });

  it("that hangs is ended after its time, also if it has started other programs", async () => {
    const home = createHome();
    home.write(".docker/config.json", { credsStore: "slow" });
    install(home, "slow", `echo $$ > "${home.home}/pid"; sleep 1000 & echo $! > "${home.home}/child"; wait`);
    await expect(
      dockerCredentials({ ...home.places, helperMs: 2000 })("a.example", {}),
    ).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: "the credential helper slow failed: it took longer than 2000 ms",
    });
    await expect.poll(() => isRunning(readFileSync(join(home.home, "pid"), "utf8"))).toBe(false);
    process.kill(Number(readFileSync(join(home.home, "child"), "utf8")), "SIGKILL");
  });

  it("is ended by the abort of its caller", async () => {
    const home = createHome();
    home.write(".docker/config.json", { credsStore: "slow" });
    install(home, "slow", `echo $$ > "${home.home}/pid"; exec sleep 1000`);
    const controller = new AbortController();
    const asked = dockerCredentials(home.places)("a.example", { signal: controller.signal });
    await expect.poll(() => existsSync(join(home.home, "pid"))).toBe(true);
    const reason = new Error("no longer");
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await expect.poll(() => isRunning(readFileSync(join(home.home, "pid"), "utf8"))).toBe(false);
  });

  it.each([
    "../evil",
    "a/b",
    "/bin/sh",
    "",
    ".",
    "-x",
    "a b",
    "a;b",
    "a\0b",
    "a\nb",
    String.raw`a\b`,
    "a".repeat(65),
  ])("cannot have the name %j", async (name) => {
    const call = { name, action: "get", input: "", env: {}, timeMs: 1000 } as const;
    await expect(runHelper(call)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: "the name of a credential helper is invalid",
    });
  });

  it("keeps and erases credentials, of which the file has only the name of the host", async () => {
    const home = createHome();
    const file = home.write(".docker/config.json", { credsStore: "keeper" });
    install(home, "keeper", KEEPER);
    expect(await storeCredentials("a.example", me, home.places)).toBe("helper");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      credsStore: "keeper",
      auths: { "a.example": {} },
    });
    expect(await dockerCredentials(home.places)("a.example", {})).toEqual(me);
    expect(await storeCredentials("a.example", { identityToken: "t" }, home.places)).toBe("helper");
    expect(await dockerCredentials(home.places)("a.example", {})).toEqual({ identityToken: "t" });
    expect(await eraseCredentials("a.example", home.places)).toBe(true);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ credsStore: "keeper", auths: {} });
    expect(await dockerCredentials(home.places)("a.example", {})).toBeUndefined();
    expect(await eraseCredentials("a.example", home.places)).toBe(false);
  });

  it("that is not installed is an error for credentials to store: they do not go into the file", async () => {
    const home = createHome({ PATH: "/nonexistent" });
    const file = home.write(".docker/config.json", { credsStore: "missing" });
    await expect(storeCredentials("a.example", me, home.places)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
    });
    expect(readFileSync(file, "utf8")).toBe('{"credsStore":"missing"}');
  });
});

it("a named pipe in the place of a file is an error, and is not waited for", async () => {
  const { places, home, write } = createHome();
  write(".docker/x", "");
  execFileSync("mkfifo", [join(home, ".docker/config.json")]);
  await expect(dockerCredentials(places)("a.example", {})).rejects.toMatchObject({
    code: "STORAGE_FAILED",
    message: "cannot read Docker's config.json: it is not a regular file",
  });
});

function calls({ home }: Home): string[] {
  return readFileSync(join(home, "kept/calls"), "utf8").trim().split("\n");
}

function isRunning(pid: string): boolean {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
}
