import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { readCertificates } from "../src/places/certificates.ts";
import { lines, ocilayout } from "./command.ts";
import { startRegistry } from "./images.ts";

let directory: string;
beforeEach(() => {
  directory = temporaryDirectory();
  vi.stubEnv("HOME", directory);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("registries.conf", () => {
  function configure(text: string): void {
    const file = join(directory, "registries.conf");
    writeFileSync(file, text);
    vi.stubEnv("CONTAINERS_REGISTRIES_CONF", file);
  }

  it("names the mirror that is read, and that is never written or believed before a change", async () => {
    const [layout, host, mirror] = [join(directory, "images"), await startRegistry(), await startRegistry()];
    await lines("init", `${layout}//app:v1`, "--platform", "linux/amd64");
    await lines("copy", `${layout}/app:v1`, `${mirror}/hub/app:v1`);
    configure(`[[registry]]\nlocation = "${host}"\n[[registry.mirror]]\nlocation = "${mirror}/hub"\n`);
    expect(await lines("digest", `${host}/app:v1`)).toEqual(await lines("digest", `${layout}/app:v1`));
    const tagged = await ocilayout("tag", `${host}/app:v1`, "v2");
    expect(tagged).toMatchObject({ code: 1, stdout: "" });
    expect(tagged.stderr).toMatch(/^ocilayout: MANIFEST_UNKNOWN: /);
    await lines("copy", `${layout}/app:v1`, `${host}/other:v1`);
    expect(await lines("ls", `docker://${mirror}`)).toEqual(["hub/app  1 tag"]);
  });

  it("blocks a host for reading and for writing, before anything is sent", async () => {
    configure('[[registry]]\nlocation = "registry.invalid"\nblocked = true\n');
    for (const words of [
      ["ls", "docker://registry.invalid"],
      ["tag", "registry.invalid/app:v1", "v2"],
    ])
      expect(await ocilayout(...words)).toMatchObject({
        code: 1,
        stderr: "ocilayout: DENIED: registries.conf blocks this host\n",
      });
  });
});

describe("certificates for a registry", () => {
  const pem = (name: string): string => `-----BEGIN ${name}-----\n`;
  const read = async (certDir?: string, caFile?: string): ReturnType<typeof readCertificates> =>
    readCertificates("registry.example:5000", { certDir, caFile });
  function write(place: string, ...names: readonly string[]): string {
    const at = join(directory, place);
    mkdirSync(at, { recursive: true });
    for (const name of names) writeFileSync(join(at, name), pem(name));
    return at;
  }

  it("come from a directory, and from a file of authorities", async () => {
    const at = write("certs", "a.crt", "b.crt", "client.cert", "client.key", "notes.txt", "other.pem");
    expect(await read(at)).toEqual({
      ca: [pem("a.crt"), pem("b.crt")],
      cert: pem("client.cert"),
      key: pem("client.key"),
    });
    expect(await read(at, join(at, "other.pem"))).toMatchObject({
      ca: [pem("other.pem"), pem("a.crt"), pem("b.crt")],
      cert: pem("client.cert"),
    });
  });

  it("come from the directory that podman uses for that host, unless --cert-dir names another", async () => {
    write(".config/containers/certs.d/registry.example:5000", "ca.crt");
    const other = write("other", "other.crt");
    expect(await read()).toEqual({ ca: [pem("ca.crt")] });
    expect(await read(other)).toEqual({ ca: [pem("other.crt")] });
    expect(await readCertificates("registry.example", {})).toBeUndefined();
  });

  it.each([
    ["a certificate without its key", ["client.cert"], "client.key is missing"],
    ["a key without its certificate", ["client.key"], "client.cert is missing"],
  ])("are an error for %s", async (_what, names, reason) => {
    await expect(read(write("certs", ...names))).rejects.toThrow(reason);
  });

  it("are an error if a file is too large, is not a file, or has no PEM, and nothing is sent", async () => {
    const at = write("certs", "a.crt");
    writeFileSync(join(at, "a.crt"), `${pem("x")}${"x".repeat(1024 * 1024)}`);
    await expect(read(at)).rejects.toThrow("larger than 1048576 bytes");
    writeFileSync(join(at, "a.crt"), "hello");
    const place = ["tags", "registry.invalid/app"];
    const failed = await ocilayout(...place, "--cert-dir", at);
    expect(failed.stderr).toMatch(/^ocilayout: STORAGE_FAILED: cannot use ".*a\.crt": it has no certificate/);
    await expect(read(undefined, at)).rejects.toThrow("not a regular file");
    expect((await ocilayout(...place, "--ca-file", join(at, "absent"))).stderr).toMatch(
      /^ocilayout: cannot open ".*absent": no such file or directory\n$/,
    );
  });
});
