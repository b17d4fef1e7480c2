import { readFileSync } from "node:fs";
import { join } from "node:path";

import { collect, dockerMediaTypes } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { digestOf, pushImage, thisPlatform } from "./images.ts";
import { has, skopeoIn, type Run } from "./programs.ts";
import {
  artifact,
  contentsOf,
  expectBlobs,
  foreign,
  kindsOnDisk,
  multi,
  one,
  pushMulti,
  serveRegistry,
  writeSource,
  type Kind,
  type Served,
} from "./serving.ts";

const isHere = has("skopeo");

interface Shared extends Served {
  readonly skopeo: Run;
  /** Copies without TLS. */
  readonly copy: (...args: readonly string[]) => Promise<string>;
  /** Returns the reference of an image of the server. */
  readonly at: (name: string) => string;
}

/** Starts a server, and makes the layout `source`. */
async function share(kind: Kind, options?: { readonly writable: boolean }): Promise<Shared> {
  const served = await serveRegistry(kind, options);
  await writeSource(served.cwd);
  const skopeo = skopeoIn(served.cwd);
  const copy: Run = async (...args) =>
    skopeo("copy", "--src-tls-verify=false", "--dest-tls-verify=false", ...args);
  return { ...served, skopeo, copy, at: (name) => `docker://${served.host}/${name}` };
}

describe.skipIf(!isHere).each(kindsOnDisk)("skopeo with a server of %s", (kind) => {
  it("pushes an image and pulls it back, byte for byte", async () => {
    const { cwd, registry, copy, at } = await share(kind);
    await copy("oci:source:v1", at("team/app:v1"));
    expect(await registry.resolveTag("team/app", "v1")).toEqual(one.descriptor);
    await copy(at("team/app:v1"), "oci:back:v1");
    expectBlobs(cwd, "back", contentsOf(one));
  });

  it("pushes all images of an index and pulls them back, byte for byte", async () => {
    const { cwd, registry, copy, at } = await share(kind);
    await copy("--all", "oci:source:multi", at("app:multi"));
    expect(await registry.resolveTag("app", "multi")).toEqual(multi.descriptor);
    expect(await registry.resolveManifest("app", foreign.descriptor.digest)).toEqual(foreign.descriptor);
    await copy("--all", at("app:multi"), "oci:back:multi");
    expectBlobs(cwd, "back", [multi, ...contentsOf(one, foreign)]);
  });

  it("deletes an image: its tags disappear, and everything else stays", async () => {
    const { registry, skopeo, at } = await share(kind);
    await pushImage(registry, "app", one, "v1", "v2");
    await pushImage(registry, "app", artifact, "artifact");
    await skopeo("delete", "--tls-verify=false", at("app:v1"));
    expect(await collect(registry.tags("app"))).toEqual(["artifact"]);
    await expect(skopeo("inspect", "--tls-verify=false", at("app:v1"))).rejects.toThrow("manifest unknown");
    expect(await skopeo("inspect", "--raw", "--tls-verify=false", at("app:artifact"))).toBe(
      artifact.bytes.toString(),
    );
  });

  it("pushes the same image to a second repository and mounts its layers", async () => {
    const { cwd, requests, copy, at } = await share(kind);
    await copy("oci:source:v1", at("app:v1"));
    const before = requests.length;
    await copy("oci:source:v1", at("second:v1"));
    const since = requests.slice(before);
    const layers = one.layers.map(({ descriptor }) => encodeURIComponent(descriptor.digest));
    // In a shared layout, every repository has the blobs already.
    const mounts =
      kind === "a shared layout"
        ? []
        : layers.map((digest) => `POST /v2/second/blobs/uploads/?from=app&mount=${digest} 201`);
    expect(since.filter((request) => request.includes("?from=")).sort()).toEqual(mounts.sort());
    expect(
      since.filter(
        (request) => request.startsWith("PUT ") && layers.some((digest) => request.includes(digest)),
      ),
    ).toEqual([]);
    await copy(at("second:v1"), "oci:back:v1");
    expectBlobs(cwd, "back", contentsOf(one));
  });
});

