import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { openArchive, writeArchive, type OpenArchiveOptions } from "@ocilayout/layout-archive";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import type { ImageManifest, Registry } from "@ocilayout/oci-types";
import { collect } from "@ocilayout/oci-types";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";

import { startContainerd, startDockerd } from "./daemons.ts";
import {
  buildArtifact,
  buildImage,
  buildIndex,
  digestOf,
  otherPlatform,
  pushImage,
  pushManifest,
} from "./images.ts";
import { ctrIn, dockerIn, has, skopeoIn, storageIn, tarIn, type Run } from "./programs.ts";

const one = buildImage("one");
const two = buildImage("two");
const foreign = buildImage("foreign", otherPlatform);
const multi = buildIndex(foreign, one);
const formats = ["oci", "docker", "both"] as const;

const here = { skopeo: has("skopeo"), podman: has("podman"), buildah: has("buildah") };
const dockerd = await startDockerd();
const containerd = await startContainerd();
afterAll(async () => {
  await dockerd?.[Symbol.asyncDispose]();
  await containerd?.[Symbol.asyncDispose]();
});

function directory(): string {
  const cwd = mkdtempSync(join(tmpdir(), "interop-"));
  onTestFinished(() => {
    rmSync(cwd, { recursive: true, force: true });
  });
  return cwd;
}

/** Returns a registry with images, an index of two platforms, and an artifact that refers to an image. */
async function images(): Promise<Registry> {
  const registry = createMemoryRegistry();
  await pushImage(registry, "team/app", one, "v1");
  await pushImage(registry, "team/app", two, "v2");
  await pushImage(registry, "team/app", foreign);
  await pushManifest(registry, "team/app", multi, "multi");
  await pushImage(registry, "team/app", buildArtifact("signature", one.descriptor));
  return registry;
}

/** Writes `archive.tar` with the image `team/app:v1` under a name. */
async function writeOne(
  cwd: string,
  format: (typeof formats)[number],
  name = "docker.io/team/app:v1",
): Promise<void> {
  const registry = await images();
  const place = { registry, repository: "team/app", reference: "v1", name };
  await writeArchive(join(cwd, "archive.tar"), [place], { format });
}

/** The content of an archive. */
interface Read {
  /** The tags by repository. */
  readonly tags: Record<string, string[]>;
  /** The digests of the configs of images. */
  readonly configs: string[];
  readonly manifests: string[];
}

/** Reads an archive whole, and verifies everything in it. */
async function readAll(cwd: string, name: string, options?: OpenArchiveOptions): Promise<Read> {
  const archive = await openArchive(join(cwd, name), options);
  try {
    const read: Read = { tags: {}, configs: [], manifests: [] };
    for (const repository of await collect(archive.repositories())) {
      read.tags[repository] = await collect(archive.tags(repository));
      for await (const { descriptor } of archive.manifests(repository)) {
        const bytes = await (await archive.getManifest(repository, descriptor.digest)).bytes();
        expect(digestOf(bytes)).toBe(descriptor.digest);
        if (!read.manifests.includes(descriptor.digest)) read.manifests.push(descriptor.digest);
        const document = JSON.parse(Buffer.from(bytes).toString()) as Partial<ImageManifest>;
        if (document.config === undefined) continue;
        for (const part of [document.config, ...(document.layers ?? [])]) {
          const content = await (await archive.getBlob(repository, part.digest)).bytes();
          expect(content.length).toBe(part.size);
          expect(digestOf(content)).toBe(part.digest);
        }
        if (!read.configs.includes(document.config.digest)) read.configs.push(document.config.digest);
      }
    }
    return read;
  } finally {
    await archive.close();
  }
}

const fixtures = join(import.meta.dirname, "../../../packages/layout-core/test/fixtures");

