import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { copy, sync } from "@ocilayout/oci-image";
import type { ImageIndex } from "@ocilayout/oci-types";
import { collect, dockerMediaTypes } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import {
  expectPulled,
  expectSame,
  expectUnpacked,
  imageMakers,
  indexMakers,
  MADE,
  placeIn,
  prepare,
  targets,
} from "./copying.ts";
import { buildArtifact, pushImage, thisPlatform } from "./images.ts";
import { has, skopeoIn, storageIn, umociIn } from "./programs.ts";
import { indexOf } from "./readable.ts";
import {
  artifact,
  contentsOf,
  expectBlobs,
  foreign,
  kindsOnDisk,
  multi,
  one,
  serveRegistry,
  writeSource,
} from "./serving.ts";
import { blobsOf, errorsOf } from "./shared-layout.ts";

const isHere = ["skopeo", "umoci", "buildah", "podman"].map(has).every(Boolean);
/** An artifact that refers to nothing, as cosign's signatures. */
const unrelated = buildArtifact("signature");

describe.skipIf(!isHere).each(Object.entries(targets))("copy to %s", (_, target) => {
  it.each(Object.entries(imageMakers))(
    "copies an image of %s, which skopeo, podman and umoci read",
    async (_program, make) => {
      const cwd = await prepare(make);
      await using registry = await target.open(cwd);
      const to = { registry, repository: target.repository, reference: "v1" };
      const { blobs, bytes } = await copy(await placeIn(join(cwd, MADE)), to);
      expect([blobs.linked > 0, blobs.copied > 0, bytes > 0]).toEqual(
        target.canLink ? [true, false, false] : [false, true, true],
      );
      await expectSame(cwd, `${MADE}:v1`, target.onDisk("v1"));
      await expectPulled(cwd, `${MADE}:v1`, target.onDisk("v1"));
      await expectUnpacked(cwd, target.onDisk("v1"));
    },
  );

  it.each(Object.entries(indexMakers))(
    "copies an index of %s with all its images, which skopeo and podman read",
    async (_program, make) => {
      const cwd = await prepare(make);
      await using registry = await target.open(cwd);
      const to = { registry, repository: target.repository, reference: "v1" };
      const report = await copy(await placeIn(join(cwd, MADE)), to);
      expect(report).toMatchObject({ isRewritten: false, manifests: 3, tags: ["v1"] });
      await expectSame(cwd, `${MADE}:v1`, target.onDisk("v1"));
      await expectPulled(cwd, `${MADE}:v1`, target.onDisk("v1"));
    },
  );

  it.each(Object.entries(indexMakers))(
    "copies one image of an index of %s, in an index that skopeo, podman and umoci read",
    async (_program, make) => {
      const cwd = await prepare(make);
      await using registry = await target.open(cwd);
      const to = { registry, repository: target.repository, reference: "v1" };
      const report = await copy(await placeIn(join(cwd, MADE)), to, { platforms: [thisPlatform] });
      expect(report).toMatchObject({ isRewritten: true, manifests: 2, tags: ["v1"] });
      const skopeo = skopeoIn(cwd);
      const whole = await readIndex(cwd, `${MADE}:v1`);
      expect(await readIndex(cwd, target.onDisk("v1"))).toEqual({
        ...whole,
        manifests: whole.manifests.filter(
          ({ platform }) => platform?.architecture === thisPlatform.architecture,
        ),
      });
      await skopeo("copy", "--all", "--preserve-digests", `oci:${target.onDisk("v1")}`, "oci:back:v1");
      await expectPulled(cwd, `${MADE}:v1`, target.onDisk("v1"));
      await expectUnpacked(cwd, target.onDisk("v1"));
    },
  );
});

/** Reads an index with skopeo. */
async function readIndex(cwd: string, name: string): Promise<ImageIndex> {
  return JSON.parse(await skopeoIn(cwd)("inspect", "--raw", `oci:${name}`)) as ImageIndex;
}

