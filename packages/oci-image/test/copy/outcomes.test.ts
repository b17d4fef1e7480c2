import { openLayout, type LayoutRegistry } from "@ocilayout/layout-core";
import { openPerRepository } from "@ocilayout/layout-per-repo";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import {
  dockerMediaTypes,
  ociMediaTypes,
  RegistryError,
  type Descriptor,
  type Registry,
} from "@ocilayout/oci-types";
import { bytes, descriptorOf, freshLayout, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import { copy, type CopyOutcome, type CopyReport, type Place } from "../../src/index.ts";
import { bare, everythingOf, manifestAt, pushImage, pushIndex, pushReferrer, repository } from "./content.ts";
import { watch, writes } from "./watch.ts";

const at = (registry: Registry, repo = repository, reference = "v1"): Place => ({
  registry,
  repository: repo,
  reference,
});

/** Opens an empty layout, which is closed when the test ends. */
async function layout(): Promise<LayoutRegistry> {
  const opened = await openLayout(freshLayout(), { durability: "none" });
  onTestFinished(() => opened.close());
  return opened;
}

/** The outcomes that occurred. */
function outcomes({ blobs }: CopyReport): Partial<Record<CopyOutcome, number>> {
  return Object.fromEntries(Object.entries(blobs).filter(([, count]) => count > 0));
}

describe("a blob", () => {
  it("is linked between two layouts, without reading it", async () => {
    const [source, target] = [await layout(), await layout()];
    await pushImage(source, "image", { tags: ["v1"] });
    const report = await copy(at(source), at(target));
    expect(outcomes(report)).toEqual({ linked: 2 });
    expect(report.bytes).toBe(0);
    expect(await everythingOf(target, repository, "v1")).toEqual(
      await everythingOf(source, repository, "v1"),
    );
  });

  it("is linked from a layout into a directory of layouts", async () => {
    const [source, target] = [
      await layout(),
      await openPerRepository(temporaryDirectory(), { durability: "none" }),
    ];
    onTestFinished(() => target.close());
    await pushImage(source, "image", { tags: ["v1"] });
    expect(outcomes(await copy(at(source), at(target, "b/c")))).toEqual({ linked: 2 });
    expect(await everythingOf(target, "b/c", "v1")).toEqual(await everythingOf(source, repository, "v1"));
  });

  it("is copied if the target cannot link it", async () => {
    const [source, target] = [createMemoryRegistry(), await layout()];
    await pushImage(source, "image", { tags: ["v1"] });
    expect(outcomes(await copy(at(source), at(target)))).toEqual({ copied: 2 });
  });

  it("is mounted from another repository of the same registry, without reading it", async () => {
    const registry = createMemoryRegistry();
    await pushImage(registry, "image", { tags: ["v1"] });
    const watched = watch(registry);
    const report = await copy(at(watched.registry), at(watched.registry, "b/c"));
    expect(outcomes(report)).toEqual({ mounted: 2 });
    expect(report.bytes).toBe(0);
    expect([watched.count("getBlob"), watched.count("pushBlob")]).toEqual([0, 0]);
    expect(await everythingOf(registry, "b/c", "v1")).toEqual(await everythingOf(registry, repository, "v1"));
  });

  it.each(["UNSUPPORTED", "BLOB_UNKNOWN"] as const)(
    "is copied if the registry answers a mount with %s",
    async (code) => {
      const registry = createMemoryRegistry();
      await pushImage(registry, "image", { tags: ["v1"] });
      const watched = watch(registry, async ({ method }, proceed) => {
        if (method === "mountBlob") throw new RegistryError(code);
        return proceed();
      });
      const report = await copy(at(watched.registry), at(watched.registry, "b/c"));
      expect(outcomes(report)).toEqual({ copied: 2 });
    },
  );

  it("is not copied if the target has it", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushImage(source, "old", { layers: ["base", "old"], tags: ["v0"] });
    await pushImage(source, "new", { layers: ["base", "new"], tags: ["v1"] });
    await copy(at(source, repository, "v0"), at(target));
    const watched = watch(target);
    const report = await copy(at(source), at(watched.registry));
    expect(outcomes(report)).toEqual({ present: 1, copied: 2 });
    expect(watched.count("pushBlob")).toBe(2);
  });

  it("is counted as copied, with its size", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const layers = ["", "12345"];
    const { digest } = await pushImage(source, "image", { layers, tags: ["v1"] });
    const { config } = await manifestAt(source, digest);
    expect((await copy(at(source), at(target))).bytes).toBe(5 + config.size);
  });

  const foreign: Descriptor = {
    ...descriptorOf(bytes("foreign"), ociMediaTypes.layerNondistributable),
    urls: ["https://example.com/layer"],
  };

  it("is skipped if the source does not have it, and its descriptor has urls", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushImage(source, "image", { tags: ["v1"], more: { layers: [foreign] } });
    const seen: unknown[] = [];
    const report = await copy(at(source), at(target), {
      onProgress: ({ descriptor, outcome }) => {
        if (descriptor.digest === foreign.digest) seen.push(outcome);
      },
    });
    expect(outcomes(report)).toEqual({ skipped: 1, copied: 1 });
    expect(seen).toEqual(["skipped"]);
    expect((await target.resolveTag(repository, "v1")).digest).toBe(report.descriptor.digest);
  });

  it("is copied if the source has it, also with urls", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await source.pushBlob(repository, foreign, bytes("foreign"));
    const layer = { ...foreign, mediaType: dockerMediaTypes.foreignLayer };
    await pushImage(source, "image", { tags: ["v1"], more: { layers: [layer] } });
    expect(outcomes(await copy(at(source), at(target)))).toEqual({ copied: 2 });
    expect(await (await target.getBlob(repository, foreign.digest)).text()).toBe("foreign");
  });

  it("without urls in one of two manifests must exist", async () => {
    const source = createMemoryRegistry({ allowSparse: true });
    const images = [
      await pushImage(source, "one", { more: { layers: [foreign] } }),
      await pushImage(source, "two", { more: { layers: [bare(foreign)] } }),
    ];
    for (const children of [images, [...images].reverse()]) {
      await pushIndex(source, children, { tags: ["v1"] });
      const target = createMemoryRegistry();
      await expect(copy(at(source), at(target))).rejects.toMatchObject({ code: /BLOB_UNKNOWN$/ });
      await expect(target.resolveTag(repository, "v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    }
  });
});

describe("a dry run", () => {
  it("makes no call that writes, and reports what a copy then does", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const old = await pushImage(source, "old", { layers: ["base", "old"], tags: ["v0"] });
    const index = await pushIndex(
      source,
      [old, await pushImage(source, "new", { layers: ["base", "new"] })],
      {
        tags: ["v1"],
      },
    );
    await pushReferrer(source, index, "signature");
    await pushImage(source, "cosign", { tags: [`${index.digest.replace(":", "-")}.sig`] });
    await copy(at(source, repository, "v0"), at(target));
    const watched = watch(target);
    const options = { referrers: true, tags: ["v2", "v3"] };
    const progress: unknown[] = [];
    const planned = await copy(at(source), at(watched.registry), {
      ...options,
      dryRun: true,
      onProgress: (it) => progress.push(it),
    });
    expect([watched.count(...writes), progress]).toEqual([0, []]);
    expect(planned).toEqual(await copy(at(source), at(target), options));
    expect(planned).toMatchObject({ manifests: 4, referrers: 2, tags: { length: 4 } });
    expect(await copy(at(source), at(target), { ...options, dryRun: true })).toMatchObject({
      manifests: 0,
      tags: [],
      bytes: 0,
    });
  });

  it("counts blobs that a copy links or mounts as copied", async () => {
    const registry = createMemoryRegistry();
    await pushImage(registry, "image", { tags: ["v1"] });
    const report = await copy(at(registry), at(registry, "b/c"), { dryRun: true });
    expect(outcomes(report)).toEqual({ copied: 2 });
  });

  it("of a tag that only moves reports the tag", async () => {
    const registry = createMemoryRegistry();
    await pushImage(registry, "image", { tags: ["v1"] });
    const places = [at(registry), at(registry, repository, "v2")] as const;
    const planned = await copy(...places, { dryRun: true });
    expect(planned).toMatchObject({ tags: ["v2"], manifests: 0 });
    expect(await copy(...places)).toEqual(planned);
  });

  it("fails as the copy would if the target has another digest", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const other = await pushImage(source, "other");
    await pushImage(source, "image", { tags: ["v1"] });
    const place = at(target, repository, other.digest);
    await expect(copy(at(source), place, { dryRun: true })).rejects.toMatchObject({ code: "DIGEST_INVALID" });
  });
});