describe.skipIf(!isHere)("skopeo with a server of memory", () => {
  it("pushes from a plain directory and pulls into one", async () => {
    const { cwd, copy, at } = await share("memory");
    await copy("oci:source:v1", "dir:plain");
    await copy("dir:plain", at("app:v1"));
    await copy(at("app:v1"), "dir:back");
    expect(readFileSync(join(cwd, "back/manifest.json"))).toEqual(one.bytes);
    for (const { bytes, descriptor } of contentsOf(one).slice(1))
      expect(readFileSync(join(cwd, "back", descriptor.digest.slice(7)))).toEqual(bytes);
  });

  it("pushes and pulls by digest, without a tag", async () => {
    const { cwd, registry, copy, at } = await share("memory");
    const name = at(`app@${one.descriptor.digest}`);
    await copy("oci:source:v1", name);
    expect(await collect(registry.tags("app"))).toEqual([]);
    await copy(name, "oci:back:v1");
    expectBlobs(cwd, "back", contentsOf(one));
  });

  it("pulls the image for this machine from an index", async () => {
    const { cwd, registry, copy, at } = await share("memory");
    await pushMulti(registry);
    await copy(at("app:multi"), "oci:back:v1");
    expectBlobs(cwd, "back", contentsOf(one));
  });

  it("pushes and pulls an image in Docker's format", async () => {
    const { cwd, registry, copy, at } = await share("memory");
    await copy("--format", "v2s2", "oci:source:v1", at("app:docker"));
    const stored = await registry.resolveTag("app", "docker");
    expect(stored.mediaType).toBe(dockerMediaTypes.manifest);
    await copy(at("app:docker"), "dir:back");
    expect(digestOf(readFileSync(join(cwd, "back/manifest.json")))).toBe(stored.digest);
    for (const { bytes, descriptor } of one.layers)
      expect(readFileSync(join(cwd, "back", descriptor.digest.slice(7)))).toEqual(bytes);
  });

  it("pushes an artifact as a referrer of its subject", async () => {
    const { cwd, registry, copy, at } = await share("memory");
    await copy("oci:source:artifact", at("app:artifact"));
    const { mediaType, digest, size } = artifact.descriptor;
    expect(await collect(registry.referrers("app", one.descriptor.digest))).toEqual([
      { mediaType, digest, size, artifactType: "application/vnd.example" },
    ]);
    await copy(at("app:artifact"), "oci:back:artifact");
    expectBlobs(cwd, "back", contentsOf(artifact));
  });

  it("lists the tags in the registry's order", async () => {
    const { registry, skopeo, at } = await share("memory");
    await pushImage(registry, "app", one, "v10", "latest", "v2");
    const { Tags } = JSON.parse(await skopeo("list-tags", "--tls-verify=false", at("app"))) as {
      Tags: string[];
    };
    expect(Tags).toEqual(await collect(registry.tags("app")));
    expect(Tags).toEqual(["latest", "v10", "v2"]);
  });

  it("inspects an image, and fetches the bytes of its manifest and its config", async () => {
    const { skopeo, copy, at } = await share("memory");
    await copy("oci:source:v1", at("app:v1"));
    const inspect = async (...args: readonly string[]): Promise<string> =>
      skopeo("inspect", "--tls-verify=false", ...args, at("app:v1"));
    expect(JSON.parse(await inspect())).toMatchObject({
      Digest: one.descriptor.digest,
      RepoTags: ["v1"],
      Architecture: thisPlatform.architecture,
      Layers: one.layers.map((layer) => layer.descriptor.digest),
      Labels: { name: "one" },
    });
    expect(await inspect("--raw")).toBe(one.bytes.toString());
    expect(await inspect("--config", "--raw")).toBe(one.config.bytes.toString());
  });

  it("copies every tag of a repository", async () => {
    const { cwd, registry, skopeo, host } = await share("memory");
    await pushImage(registry, "app", one, "v1", "v2");
    await skopeo(
      "sync",
      "--src-tls-verify=false",
      "--src",
      "docker",
      "--dest",
      "dir",
      `${host}/app`,
      "synced",
    );
    for (const tag of ["v1", "v2"])
      expect(readFileSync(join(cwd, `synced/app:${tag}/manifest.json`))).toEqual(one.bytes);
  });

  it("cannot delete a child of an index", async () => {
    const { registry, skopeo, at } = await share("memory");
    await pushMulti(registry);
    await expect(
      skopeo("delete", "--tls-verify=false", at(`app@${foreign.descriptor.digest}`)),
    ).rejects.toThrow(/denied/i);
    expect(await registry.resolveManifest("app", foreign.descriptor.digest)).toEqual(foreign.descriptor);
  });

  it("learns that an image is missing", async () => {
    const { registry, skopeo, at } = await share("memory");
    await pushImage(registry, "app", one, "v1");
    await expect(skopeo("inspect", "--tls-verify=false", at("app:v2"))).rejects.toThrow("manifest unknown");
    await expect(skopeo("list-tags", "--tls-verify=false", at("none"))).rejects.toThrow(/404|name unknown/);
  });

  it("cannot push to a read-only server, and nothing is stored", async () => {
    const { registry, copy, at } = await share("memory", { writable: false });
    await expect(copy("oci:source:v1", at("app:v1"))).rejects.toThrow("unsupported");
    expect(await collect(registry.repositories())).toEqual([]);
  });
});
