import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { collect, dockerMediaTypes } from "@ocilayout/oci-types";
import { afterAll, describe, expect, it } from "vitest";

import { startContainerd, startDockerd } from "./daemons.ts";
import { pushImage } from "./images.ts";
import { cosignIn, ctrIn, dockerIn, has, skopeoIn, storageIn, tarIn, type Run } from "./programs.ts";
import { expectReadable, indexOf } from "./readable.ts";
import {
  contentsOf,
  expectBlobs,
  foreign,
  one,
  pushMulti,
  serveRegistry,
  writeSource,
  type Served,
} from "./serving.ts";

const here = { podman: has("podman"), buildah: has("buildah"), skopeo: has("skopeo"), cosign: has("cosign") };
const dockerd = await startDockerd();
const containerd = await startContainerd();
afterAll(async () => {
  await dockerd?.[Symbol.asyncDispose]();
  await containerd?.[Symbol.asyncDispose]();
});

/** Serves images to pull at 127.0.0.1: `app:v1` and the index `app:multi`. */
async function share(): Promise<Served> {
  const served = await serveRegistry("a shared layout");
  await pushMulti(served.registry);
  await writeSource(served.cwd);
  return served;
}

/** Unpacks `NAME.tar` into the directory `NAME`. */
async function unpack(cwd: string, name: string): Promise<void> {
  mkdirSync(join(cwd, name));
  await tarIn(cwd)("-xf", `${name}.tar`, "-C", name);
}

describe.skipIf(!here.podman)("openLayout reads what podman saves", () => {
  async function pull(): Promise<Served & { readonly podman: Run }> {
    const served = await share();
    const podman = storageIn(served.cwd, "podman");
    await podman("pull", "--quiet", "--tls-verify=false", `${served.host}/app:v1`);
    return { ...served, podman };
  }

  it("as a directory, from an image of a host with a port, whose name fits no repository", async () => {
    const { cwd, host, podman } = await pull();
    await podman("save", "--quiet", "--format", "oci-dir", "--output", "saved", `${host}/app:v1`);
    await expectReadable(cwd, "saved", {
      tags: { default: [] },
      unreadableNames: [`${host}/app:v1`],
      images: [one],
    });
  });

  it("as a directory, from an image of this machine", async () => {
    const { cwd, host, podman } = await pull();
    await podman("tag", `${host}/app:v1`, "localhost/team/app:v2");
    await podman("save", "--quiet", "--format", "oci-dir", "--output", "saved", "localhost/team/app:v2");
    await expectReadable(cwd, "saved", { tags: { "localhost/team/app": ["v2"] }, images: [one] });
  });

  it("as an archive", async () => {
    const { cwd, host, podman } = await pull();
    await podman("save", "--quiet", "--format", "oci-archive", "--output", "saved.tar", `${host}/app:v1`);
    await unpack(cwd, "saved");
    await expectReadable(cwd, "saved", {
      tags: { default: [] },
      unreadableNames: [`${host}/app:v1`],
      images: [one],
    });
  });
});

describe.skipIf(!here.buildah)("openLayout reads what buildah pushes", () => {
  it("into a layout, with a tag and with the whole name", async () => {
    const { cwd, host } = await share();
    const buildah = storageIn(cwd, "buildah");
    await buildah("pull", "--quiet", "--tls-verify=false", `${host}/app:v1`);
    for (const name of ["v1", "team/app:v1", `${host}/app:v1`])
      await buildah("push", `${host}/app:v1`, `oci:pushed:${name}`);
    await expectReadable(cwd, "pushed", {
      tags: { default: ["v1"], "team/app": ["v1"] },
      unreadableNames: [`${host}/app:v1`],
      images: [one],
    });
  });
});

describe.skipIf(!here.skopeo)("openLayout reads what skopeo copies", () => {
  it.each([
    ["with a tag", ":v1", ["v1"]],
    ["without a tag", "", []],
  ])("%s", async (_, name, tags) => {
    const { cwd, host } = await share();
    await skopeoIn(cwd)("copy", "--src-tls-verify=false", `docker://${host}/app:v1`, `oci:copied${name}`);
    await expectReadable(cwd, "copied", { tags: { default: tags }, images: [one] });
  });

  it("with all images of an index", async () => {
    const { cwd, host } = await share();
    await skopeoIn(cwd)(
      "copy",
      "--all",
      "--src-tls-verify=false",
      `docker://${host}/app:multi`,
      "oci:copied:multi",
    );
    await expectReadable(cwd, "copied", { tags: { default: ["multi"] }, images: [one, foreign] });
  });

  it("into a blob directory that layouts share", async () => {
    const { cwd, host } = await share();
    for (const name of ["first", "second"]) {
      await skopeoIn(cwd)(
        "copy",
        "--src-tls-verify=false",
        "--dest-shared-blob-dir",
        "blobs",
        `docker://${host}/app:v1`,
        `oci:${name}:v1`,
      );
    }
    for (const name of ["first", "second"])
      await expectReadable(cwd, name, { tags: { default: ["v1"] }, images: [one], sharedBlobs: "blobs" });
  });

  it("out of a layout of ours whose blobs are in a shared directory", async () => {
    const { cwd } = await share();
    await using layout = await openLayout(join(cwd, "ours"), { blobDirectory: join(cwd, "blobs") });
    await pushImage(layout, "default", one, "v1");
    await expectReadable(cwd, "ours", { tags: { default: ["v1"] }, images: [one], sharedBlobs: "blobs" });
    await skopeoIn(cwd)("copy", "--src-shared-blob-dir", "blobs", "oci:ours:v1", "oci:copied:v1");
    expectBlobs(cwd, "copied", contentsOf(one));
  });

  it("into a layout of ours that shares its blobs, and keeps what was there", async () => {
    const { cwd } = await share();
    await using layout = await openLayout(join(cwd, "ours"), { blobDirectory: join(cwd, "blobs") });
    await pushImage(layout, "default", foreign, "ours");
    await skopeoIn(cwd)("copy", "--dest-shared-blob-dir", "blobs", "oci:source:v1", "oci:ours:theirs");
    await expectReadable(cwd, "ours", {
      tags: { default: ["ours", "theirs"] },
      images: [one, foreign],
      sharedBlobs: "blobs",
    });
  });
});