describe.skipIf(!isHere)("copy from a layout of another program", () => {
  it("keeps an index whose other images are not copied, and podman pulls the copied image", async () => {
    const cwd = await prepare(indexMakers.buildah);
    await using registry = await openLayout(join(cwd, "copied"), { allowSparse: true });
    const to = { registry, repository: "default", reference: "v1" };
    await copy(await placeIn(join(cwd, MADE)), to, { platforms: [thisPlatform], index: "keep" });
    expect(await readIndex(cwd, "copied:v1")).toEqual(await readIndex(cwd, `${MADE}:v1`));
    expect(blobsOf(cwd, "copied").length).toBeLessThan(blobsOf(cwd, MADE).length);
    await expectPulled(cwd, `${MADE}:v1`, "copied:v1");
  });

  it("copies by digest what podman saved with a name that fits no repository", async () => {
    const cwd = await prepare(async (maker) => {
      await imageMakers.skopeo(maker);
      const podman = storageIn(maker, "podman");
      const id = (await podman("pull", "--quiet", "oci:made:v1")).trim();
      await podman("tag", id, "127.0.0.1:5000/app:v1");
      await podman("save", "--quiet", "--format", "oci-dir", "--output", "saved", "127.0.0.1:5000/app:v1");
    });
    const [saved] = indexOf(cwd, "maker/saved").manifests;
    await using registry = await openLayout(join(cwd, "copied"));
    const to = { registry, repository: "default", reference: "v1" };
    await copy(await placeIn(join(cwd, "maker/saved"), saved?.digest), to);
    expect(await registry.resolveTag("default", "v1")).toMatchObject({ digest: saved?.digest });
    await expectPulled(cwd, `${MADE}:v1`, "copied:v1");
  });

  it("links blobs of a directory that skopeo's layouts share", async () => {
    const cwd = await prepare(async (maker) => {
      await writeSource(maker);
      const share = ["--all", "--dest-shared-blob-dir", "blobs"];
      await skopeoIn(maker)("copy", ...share, "oci:source:multi", "oci:made:v1");
    });
    await using source = await openLayout(join(cwd, MADE), { blobDirectory: join(cwd, "maker/blobs") });
    await using registry = await openLayout(join(cwd, "copied"));
    const place = { repository: "default", reference: "v1" };
    const { blobs, bytes } = await copy({ ...place, registry: source }, { ...place, registry });
    expect([blobs.linked > 0, bytes]).toEqual([true, 0]);
    expectBlobs(cwd, "copied", [multi, ...contentsOf(one, foreign)]);
  });
});

describe.skipIf(!isHere)("copy with referrers", () => {
  it("copies an artifact about the image, and a signature with a tag of cosign", async () => {
    const signature = `${one.descriptor.digest.replace(":", "-")}.sig`;
    const cwd = await prepare(async (maker) => {
      await writeSource(maker);
      const skopeo = skopeoIn(maker);
      await using source = await openLayout(join(maker, "source"), { defaultRepository: "app" });
      await pushImage(source, "app", unrelated, "signature");
      for (const [name, tag] of [
        ["v1", "v1"],
        ["artifact", "about"],
        ["signature", signature],
      ])
        await skopeo("copy", `oci:source:${name}`, `oci:made:${tag}`);
    });
    await using registry = await openLayout(join(cwd, "copied"));
    const to = { registry, repository: "default", reference: "v1" };
    const report = await copy(await placeIn(join(cwd, MADE)), to, { referrers: true });
    expect(report).toMatchObject({ referrers: 2, manifests: 3 });
    expect(await collect(registry.tags("default"))).toEqual([signature, "v1"]);
    expect(await skopeoIn(cwd)("inspect", "--raw", `oci:copied:${signature}`)).toBe(
      unrelated.bytes.toString(),
    );
    const found = await collect(registry.referrers("default", one.descriptor.digest));
    expect(found.map(({ digest }) => digest)).toEqual([artifact.descriptor.digest]);
  });
});

