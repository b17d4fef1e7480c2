import { symlinkSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { dockerCredentials, podmanCredentials } from "../../src/auth/node/credential-files.ts";
import { defaultCredentials } from "../../src/auth/node/default-credentials.ts";
import { environmentCredentials } from "../../src/auth/node/environment.ts";
import { firstOf, fixedCredentials } from "../../src/auth/sources.ts";
import * as web from "../../src/auth/web/credential-files.ts";
import { accounts, createHome } from "./files.ts";

const me = { username: "me", password: "secret" };
const MIB = 1024 * 1024;

describe("Docker's accounts", () => {
  it("are in ~/.docker, or in DOCKER_CONFIG", async () => {
    const { places, write, home } = createHome();
    write(".docker/config.json", accounts({ "a.example": "me" }));
    write("other/config.json", accounts({ "a.example": "other" }));
    expect(await dockerCredentials(places)("a.example", {})).toEqual(me);
    expect(await dockerCredentials({ ...places, env: { DOCKER_CONFIG: "" } })("a.example", {})).toEqual(me);
    const env = { DOCKER_CONFIG: join(home, "other") };
    expect(await dockerCredentials({ ...places, env })("a.example", {})).toMatchObject({ username: "other" });
  });

  it("trap 8: are for the exact host", async () => {
    const { places, write } = createHome();
    write(".docker/config.json", accounts({ "a.example": "me", "https://index.docker.io/v1/": "hub" }));
    const find = dockerCredentials(places);
    for (const host of [
      "xa.example",
      "a.example.evil.example",
      "a.example:5000",
      "example",
      "docker.io.evil.example",
    ])
      expect(await find(host, { repository: "a.example" })).toBeUndefined();
    expect(await find("docker.io", {})).toMatchObject({ username: "hub" });
  });

  it("are missing without a file, or with an empty one", async () => {
    const { places, write } = createHome();
    expect(await dockerCredentials(places)("a.example", {})).toBeUndefined();
    write(".docker", "not a directory");
    expect(await dockerCredentials(places)("a.example", {})).toBeUndefined();
    write("empty/config.json", "");
    const env = { DOCKER_CONFIG: join(places.home ?? "", "empty") };
    expect(await dockerCredentials({ ...places, env })("a.example", {})).toBeUndefined();
  });

  it("may be behind a symbolic link", async () => {
    const { places, write, home } = createHome();
    write(".docker/real.json", accounts({ "a.example": "me" }));
    symlinkSync("real.json", join(home, ".docker/config.json"));
    expect(await dockerCredentials(places)("a.example", {})).toEqual(me);
  });

  it("must be in a regular file of at most 1 MiB, and no error has its path", async () => {
    const large = createHome();
    large.write(".docker/config.json", `{}${" ".repeat(MIB)}`);
    const directory = createHome();
    directory.write(".docker/config.json/x", "");
    for (const [{ places, home }, reason] of [
      [large, "it is larger than 1048576 bytes"],
      [directory, "it is not a regular file"],
    ] as const) {
      const failed = dockerCredentials(places)("a.example", {});
      await expect(failed).rejects.toMatchObject({
        code: "STORAGE_FAILED",
        message: `cannot read Docker's config.json: ${reason}`,
      });
      expect(JSON.stringify(await failed.catch((error: unknown) => error))).not.toContain(home);
    }
  });

  it("in a damaged file are an error that names the file's role, and neither its path nor its text", async () => {
    const { places, write } = createHome();
    write(".docker/config.json", '{"auths":{"a.example":{"auth":"c2VjcmV0"');
    await expect(dockerCredentials(places)("a.example", {})).rejects.toThrow(
      expect.objectContaining({
        code: "UNAUTHORIZED",
        message: "cannot read the credentials in Docker's config.json: it is not valid JSON",
      }),
    );
  });

  it("are not looked for after an abort", async () => {
    const { places } = createHome();
    const signal = AbortSignal.abort(new Error("no longer"));
    await expect(dockerCredentials(places)("a.example", { signal })).rejects.toBe(signal.reason);
  });
});

describe("podman's accounts", () => {
  it("trap 23: are in the runtime directory, then in ~/.config or XDG_CONFIG_HOME", async () => {
    const { places, write, home } = createHome();
    write("runtime/containers/auth.json", accounts({ "a.example": "me" }));
    write(".config/containers/auth.json", accounts({ "a.example": "late", "b.example": "me" }));
    write("xdg/containers/auth.json", accounts({ "b.example": "xdg" }));
    const find = podmanCredentials(places);
    expect([await find("a.example", {}), await find("b.example", {}), await find("c.example", {})]).toEqual([
      me,
      me,
      undefined,
    ]);
    const env = { ...places.env, XDG_CONFIG_HOME: join(home, "xdg") };
    expect(await podmanCredentials({ ...places, env })("b.example", {})).toMatchObject({ username: "xdg" });
  });

  it("trap 23: are in REGISTRY_AUTH_FILE only, if it is set", async () => {
    const { places, write } = createHome();
    write("runtime/containers/auth.json", accounts({ "a.example": "other" }));
    write(".docker/config.json", accounts({ "a.example": "docker" }));
    const env = { ...places.env, REGISTRY_AUTH_FILE: write("named.json", accounts({ "b.example": "me" })) };
    const find = defaultCredentials({ ...places, env });
    expect([await find("a.example", {}), await find("b.example", {})]).toEqual([undefined, me]);
  });

  it("trap 23: may be for a path: the longest that fits the repository counts", async () => {
    const { places, write } = createHome();
    write(
      "runtime/containers/auth.json",
      accounts({ "a.example": "host", "a.example/team": "team", "a.example/team/app": "app" }),
    );
    const find = podmanCredentials(places);
    const users = ["team/app", "team/application", "team/app/x", "teams", undefined].map(
      async (repository) => {
        const found = await find("a.example", { repository });
        return found !== undefined && "username" in found ? found.username : undefined;
      },
    );
    expect(await Promise.all(users)).toEqual(["app", "team", "app", "host", "host"]);
  });
});

describe("the accounts in variables", () => {
  it("are for the host that OCILAYOUT_REGISTRY names, and for no other", async () => {
    const find = environmentCredentials({
      env: { OCILAYOUT_REGISTRY: "a.example:5000", OCILAYOUT_USERNAME: "me", OCILAYOUT_PASSWORD: "secret" },
    });
    expect([await find("a.example:5000", {}), await find("a.example", {})]).toEqual([me, undefined]);
    for (const [name, member] of [
      ["OCILAYOUT_IDENTITY_TOKEN", "identityToken"],
      ["OCILAYOUT_REGISTRY_TOKEN", "registryToken"],
    ] as const)
      expect(
        await environmentCredentials({ env: { OCILAYOUT_REGISTRY: "docker.io", [name]: "t" } })(
          "docker.io",
          {},
        ),
      ).toEqual({
        [member]: "t",
      });
  });

  it("are an error if they are incomplete", async () => {
    for (const env of [
      { OCILAYOUT_PASSWORD: "hidden" },
      { OCILAYOUT_REGISTRY: "a.example", OCILAYOUT_PASSWORD: "hidden" },
      { OCILAYOUT_REGISTRY: "a.example", OCILAYOUT_REGISTRY_TOKEN: "hidden\n" },
      { DOCKER_AUTH_CONFIG: "hidden" },
    ])
      await expect(environmentCredentials({ env })("a.example", {})).rejects.toMatchObject({
        code: "UNAUTHORIZED",
        message: expect.not.stringContaining("hidden") as string,
      });
    expect(
      await environmentCredentials({ env: { OCILAYOUT_USERNAME: "me" } })("a.example", {}),
    ).toBeUndefined();
  });

  it("may be the text of a config.json in DOCKER_AUTH_CONFIG", async () => {
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify(accounts({ "a.example": "me" })) };
    expect(await environmentCredentials({ env })("a.example", {})).toEqual(me);
  });
});

