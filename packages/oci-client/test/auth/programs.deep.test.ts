import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { describe, expect, it } from "vitest";

import { defaultCredentials } from "../../src/auth/node/default-credentials.ts";
import { eraseCredentials, storeCredentials } from "../../src/auth/node/store-credentials.ts";
import { reply, scriptedServer } from "../scripted-server.ts";
import { createHome } from "./files.ts";
import { basic } from "./helpers.ts";

const run = promisify(execFile);
const me = { username: "me", password: "secret" };

function has(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    if (process.env["OCILAYOUT_CI"] !== undefined)
      throw new Error(`${program} is not installed, but CI needs it`);
    console.info(`skipped: the accounts of ${program}, because ${program} is not installed`);
    return false;
  }
}

/** Starts a registry with the user `me`. Returns its host. */
async function startRegistry(): Promise<string> {
  const { origin } = await scriptedServer((request, response) =>
    request.headers.authorization === basic("me:secret")
      ? reply(200, "{}")(request, response)
      : reply(401, "{}", { "www-authenticate": "Basic realm=test" })(request, response),
  );
  return origin.host;
}

const programs = ["skopeo", "buildah", "podman"].map((program) => ({ program, isMissing: !has(program) }));

describe.each(programs)("the accounts of $program", ({ program, isMissing }) => {
  it.skipIf(isMissing)("are read, erased and stored so that the program knows them", async () => {
    const { places, home } = createHome({ PATH: process.env["PATH"] ?? "" });
    const file = join(home, "auth.json");
    const env = { ...places.env, HOME: home, REGISTRY_AUTH_FILE: file };
    const options = { ...places, env };
    const host = await startRegistry();
    const call = async (...args: string[]): Promise<string> =>
      (await run(program, args, { env })).stdout.trim();
    await call("login", "--tls-verify=false", "-u", "me", "-p", "secret", host);
    await call("login", "--tls-verify=false", "-u", "me", "-p", "secret", `${host}/team`);
    const written = readFileSync(file, "utf8");
    expect(await defaultCredentials(options)(host, { repository: "team/app" })).toEqual(me);
    expect(await eraseCredentials(host, options)).toBe(true);
    expect(await defaultCredentials(options)(host, {})).toBeUndefined();
    expect(await defaultCredentials(options)(host, { repository: "team/app" })).toEqual(me);
    expect(await storeCredentials(host, me, options)).toBe("file");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(written));
    expect(await call("login", "--get-login", host)).toBe("me");
    await call("logout", host);
    expect(await defaultCredentials(options)(host, {})).toBeUndefined();
  });
});
