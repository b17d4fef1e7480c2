import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { makeAuthority, type Authority } from "./authority.ts";
import { ocilayout } from "./command.ts";
import { startDistribution, type Distribution } from "./distribution.ts";
import { has, skopeoIn, type Run } from "./programs.ts";
import { multi, writeSource } from "./serving.ts";

const isHere = [has("skopeo"), has("docker-registry"), has("openssl")].every(Boolean);
const account = { username: "interop", password: "interop password" };
/** The password, as `htpasswd -B` writes it. */
const HTPASSWD = "interop:$2b$05$cwwtu1NQW7Cemh.4sJ3stOX6ftzXfAP4FEZ66xEKXxzHBjdDuWB.i\n";

describe.skipIf(!isHere)("the command with docker-registry over TLS with htpasswd", () => {
  let cwd: string;
  let authority: Authority;
  let registry: Distribution;
  let skopeo: Run;
  let trust: readonly string[];
  const at = (name: string): string => join(cwd, name);
  const before = process.env["DOCKER_CONFIG"];

  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), "interop-"));
    for (const name of ["authority", "trust", "docker"]) mkdirSync(at(name));
    authority = makeAuthority(at("authority"));
    // Programs take a key in this directory for that of a client.
    writeFileSync(at("trust/ca.crt"), authority.ca);
    writeFileSync(at("htpasswd"), HTPASSWD);
    const auth = { htpasswd: { realm: "interop", path: at("htpasswd") } };
    registry = await startDistribution({ tls: authority, auth });
    skopeo = skopeoIn(cwd);
    trust = [`--cert-dir=${at("trust")}`, `--creds=${account.username}:${account.password}`];
    await writeSource(cwd);
    process.env["DOCKER_CONFIG"] = at("docker");
  });
  afterAll(async () => {
    if (before === undefined) delete process.env["DOCKER_CONFIG"];
    else process.env["DOCKER_CONFIG"] = before;
    await registry[Symbol.asyncDispose]();
    rmSync(cwd, { recursive: true, force: true });
  });

  async function command(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await ocilayout(...args, "--ca-file", at("trust/ca.crt"));
    if (code !== 0) throw new Error(`ocilayout ${args.join(" ")}: ${code}: ${stderr}`);
    return stdout;
  }

  /** Returns the digest that skopeo sees. */
  async function theirs(place: string, ...flags: readonly string[]): Promise<string> {
    const raw = await skopeo("inspect", "--raw", ...flags, place);
    return (await import("node:crypto")).createHash("sha256").update(raw).digest("hex");
  }

  it("copies registry to layout to archive to registry, and skopeo sees the same bytes at each stage", async () => {
    const hex = multi.descriptor.digest.slice("sha256:".length);
    expect((await ocilayout("tags", `${registry.host}/app`, "--ca-file", at("trust/ca.crt"))).stderr).toMatch(
      /^ocilayout: UNAUTHORIZED: /,
    );
    const login = ["login", registry.host, "--username", account.username, "--password-stdin"];
    await commandWith(account.password, ...login);
    const [first, last] = [`docker://${registry.host}/app:multi`, `docker://${registry.host}/again:multi`];
    await skopeo(
      "copy",
      "--all",
      `--dest-cert-dir=${at("trust")}`,
      `--dest-creds=${account.username}:${account.password}`,
      "oci:source:multi",
      first,
    );
    await command("copy", first, `${at("layout")}/default:multi`);
    expect(await theirs(`oci:${at("layout")}:multi`)).toBe(hex);
    await command("copy", `${at("layout")}:multi`, `${at("app.tar")}:app:multi`);
    expect(await theirs(`oci-archive:${at("app.tar")}`)).toBe(hex);
    await command("copy", `${at("app.tar")}:app:multi`, last);
    expect(await theirs(last, ...trust)).toBe(hex);
    expect(await command("tags", `${registry.host}/again`)).toContain(multi.descriptor.digest);
  });

  async function commandWith(password: string, ...args: readonly string[]): Promise<void> {
    const { code, stderr } = await ocilayout({ stdin: password }, ...args, "--ca-file", at("trust/ca.crt"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  }
});

describe.skipIf(!isHere)("the command with a registry that asks for the certificate of the client", () => {
  it("uses the same directory as skopeo, and certs.d/HOST without an option", async () => {
    const cwd = mkdtempSync(join(tmpdir(), "interop-"));
    const home = process.env["HOME"];
    const [certificates, hosts] = [join(cwd, "certificates"), join(cwd, ".config/containers/certs.d")];
    for (const name of ["authority", "certificates", ".config/containers/certs.d"])
      mkdirSync(join(cwd, name), { recursive: true });
    const { ca, certificate, key, issueClient } = makeAuthority(join(cwd, "authority"));
    issueClient(certificates);
    writeFileSync(join(certificates, "ca.crt"), ca);
    const clientcas = [join(cwd, "authority/ca.crt")];
    const registry = await startDistribution({ tls: { certificate, key, clientcas } });
    try {
      process.env["HOME"] = cwd;
      await writeSource(cwd);
      const [source, place] = [`${join(cwd, "source")}:v1`, `${registry.host}/app:v1`];
      const refused = await ocilayout("copy", source, place, "--ca-file", join(certificates, "ca.crt"));
      expect(refused).toMatchObject({ code: 1, stdout: "" });
      expect((await ocilayout("copy", source, place, "--cert-dir", certificates)).stderr).toBe("");
      const skopeo = skopeoIn(cwd);
      await skopeo("copy", `--src-cert-dir=${certificates}`, `docker://${place}`, "oci:copied:v1");
      // The directory of podman and skopeo for that host.
      renameSync(certificates, join(hosts, registry.host));
      const found = await ocilayout("digest", place);
      expect(found).toEqual(await ocilayout("digest", `${join(cwd, "copied")}:v1`));
      expect(found.stdout).toMatch(/^sha256:/);
    } finally {
      process.env["HOME"] = home;
      await registry[Symbol.asyncDispose]();
      rmSync(cwd, { recursive: true, force: true });
    }
  });
});
