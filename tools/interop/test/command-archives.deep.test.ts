import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";

import { ocilayout } from "./command.ts";
import { startDockerd } from "./daemons.ts";
import { buildImage } from "./images.ts";
import { dockerIn, has, skopeoIn, storageIn, type Run } from "./programs.ts";
import { writeSource } from "./serving.ts";

const here = { skopeo: has("skopeo"), podman: has("podman") };
const dockerd = await startDockerd();
afterAll(async () => dockerd?.[Symbol.asyncDispose]());

const one = buildImage("one");
const digest = one.config.descriptor.digest;
let cwd: string;
const at = (name: string): string => join(cwd, name);

beforeEach(async () => {
  const directory = (cwd = mkdtempSync(join(tmpdir(), "interop-")));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  await writeSource(cwd);
  await command("copy", `${at("source")}:v1`, `${at("images")}//team/app:v1`);
});

async function command(...args: Parameters<typeof ocilayout>): Promise<string> {
  const { code, stdout, stderr } = await ocilayout(...args);
  if (code !== 0) throw new Error(`ocilayout exited with ${code}: ${stderr}`);
  return stdout;
}

const save = async (...options: readonly string[]): Promise<string> =>
  command("save", `${at("images")}/team/app:v1`, "--output", at("saved.tar"), ...options);

/** Returns the digest of the config of the image that `load` made of an archive. */
async function loaded(layout: string): Promise<unknown> {
  const [repository] = (await command("ls", at(layout))).split("  ");
  const inspected = await command("show", `${at(layout)}/${repository ?? ""}:v1`, "--json");
  const { nodes } = JSON.parse(inspected) as { nodes: readonly { role: string; digest: string }[] };
  return nodes.find(({ role }) => role === "config")?.digest;
}

describe.skipIf(dockerd === undefined)("docker", () => {
  let docker: Run;
  beforeEach(() => {
    docker = dockerIn(cwd, dockerd?.socket ?? "");
  });

  it.each(["docker", "both"])("loads what save writes as %s", async (format) => {
    await save("--format", format);
    expect(await docker("load", "--input", "saved.tar")).toMatch(/Loaded image: team\/app:v1/);
    const [image] = JSON.parse(await docker("image", "inspect", "team/app:v1")) as unknown[];
    expect(image).toMatchObject({ Id: digest, RootFS: { Layers: one.diffIds } });
    await docker("image", "rm", "team/app:v1");
  });

  it("saves what load reads, from a file and from a pipe", async () => {
    await save();
    await docker("load", "--input", "saved.tar");
    await docker("save", "--output", "docker.tar", "team/app:v1");
    await command("load", at("docker.tar"), at("file"));
    await command({ stdin: readFileSync(at("docker.tar")) }, "load", "-", at("pipe"));
    for (const layout of ["file", "pipe"]) expect(await loaded(layout)).toBe(digest);
    await docker("image", "rm", "team/app:v1");
  });
});

describe.skipIf(!here.podman)("podman", () => {
  it.each(["oci", "docker", "both"])(
    "loads what save writes as %s, and saves what load reads",
    async (format) => {
      await save("--format", format);
      const podman = storageIn(cwd, "podman");
      expect(await podman("load", "--input", "saved.tar")).toMatch(/Loaded image/);
      const [id, name = ""] = (
        await podman("images", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}")
      )
        .trim()
        .split(" ");
      expect({ id, name }).toEqual({ id: digest, name: "localhost/team/app:v1" });
      await podman("save", "--quiet", "--format", "docker-archive", "--output", "podman.tar", name);
      await command("load", at("podman.tar"), at("loaded"));
      expect(await loaded("loaded")).toBe(digest);
    },
  );
});

describe.skipIf(!here.skopeo)("skopeo", () => {
  it("reads what save writes as both kinds of archive, and writes both, which load reads", async () => {
    await save();
    const skopeo = skopeoIn(cwd);
    expect(await skopeo("inspect", "--raw", "oci-archive:saved.tar")).toBe(one.bytes.toString());
    for (const kind of ["oci-archive", "docker-archive"]) {
      await skopeo("copy", `${kind}:saved.tar`, `${kind}:${kind}.tar:team/app:v1`);
      await command("load", at(`${kind}.tar`), at(kind));
      expect(await loaded(kind)).toBe(digest);
    }
  });
});
