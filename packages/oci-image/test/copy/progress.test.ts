import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import type { Descriptor, Registry } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { copy, type CopyOptions, type CopyProgress, type Place } from "../../src/index.ts";
import { pushImage, pushIndex, pushReferrer, repository } from "./content.ts";
import { watch } from "./watch.ts";

const at = (registry: Registry, reference = "v1"): Place => ({ registry, repository, reference });

/** Copies the tag v1, and returns all reports. */
async function progressOf(
  source: Registry,
  targets: Place | readonly Place[],
  options: CopyOptions = {},
): Promise<CopyProgress[]> {
  const reports: CopyProgress[] = [];
  const onProgress = (it: CopyProgress): void => {
    reports.push(it);
  };
  await copy(at(source), targets as Place, { ...options, onProgress });
  return reports;
}

/** Pushes an index of two images with a shared layer, and a referrer, as the tag v1. */
async function pushExample(source: Registry): Promise<Descriptor> {
  const images = [
    await pushImage(source, "1", { layers: ["base", "x".repeat(2_500_000)] }),
    await pushImage(source, "2", { layers: ["base", ""] }),
  ];
  const index = await pushIndex(source, images, { tags: ["v1"] });
  await pushReferrer(source, index, "signature");
  return index;
}

describe("progress", () => {
  it("counts up to the size of everything that the target needs", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushExample(source);
    const reports = await progressOf(source, at(target), { referrers: true });
    const done = reports.map(({ doneBytes }) => doneBytes);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    const [total, ...others] = new Set(reports.map(({ totalBytes }) => totalBytes));
    expect(others).toEqual([]);
    expect(done.at(-1)).toBe(total);
    const finished = reports.filter(({ outcome }) => outcome !== undefined);
    const digests = finished.map(({ descriptor }) => descriptor.digest);
    // Two layers, the empty one, two configs, the empty config, two images, the index and the referrer.
    expect([digests.length, new Set(digests).size]).toEqual([10, 10]);
    expect(total).toBe(finished.reduce((sum, { descriptor }) => sum + descriptor.size, 0));
    for (const { descriptor, bytes } of finished) expect(bytes).toBe(descriptor.size);
  });

  it("reports every chunk of a blob, and then the whole blob", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushExample(source);
    const reports = await progressOf(source, at(target), { concurrency: 1 });
    const large = reports.filter(({ descriptor }) => descriptor.size === 2_500_000);
    expect(large.length).toBeGreaterThan(2);
    const read = large.map(({ bytes }) => bytes);
    expect(read).toEqual([...read].sort((a, b) => a - b));
    expect(new Set(large.map(({ doneBytes, bytes }) => doneBytes - bytes)).size).toBe(1);
    expect(large.map(({ outcome }) => outcome)).toEqual([...large.slice(1).map(() => undefined), "copied"]);
  });

  it("ends with the manifest, after its tag was set", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const { digest } = await pushExample(source);
    const watched = watch(target);
    const order: unknown[] = [];
    await copy(at(source), at(watched.registry), {
      onProgress: ({ descriptor, outcome }) => order.push([descriptor.digest, outcome, watched.calls.length]),
    });
    expect(order.at(-1)).toEqual([digest, "copied", watched.calls.length]);
  });

  it("ends at the total also if a blob is in the target already", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushImage(source, "base", { layers: ["base"], tags: ["base"] });
    await pushExample(source);
    await copy(at(source, "base"), at(target, "base"));
    const reports = await progressOf(source, at(target), { concurrency: 1 });
    expect(reports.map(({ outcome }) => outcome)).toContain("present");
    expect(reports.at(-1)?.doneBytes).toBe(reports.at(-1)?.totalBytes);
  });

  it("ends at the total for several targets that need different content", async () => {
    const source = createMemoryRegistry();
    const image = await pushImage(source, "1", { tags: ["one"] });
    await pushIndex(source, [image, await pushImage(source, "2")], { tags: ["v1"] });
    const targets = [createMemoryRegistry(), createMemoryRegistry(), createMemoryRegistry()] as const;
    await copy(at(source, "one"), at(targets[0], "one"));
    await copy(at(source), at(targets[1], "old"));
    const reports = await progressOf(
      source,
      targets.map((target) => at(target)),
    );
    expect(reports.at(-1)?.doneBytes).toBe(reports.at(-1)?.totalBytes);
  });

  it("reports nothing if nothing is to be done, or if only a tag moves", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushExample(source);
    await copy(at(source), at(target));
    expect(await progressOf(source, at(target))).toEqual([]);
    expect(await progressOf(source, at(target, "v2"))).toEqual([]);
  });

  it("gives its descriptors to the callback, which may change them", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushExample(source);
    await copy(at(source), at(target), {
      onProgress: ({ descriptor }) => Object.assign(descriptor, { digest: "changed", size: -1 }),
    });
    expect((await target.resolveTag(repository, "v1")).digest).toBe(
      (await source.resolveTag(repository, "v1")).digest,
    );
  });

  it("ends the copy with the error that the callback throws, and sets no tag", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushExample(source);
    const reports = await progressOf(source, at(createMemoryRegistry()));
    for (let step = 0; step < reports.length - 1; step += 1) {
      let left = step;
      const error = new Error("enough");
      const fresh = createMemoryRegistry();
      const onProgress = (): void => {
        left -= 1;
        if (left < 0) throw error;
      };
      await expect(copy(at(source), at(fresh), { onProgress })).rejects.toBe(error);
      await expect(fresh.resolveTag(repository, "v1")).rejects.toMatchObject({ code: /UNKNOWN$/ });
    }
    expect(await copy(at(source), at(target))).toMatchObject({ tags: ["v1"] });
  });
});