describe.skipIf(!here.skopeo)("openArchive and skopeo", () => {
  it.each([
    "buildx-0.29.1-docker-tar",
    "crane-0.21.10-tarball",
    "ctr-2.1.9-export-all-platforms",
    "docker-28.5.2-save-classic",
    "docker-28.5.2-save-containerd",
    "regctl-main-export",
  ])("make the same manifest of the Docker archive %s", async (name) => {
    const skopeo = skopeoIn(directory());
    const raw = await skopeo("inspect", "--raw", `docker-archive:${join(fixtures, name, "layout.tar")}`);
    const { manifests } = await readAll(join(fixtures, name), "layout.tar", { format: "docker" });
    expect(manifests).toEqual([digestOf(Buffer.from(raw))]);
  });

  it("both reject an archive of Docker before version 1.10", async () => {
    const cwd = directory();
    const id = "0".repeat(64);
    mkdirSync(join(cwd, id));
    writeFileSync(join(cwd, id, "VERSION"), "1.0");
    writeFileSync(join(cwd, id, "json"), JSON.stringify({ id, os: "linux", architecture: "amd64" }));
    writeFileSync(join(cwd, id, "layer.tar"), new Uint8Array(1024));
    writeFileSync(join(cwd, "repositories"), JSON.stringify({ app: { v1: id } }));
    await tarIn(cwd)("-cf", "old.tar", id, "repositories");
    await expect(skopeoIn(cwd)("inspect", "--raw", "docker-archive:old.tar")).rejects.toThrow(
      "manifest.json",
    );
    await expect(openArchive(join(cwd, "old.tar"))).rejects.toMatchObject({ code: "ARCHIVE_INVALID" });
  });

  it("agree about archives that skopeo writes", async () => {
    const cwd = directory();
    const skopeo = skopeoIn(cwd);
    await writeOne(cwd, "oci");
    await skopeo("copy", "oci-archive:archive.tar:v1", "oci-archive:oci.tar:v1");
    await skopeo("copy", "oci-archive:archive.tar:v1", "docker-archive:docker.tar:team/app:v1");
    const oci = await readAll(cwd, "oci.tar");
    expect(oci).toEqual({
      tags: { default: ["v1"] },
      configs: [one.config.descriptor.digest],
      manifests: [one.descriptor.digest],
    });
    const docker = await readAll(cwd, "docker.tar");
    expect(docker.tags).toEqual({ "docker.io/team/app": ["v1"] });
    expect(docker.configs).toEqual([one.config.descriptor.digest]);
    expect(docker.manifests).toEqual([
      digestOf(Buffer.from(await skopeo("inspect", "--raw", "docker-archive:docker.tar"))),
    ]);
  });
});

describe.skipIf(!here.skopeo)("writeArchive and skopeo", () => {
  it.each(["oci", "both"] as const)("skopeo reads the format %s byte for byte", async (format) => {
    const cwd = directory();
    const skopeo = skopeoIn(cwd);
    await writeOne(cwd, format);
    expect(await skopeo("inspect", "--raw", "oci-archive:archive.tar:v1")).toBe(one.bytes.toString());
    await skopeo("copy", "oci-archive:archive.tar:v1", "dir:copied");
    for (const { descriptor, bytes } of [one.config, ...one.layers])
      expect(readFileSync(join(cwd, "copied", descriptor.digest.slice("sha256:".length)))).toEqual(bytes);
  });

  it.each(["docker", "both"] as const)("skopeo reads the format %s as a Docker archive", async (format) => {
    const cwd = directory();
    const skopeo = skopeoIn(cwd);
    await writeOne(cwd, format);
    const raw = await skopeo("inspect", "--raw", "docker-archive:archive.tar:docker.io/team/app:v1");
    const { manifests } = await readAll(cwd, "archive.tar", { format: "docker" });
    expect(manifests).toEqual([digestOf(Buffer.from(raw))]);
    await skopeo("copy", "docker-archive:archive.tar", "oci:copied:v1");
  });

  it("skopeo copies an index of several platforms with all of them", async () => {
    const cwd = directory();
    const registry = await images();
    await writeArchive(join(cwd, "archive.tar"), [{ registry, repository: "team/app", reference: "multi" }]);
    const skopeo = skopeoIn(cwd);
    await skopeo("copy", "--all", "oci-archive:archive.tar:multi", "oci:copied:multi");
    expect(readdirSync(join(cwd, "copied/blobs/sha256")).length).toBe(8);
    expect(await skopeo("inspect", "--raw", "oci:copied:multi")).toBe(multi.bytes.toString());
  });

  it("skopeo finds each of several images by its tag, beside referrers", async () => {
    const cwd = directory();
    const registry = await images();
    const places = ["v1", "v2"].map((reference) => ({ registry, repository: "team/app", reference }));
    await writeArchive(join(cwd, "archive.tar"), places, { referrers: true });
    const skopeo = skopeoIn(cwd);
    expect(await skopeo("inspect", "--raw", "oci-archive:archive.tar:v1")).toBe(one.bytes.toString());
    expect(await skopeo("inspect", "--raw", "oci-archive:archive.tar:v2")).toBe(two.bytes.toString());
  });
});