describe.skipIf(!isHere)("sync from a layout that skopeo wrote", () => {
  async function share(): Promise<string> {
    return prepare(async (maker) => {
      await writeSource(maker);
      for (const [name, tag] of [
        ["v1", "v1"],
        ["v1", "latest"],
        ["multi", "multi"],
        ["artifact", "about"],
      ])
        await skopeoIn(maker)("copy", "--all", `oci:source:${name}`, `oci:made:${tag}`);
    });
  }

  it.each(Object.entries(targets))("copies all its tags to %s, which skopeo reads", async (_, target) => {
    const cwd = await share();
    await using registry = await target.open(cwd);
    const { repository } = target;
    await sync(await placeIn(join(cwd, MADE)), { registry, repository });
    expect(await collect(registry.tags(repository))).toEqual(["about", "latest", "multi", "v1"]);
    for (const tag of ["about", "latest", "multi", "v1"])
      await expectSame(cwd, `${MADE}:${tag}`, target.onDisk(tag), tag);
  });

  it("copies only a tag that umoci added since the last time", async () => {
    const cwd = await share();
    const from = await placeIn(join(cwd, MADE));
    await using registry = await openLayout(join(cwd, "copied"));
    await sync(from, { registry, repository: "default" });
    await umociIn(cwd)("tag", "--image", `${MADE}:v1`, "v2");
    const synced = await sync(from, { registry, repository: "default" });
    expect(synced.flatMap(({ report }) => report.tags)).toEqual(["v2"]);
    expect(synced.every(({ report }) => report.bytes === 0 && report.blobs.linked === 0)).toBe(true);
    expect(await errorsOf(registry)).toEqual([]);
  });
});

describe.skipIf(!isHere).each(kindsOnDisk)("copy from and to %s that is served", (kind) => {
  it("links what skopeo pushed to the server", async () => {
    const { cwd, host, registry: source } = await serveRegistry(kind);
    await writeSource(cwd);
    const skopeo = skopeoIn(cwd);
    await skopeo(
      "copy",
      "--all",
      "--dest-tls-verify=false",
      "oci:source:multi",
      `docker://${host}/team/app:v1`,
    );
    await using registry = await openLayout(join(cwd, "copied"));
    const { blobs, bytes } = await copy(
      { registry: source, repository: "team/app", reference: "v1" },
      { registry, repository: "default", reference: "v1" },
    );
    expect([blobs.linked > 0, bytes]).toEqual([true, 0]);
    expectBlobs(cwd, "copied", [multi, ...contentsOf(one, foreign)]);
    await expectSame(cwd, "source:multi", "copied:v1");
    await expectPulled(cwd, "source:multi", "copied:v1");
  });

  it("serves what was copied to skopeo", async () => {
    const { cwd, host, registry } = await serveRegistry(kind);
    await writeSource(cwd);
    await using source = await openLayout(join(cwd, "source"), { defaultRepository: "app" });
    await copy(
      { registry: source, repository: "app", reference: "multi" },
      { registry, repository: "team/app", reference: "v1" },
    );
    const skopeo = skopeoIn(cwd);
    await skopeo("copy", "--all", "--src-tls-verify=false", `docker://${host}/team/app:v1`, "oci:back:v1");
    expectBlobs(cwd, "back", [multi, ...contentsOf(one, foreign)]);
  });

  it("keeps Docker's format, which skopeo pushed to the server", async () => {
    const [from, to] = [await serveRegistry(kind), await serveRegistry(kind)];
    await writeSource(from.cwd);
    const skopeo = skopeoIn(from.cwd);
    const insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    await skopeo("copy", ...insecure, "--format", "v2s2", "oci:source:v1", `docker://${from.host}/app:v1`);
    const place = { repository: "app", reference: "v1" };
    const { descriptor } = await copy(
      { ...place, registry: from.registry },
      { ...place, registry: to.registry },
    );
    expect(descriptor.mediaType).toBe(dockerMediaTypes.manifest);
    const [pushed, copied] = await Promise.all(
      [from, to].map(({ host }) =>
        skopeo("inspect", "--raw", "--tls-verify=false", `docker://${host}/app:v1`),
      ),
    );
    expect(copied).toBe(pushed);
    await skopeo("copy", ...insecure, `docker://${to.host}/app:v1`, "dir:back");
  });
});