describe("the usual accounts", () => {
  it("are those of variables, then of podman, then of Docker", async () => {
    const { places, write } = createHome();
    write(
      ".docker/config.json",
      accounts({ "a.example": "docker", "b.example": "docker", "c.example": "docker" }),
    );
    write(".config/containers/auth.json", accounts({ "a.example": "podman", "b.example": "podman" }));
    const env = { ...places.env, DOCKER_AUTH_CONFIG: JSON.stringify(accounts({ "a.example": "variable" })) };
    const find = defaultCredentials({ ...places, env });
    const users = ["a.example", "b.example", "c.example", "d.example"].map(async (host) => find(host, {}));
    expect((await Promise.all(users)).map((found) => found && "username" in found && found.username)).toEqual(
      ["variable", "podman", "docker", undefined],
    );
  });

  it("are missing outside Node", async () => {
    for (const source of [
      web.defaultCredentials,
      web.dockerCredentials,
      web.environmentCredentials,
      web.podmanCredentials,
    ])
      expect(await source()("a.example", {})).toBeUndefined();
    await expect(web.storeCredentials("a.example", me)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await expect(web.eraseCredentials("a.example")).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});

describe("sources", () => {
  it("can be a fixed value for one host, and several in turn", async () => {
    const find = firstOf(
      fixedCredentials("a.example", me),
      fixedCredentials("b.example", { registryToken: "t" }),
    );
    expect([await find("a.example", {}), await find("b.example", {}), await find("c.example", {})]).toEqual([
      me,
      { registryToken: "t" },
      undefined,
    ]);
    expect(() => fixedCredentials("a.example", { registryToken: "a b" })).toThrow(TypeError);
  });
});
