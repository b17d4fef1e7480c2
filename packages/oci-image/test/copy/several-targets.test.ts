import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { createBlobReader } from "@ocilayout/oci-backend";
import { ociMediaTypes, RegistryError, type Registry } from "@ocilayout/oci-types";
import { bytes, descriptorOf } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { copy, type CopyOutcome, type CopyProgress, type Place } from "../../src/index.ts";
import { everythingOf, pushImage, pushIndex, repository } from "./content.ts";
import { watch } from "./watch.ts";

const at = (registry: Registry, reference = "v1"): Place => ({ registry, repository, reference });

describe("copy to several targets", () => {
  it("copies to each, and reads every blob and every manifest once", async () => {
    const source = watch(createMemoryRegistry());
    const images = [await pushImage(source.registry, "1"), await pushImage(source.registry, "2")];
    await pushIndex(source.registry, images, { tags: ["v1"] });
    source.calls.length = 0;
    const targets = Array.from({ length: 6 }, () => createMemoryRegistry());
    const reports = await copy(
      at(source.registry),
      targets.map((target, i) => at(target, `w${i}`)),
    );
    expect(reports).toHaveLength(6);
    expect([source.count("getBlob"), source.count("getManifest")]).toEqual([4, 3]);
    const expected = await everythingOf(source.registry, repository, "v1");
    for (const [i, target] of targets.entries()) {
      expect(await everythingOf(target, repository, `w${i}`)).toEqual(expected);
      expect(reports[i]).toMatchObject({ tags: [`w${i}`], manifests: 3, blobs: { copied: 4 } });
    }
  });

  it("copies to each only what it lacks", async () => {
    const [source, one, two] = [createMemoryRegistry(), createMemoryRegistry(), createMemoryRegistry()];
    const image = await pushImage(source, "1", { tags: ["one"] });
    await pushIndex(source, [image, await pushImage(source, "2")], { tags: ["v1"] });
    await copy(at(source, "one"), at(one, "one"));
    const outcomes: (CopyOutcome | undefined)[] = [];
    const reports = await copy(at(source), [at(one), at(two)], {
      onProgress: ({ outcome }) => outcomes.push(outcome),
    });
    expect(reports).toMatchObject([
      { manifests: 2, blobs: { copied: 2, present: 0 } },
      { manifests: 3, blobs: { copied: 4, present: 0 } },
    ]);
    expect(await everythingOf(one, repository, "v1")).toEqual(await everythingOf(two, repository, "v1"));
    expect(outcomes).not.toContain("present");
  });

  it("reports the outcome of the slowest target as progress", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushImage(source, "1", { tags: ["v1"] });
    await copy(at(source), at(target));
    for (const reverse of [false, true]) {
      const targets = [at(target, "v2"), at(createMemoryRegistry())];
      const outcomes: Set<unknown> = new Set();
      await copy(at(source), reverse ? targets.reverse() : targets, {
        check: "deep",
        onProgress: ({ outcome }) => outcomes.add(outcome),
      });
      expect(outcomes).toEqual(new Set([undefined, "copied"]));
    }
  });

  it("reports a mounted blob as mounted, whichever target had it", async () => {
    const registry = createMemoryRegistry();
    await pushImage(registry, "1", { tags: ["v1"] });
    const [b, c] = ["b", "c"].map((repo) => ({ ...at(registry), repository: repo }));
    await copy(at(registry), b as Place);
    for (const targets of [
      [b, c],
      [c, b],
    ] as Place[][]) {
      const outcomes: Set<unknown> = new Set();
      const onProgress = ({ descriptor, outcome }: CopyProgress): unknown =>
        descriptor.mediaType === ociMediaTypes.layer && outcomes.add(outcome);
      await copy(at(registry), targets, { check: "deep", onProgress });
      expect(outcomes).toEqual(new Set(["mounted"]));
      await registry.deleteTag("c", "v1");
      await registry.deleteManifest("c", (await registry.resolveTag(repository, "v1")).digest);
      await registry.deleteBlob("c", descriptorOf(bytes("layer of 1")).digest);
    }
  });

  it("returns a list of reports for a list of one target, and an empty list for none", async () => {
    const source = createMemoryRegistry();
    await pushImage(source, "1", { tags: ["v1"] });
    expect(await copy(at(source), [at(createMemoryRegistry())])).toMatchObject([{ manifests: 1 }]);
    expect(await copy(at(source), [])).toEqual([]);
  });

  it("copies to the same place twice", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    await pushImage(source, "1", { tags: ["v1"] });
    await copy(at(source), [at(target), at(target)]);
    expect(await everythingOf(target, repository, "v1")).toEqual(
      await everythingOf(source, repository, "v1"),
    );
  });

  it("checks the digest of each target", async () => {
    const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
    const other = await pushImage(source, "other");
    await pushImage(source, "1", { tags: ["v1"] });
    await copy(at(source), at(target));
    await expect(
      copy(at(source), [at(target), at(createMemoryRegistry(), other.digest)]),
    ).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
  });

  /** A target that fails at every push of a blob: before it reads, after the first chunk, or after all of them. */
  function failing(when: "before" | "during" | "after"): Registry {
    return {
      ...createMemoryRegistry(),
      async pushBlob(_repo, _descriptor, content) {
        if (when !== "before") {
          for await (const chunk of content as AsyncIterable<Uint8Array>)
            if (when === "during" && chunk.length > 0) break;
        }
        throw new RegistryError("STORAGE_FAILED", when);
      },
    };
  }

  it.each(["before", "during", "after"] as const)(
    "completes a blob in the other targets if one fails %s it reads, and sets no tag",
    async (when) => {
      const source = createMemoryRegistry();
      await pushImage(source, "1", { layers: ["x".repeat(3_000_000)], tags: ["v1"] });
      const targets = [createMemoryRegistry(), createMemoryRegistry()] as const;
      const places = [targets[0], failing(when), targets[1]].map((target) => at(target));
      await expect(copy(at(source), places, { concurrency: 1 })).rejects.toMatchObject({
        code: "STORAGE_FAILED",
        message: when,
      });
      for (const target of targets) {
        await expect(target.resolveTag(repository, "v1")).rejects.toMatchObject({ code: /UNKNOWN$/ });
        expect(await copy(at(source), at(target))).toMatchObject({ blobs: { present: 1 } });
      }
    },
  );

  it("fails if a target fails while the source stalls", async () => {
    const memory = createMemoryRegistry();
    await pushImage(memory, "1", { tags: ["v1"] });
    const source: Registry = {
      ...memory,
      async getBlob(repo, digest) {
        const { descriptor } = await memory.getBlob(repo, digest);
        const next = (): Promise<never> => new Promise(() => undefined);
        return createBlobReader(descriptor, { [Symbol.asyncIterator]: () => ({ next }) }, { verify: false });
      },
    };
    const target: Registry = {
      ...createMemoryRegistry(),
      async pushBlob(_repo, _descriptor, content) {
        void (content as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]().next();
        throw new RegistryError("STORAGE_FAILED");
      },
    };
    await expect(copy(at(source), at(target))).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  });

  it("reads no further than the slowest target", async () => {
    const memory = createMemoryRegistry();
    const content = new Uint8Array(8 * 1024 * 1024);
    await pushImage(memory, "1", { layers: [new TextDecoder().decode(content)], tags: ["v1"] });
    let read = 0;
    const source: Registry = {
      ...memory,
      async getBlob(repo, digest, options) {
        const reader = await memory.getBlob(repo, digest, options);
        async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
          for await (const chunk of reader) {
            read += chunk.length;
            yield chunk;
          }
        }
        return createBlobReader(reader.descriptor, counted(), { verify: false });
      },
    };
    const target = createMemoryRegistry();
    let most = 0;
    const slow: Registry = {
      ...createMemoryRegistry(),
      async pushBlob(repo, descriptor, body, options) {
        let written = 0;
        const chunks: Uint8Array[] = [];
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          await new Promise((resolve) => setImmediate(resolve));
          written += chunk.length;
          chunks.push(chunk.slice());
          most = Math.max(most, read - written);
        }
        return target.pushBlob(repo, descriptor, new Blob(chunks), options);
      },
      pushManifest: (...args) => target.pushManifest(...args),
    };
    await copy(at(source), [at(createMemoryRegistry()), at(slow)], { concurrency: 1 });
    expect(read).toBeGreaterThan(content.length);
    expect(most).toBeLessThanOrEqual(1024 * 1024);
  });
});