describe.each(["podman", "buildah"] as const)("%s", (name) => {
  const runs = it.skipIf(!here[name]);

  runs.each([
    ["oci", "oci-archive:archive.tar"],
    ["both", "oci-archive:archive.tar"],
    ["docker", "docker-archive:archive.tar"],
    ["both", "docker-archive:archive.tar"],
  ] as const)("pulls from the format %s as %s", async (format, reference) => {
    const cwd = directory();
    await writeOne(cwd, format);
    const run = storageIn(cwd, name);
    expect(`sha256:${(await run("pull", "--quiet", reference)).trim()}`).toBe(one.config.descriptor.digest);
  });

  runs("pushes archives that openArchive reads", async () => {
    const cwd = directory();
    await writeOne(cwd, "oci");
    const run = storageIn(cwd, name);
    const id = (await run("pull", "--quiet", "oci-archive:archive.tar")).trim();
    await run("push", id, "oci-archive:oci.tar:team/app:v1");
    await run("push", id, "docker-archive:docker.tar:team/app:v1");
    const oci = await readAll(cwd, "oci.tar");
    expect(oci.tags).toEqual({ "team/app": ["v1"] });
    expect(oci.configs).toEqual([one.config.descriptor.digest]);
    const docker = await readAll(cwd, "docker.tar");
    expect(docker.tags).toEqual({ "docker.io/team/app": ["v1"] });
    expect(docker.configs).toEqual([one.config.descriptor.digest]);
  });
});

describe.skipIf(!here.podman)("podman", () => {
  it.each(formats)("loads the format %s with its name", async (format) => {
    const cwd = directory();
    await writeOne(cwd, format);
    const podman = storageIn(cwd, "podman");
    await podman("load", "--quiet", "--input", "archive.tar");
    expect(await podman("images", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}")).toBe(
      `${one.config.descriptor.digest} docker.io/team/app:v1\n`,
    );
  });

  it("saves images in both formats, which openArchive reads", async () => {
    const cwd = directory();
    const registry = await images();
    const places = ["v1", "v2"].map((reference) => ({ registry, repository: "team/app", reference }));
    await writeArchive(join(cwd, "archive.tar"), places, { format: "docker" });
    const podman = storageIn(cwd, "podman");
    await podman("load", "--quiet", "--input", "archive.tar");
    const listed = (await podman("images", "--format", "{{.Repository}}:{{.Tag}}")).trim().split("\n");
    expect(listed.length).toBe(2);
    await podman("save", "--quiet", "--format", "oci-archive", "--output", "oci.tar", listed[0] ?? "");
    await podman("save", "--quiet", "-m", "--output", "docker.tar", ...listed);
    // podman writes another config for an image of Docker that it saves as one of OCI.
    expect((await readAll(cwd, "oci.tar")).configs.length).toBe(1);
    const { configs, tags } = await readAll(cwd, "docker.tar");
    expect(configs.sort()).toEqual([one, two].map(({ config }) => config.descriptor.digest).sort());
    expect(Object.values(tags)).toEqual([["v1", "v2"]]);
  });
});

