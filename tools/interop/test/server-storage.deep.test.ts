import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { ImageIndex, ImageManifest } from "@ocilayout/oci-types";
import { ociMediaTypes } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { has, storageIn, type Run } from "./programs.ts";
import { foreign, one, pushMulti, serveRegistry, type Served } from "./serving.ts";

/** The members of a manifest or config that the tests read. */
type Document = ImageManifest & ImageIndex & { readonly rootfs: { readonly diff_ids: readonly string[] } };

/** The registry that each program gets. */
const kinds = { buildah: "a shared layout", podman: "a layout per repository" } as const;
type Program = keyof typeof kinds;

interface Shared extends Served {
  readonly run: Run;
  /** Returns the reference of an image of the server. */
  readonly at: (name: string) => string;
}

/** Starts a server with an image and an index, and makes a storage. */
async function share(program: Program): Promise<Shared> {
  const served = await serveRegistry(kinds[program]);
  await pushMulti(served.registry);
  return {
    ...served,
    run: storageIn(served.cwd, program),
    at: (image) => `docker://${served.host}/${image}`,
  };
}

async function read({ registry }: Served, repository: string, tag: string): Promise<Document> {
  return JSON.parse(await (await registry.getTag(repository, tag)).text()) as Document;
}

const here = { buildah: has("buildah"), podman: has("podman") };

describe.each(["buildah", "podman"] as const)("%s with a server", (program) => {
  it.skipIf(!here[program])(
    "pulls the image for this machine from an index, and pushes it to a repository from which another storage pulls the same",
    async () => {
      const served = await share(program);
      const { cwd, run, at } = served;
      const id = (await run("pull", "--quiet", "--tls-verify=false", at("app:multi"))).trim();
      expect(`sha256:${id}`).toBe(one.config.descriptor.digest);
      await run("push", "--tls-verify=false", id, at("team/theirs:v2"));
      expect((await read(served, "team/theirs", "v2")).config.digest).toBe(one.config.descriptor.digest);
      mkdirSync(join(cwd, "other"));
      const other = storageIn(join(cwd, "other"), program);
      expect((await other("pull", "--quiet", "--tls-verify=false", at("team/theirs:v2"))).trim()).toBe(id);
    },
  );
});

describe.skipIf(!here.buildah)("buildah with a server", () => {
  it("builds on an image of the server, and pushes the result", async () => {
    const served = await share("buildah");
    const { cwd, registry, host, run, at } = served;
    mkdirSync(join(cwd, "context"));
    writeFileSync(join(cwd, "context/more"), "more");
    writeFileSync(join(cwd, "context/Dockerfile"), `FROM ${host}/app:v1\nCOPY more /etc/more\n`);
    await run("build", "--tls-verify=false", "--isolation", "chroot", "--tag", "built", "context");
    await run("push", "--tls-verify=false", "built", at("app:built"));
    const { config } = await read(served, "app", "built");
    const { rootfs } = JSON.parse(await (await registry.getBlob("app", config.digest)).text()) as Document;
    expect(rootfs.diff_ids).toEqual([...one.diffIds, expect.any(String)]);
  });
});

describe.skipIf(!here.podman)("podman with a server", () => {
  it("adds the images of an index to one of its own, and pushes that", async () => {
    const served = await share("podman");
    const { registry, run, at } = served;
    await run("manifest", "create", "list");
    await run("manifest", "add", "--tls-verify=false", "--all", "list", at("app:multi"));
    await run("manifest", "push", "--tls-verify=false", "--all", "list", at("team/theirs:list"));
    expect((await registry.resolveTag("team/theirs", "list")).mediaType).toBe(ociMediaTypes.imageIndex);
    const { manifests } = await read(served, "team/theirs", "list");
    expect(manifests.map(({ digest }) => digest).sort()).toEqual(
      [one.descriptor.digest, foreign.descriptor.digest].sort(),
    );
    for (const { digest } of manifests)
      expect((await registry.resolveManifest("team/theirs", digest)).digest).toBe(digest);
  });
});