describe.skipIf(!here.cosign)("openLayout reads what cosign saves", () => {
  it("from a signed image: the image and its signature, both without a name", async () => {
    const { cwd, host } = await share();
    const cosign = cosignIn(cwd);
    await cosign("generate-key-pair");
    await cosign(
      "sign",
      "--yes",
      "--key",
      "cosign.key",
      "--tlog-upload=false",
      `${host}/app@${one.descriptor.digest}`,
    );
    await cosign("save", "--dir", "saved", `${host}/app@${one.descriptor.digest}`);
    await expectReadable(cwd, "saved", { tags: { default: [] }, images: [one] });
    expect(indexOf(cwd, "saved").manifests).toHaveLength(2);
  });
});

describe.skipIf(dockerd === undefined)("openLayout reads what docker saves", () => {
  it("from an image of a host with a port, and from one of Docker Hub", async () => {
    const { cwd, host } = await share();
    const docker = dockerIn(cwd, dockerd?.socket ?? "");
    await docker("pull", "--quiet", `${host}/app:v1`);
    await docker("tag", `${host}/app:v1`, "team/app:v2");
    await docker("save", "--output", "saved.tar", `${host}/app:v1`, "team/app:v2");
    await unpack(cwd, "saved");
    await expectReadable(cwd, "saved", {
      tags: { default: [], "docker.io/team/app": ["v2"] },
      unreadableNames: [`${host}/app:v1`],
      images: [one],
    });
  });

  it("from an image without a name", async () => {
    const { cwd, host } = await share();
    const docker = dockerIn(cwd, dockerd?.socket ?? "");
    await docker("pull", "--quiet", `${host}/app:v1`);
    await docker("save", "--output", "saved.tar", one.config.descriptor.digest);
    await unpack(cwd, "saved");
    await expectReadable(cwd, "saved", { tags: { default: [] }, images: [one] });
  });
});

describe.skipIf(dockerd === undefined)("an image that docker pushes to a server", () => {
  it("has Docker's media types and is readable, and verify() names the tools that read no such layout", async () => {
    const { cwd, host, registry } = await share();
    const docker = dockerIn(cwd, dockerd?.socket ?? "");
    await docker("pull", "--quiet", `${host}/app:v1`);
    await docker("tag", `${host}/app:v1`, `${host}/pushed:v1`);
    await docker("push", "--quiet", `${host}/pushed:v1`);
    const { digest, mediaType } = await registry.resolveTag("pushed", "v1");
    expect(mediaType).toBe(dockerMediaTypes.manifest);
    await expectReadable(cwd, "served", {
      tags: { app: ["multi", "v1"], pushed: ["v1"] },
      images: [one, foreign],
    });
    await using served = await openLayout(join(cwd, "served"));
    const findings = await collect(served.verify());
    expect(findings).toContainEqual(
      expect.objectContaining({
        kind: "docker-manifest",
        digest,
        message: expect.stringContaining("skopeo") as string,
      }),
    );
    await expect(skopeoIn(cwd)("copy", "oci:served:pushed:v1", "oci:copied:v1")).rejects.toThrow(
      "no descriptor found",
    );
  });
});

describe.skipIf(containerd === undefined)("openLayout reads what ctr exports", () => {
  async function fetch(name: string, ...options: readonly string[]): Promise<Served & { readonly ctr: Run }> {
    const served = await share();
    const ctr = ctrIn(served.cwd, containerd?.socket ?? "");
    await ctr("content", "fetch", "--plain-http", ...options, `${served.host}/${name}`);
    return { ...served, ctr };
  }

  it("from an image of a host with a port, and from one of Docker Hub", async () => {
    const { cwd, host, ctr } = await fetch("app:v1");
    await ctr("images", "tag", "--force", `${host}/app:v1`, "docker.io/team/app:v2");
    await ctr("images", "export", "exported.tar", `${host}/app:v1`, "docker.io/team/app:v2");
    await unpack(cwd, "exported");
    await expectReadable(cwd, "exported", {
      tags: { default: [], "docker.io/team/app": ["v2"] },
      unreadableNames: [`${host}/app:v1`],
      images: [one],
    });
  });

  it("from an index, with all its images", async () => {
    const { cwd, host, ctr } = await fetch("app:multi", "--all-platforms");
    await ctr("images", "export", "--all-platforms", "exported.tar", `${host}/app:multi`);
    await unpack(cwd, "exported");
    await expectReadable(cwd, "exported", {
      tags: { default: [] },
      unreadableNames: [`${host}/app:multi`],
      images: [one, foreign],
    });
  });

  it("from an index with the image for this machine alone, as a sparse layout", async () => {
    const { cwd, host, ctr } = await fetch("app:multi");
    await ctr("images", "export", "exported.tar", `${host}/app:multi`);
    await unpack(cwd, "exported");
    await expectReadable(cwd, "exported", {
      tags: { default: [] },
      unreadableNames: [`${host}/app:multi`],
      images: [one],
      sparse: true,
    });
  });
});