describe.skipIf(dockerd === undefined)("docker", () => {
  function run(cwd: string): Run {
    return dockerIn(cwd, dockerd?.socket ?? "");
  }

  it.each(["docker", "both"] as const)(
    "loads the format %s, and openArchive reads what it saves",
    async (format) => {
      const cwd = directory();
      await writeOne(cwd, format, `docker.io/team/${format}:v1`);
      const docker = run(cwd);
      await docker("load", "--quiet", "--input", "archive.tar");
      const [inspected] = JSON.parse(await docker("image", "inspect", `team/${format}:v1`)) as unknown[];
      expect(inspected).toMatchObject({ Id: one.config.descriptor.digest, RootFS: { Layers: one.diffIds } });
      await docker("save", "--output", "saved.tar", `team/${format}:v1`);
      // Docker before version 25 saves no layout.
      for (const reading of [undefined, "docker"] as const) {
        const { configs, tags } = await readAll(cwd, "saved.tar", { format: reading });
        expect(configs).toEqual([one.config.descriptor.digest]);
        expect(Object.values(tags)).toEqual([["v1"]]);
      }
    },
  );

  it("loads several images, of which an index has the one for this machine", async () => {
    const cwd = directory();
    const registry = await images();
    const named = (reference: string, name: string) => ({
      registry,
      repository: "team/app",
      reference,
      name,
    });
    await writeArchive(
      join(cwd, "archive.tar"),
      [named("multi", "team/several:multi"), named("v2", "team/several:v2")],
      {
        format: "both",
      },
    );
    const docker = run(cwd);
    await docker("load", "--quiet", "--input", "archive.tar");
    const ids = await docker(
      "image",
      "inspect",
      "--format",
      "{{.Id}}",
      "team/several:multi",
      "team/several:v2",
    );
    expect(ids.trim().split("\n")).toEqual([one, two].map(({ config }) => config.descriptor.digest));
  });

  it("saves an archive that openArchive reads compressed, too", async () => {
    const cwd = directory();
    await writeOne(cwd, "docker", "team/compressed:v1");
    const docker = run(cwd);
    await docker("load", "--quiet", "--input", "archive.tar");
    await docker("save", "--output", "saved.tar", "team/compressed:v1");
    writeFileSync(join(cwd, "saved.tar.gz"), gzipSync(readFileSync(join(cwd, "saved.tar"))));
    expect(await readAll(cwd, "saved.tar.gz")).toEqual(await readAll(cwd, "saved.tar"));
  });
});

describe.skipIf(containerd === undefined)("ctr", () => {
  function run(cwd: string): Run {
    return ctrIn(cwd, containerd?.socket ?? "");
  }

  it.each(formats)("imports the format %s, and openArchive reads what it exports", async (format) => {
    const cwd = directory();
    const name = `docker.io/team/${format}:v1`;
    await writeOne(cwd, format, name);
    const ctr = run(cwd);
    await ctr("images", "import", "--local", "archive.tar").catch(() =>
      ctr("images", "import", "archive.tar"),
    );
    const listed = (await ctr("images", "ls")).split("\n").find((line) => line.startsWith(name));
    // From the format docker, containerd makes a manifest of its own.
    if (format !== "docker") expect(listed).toContain(one.descriptor.digest);
    await ctr("images", "export", "exported.tar", name);
    const { configs, manifests } = await readAll(cwd, "exported.tar");
    expect(configs).toEqual([one.config.descriptor.digest]);
    if (format !== "docker") expect(manifests).toEqual([one.descriptor.digest]);
  });

  it("imports an index with all platforms, and exports it byte for byte", async () => {
    const cwd = directory();
    const registry = await images();
    const name = "docker.io/team/platforms:multi";
    await writeArchive(join(cwd, "archive.tar"), [
      { registry, repository: "team/app", reference: "multi", name },
    ]);
    const ctr = run(cwd);
    await ctr("images", "import", "--all-platforms", "archive.tar");
    await ctr("images", "export", "--all-platforms", "exported.tar", name);
    const { manifests, tags } = await readAll(cwd, "exported.tar");
    expect(tags).toEqual({ "docker.io/team/platforms": ["multi"] });
    expect(manifests.sort()).toEqual([multi, one, foreign].map(({ descriptor }) => descriptor.digest).sort());
  });
});

describe("GNU tar", () => {
  it("makes an archive of a directory that openArchive reads, and unpacks what writeArchive writes", async () => {
    const cwd = directory();
    await writeOne(cwd, "both");
    mkdirSync(join(cwd, "unpacked"));
    const tar = tarIn(cwd);
    await tar("-xf", "archive.tar", "-C", "unpacked");
    await tar("-cf", "again.tar", "-C", "unpacked", ".");
    expect(await readAll(cwd, "again.tar")).toEqual(await readAll(cwd, "archive.tar"));
  });
});
