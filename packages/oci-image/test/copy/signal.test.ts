import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { collect, isRegistryError, RegistryError, type Registry } from "@ocilayout/oci-types";
import { describe, expect, it, onTestFinished } from "vitest";

import { copy, sync, type Place } from "../../src/index.ts";
import { everythingOf, pushDocument, pushImage, pushIndex, pushReferrer, repository } from "./content.ts";
import { watch, type Call } from "./watch.ts";

const at = (registry: Registry, reference = "v1"): Place => ({ registry, repository, reference });

/** Makes a source with an index of two images and a referrer, as the tag v1. */
async function example(): Promise<Registry> {
  const source = createMemoryRegistry();
  const layers = ["base", "x".repeat(2_500_000)];
  const images = [
    await pushImage(source, "1", { layers }),
    await pushImage(source, "2", { layers, platform: { os: "linux", architecture: "arm64" } }),
    await pushImage(source, "3", { platform: { os: "windows", architecture: "amd64" } }),
  ];
  await pushReferrer(source, await pushIndex(source, images, { tags: ["v1"] }), "signature");
  return source;
}

/** Lists the tags of the test repository. */
async function tagsOf(registry: Registry): Promise<string[]> {
  try {
    return await collect(registry.tags(repository));
  } catch (error) {
    if (isRegistryError(error, "NAME_UNKNOWN")) return [];
    throw error;
  }
}

/** Fails the test if a rejection is not handled. */
function expectNoUnhandledRejections(): void {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => {
    unhandled.push(reason);
  };
  process.on("unhandledRejection", note);
  onTestFinished(() => {
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
}

/** Whether a value is the options of a call with a signal. */
function hasSignal(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && "signal" in value && value.signal instanceof AbortSignal
  );
}

/** Waits until calls that were not awaited have ended. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

const options = { referrers: true, platforms: ["linux/amd64", "linux/arm64"] };

describe("a signal", () => {
  it("that is aborted already ends the copy before any call", async () => {
    const [source, target] = [watch(await example()), watch(createMemoryRegistry())];
    source.calls.length = 0;
    const signal = AbortSignal.abort("never");
    await expect(copy(at(source.registry), at(target.registry), { signal })).rejects.toBe("never");
    await expect(copy(at(source.registry), [at(target.registry)], { signal })).rejects.toBe("never");
    await expect(sync(at(source.registry), at(target.registry), { signal })).rejects.toBe("never");
    expect([source.calls, target.calls]).toEqual([[], []]);
  });

  it("that is aborted at any call ends the copy with its reason, and no tag is set", async () => {
    expectNoUnhandledRejections();
    const original = await example();
    const runs = { steps: 0, finished: 0 };
    for (let step = 0; runs.finished === 0; step += 1) {
      const controller = new AbortController();
      const reason = new Error("stop");
      let calls = 0;
      let isOver = false;
      const lateCalls: string[] = [];
      const around = async ({ method }: Call, proceed: () => Promise<unknown>): Promise<unknown> => {
        if (isOver) lateCalls.push(method);
        if (calls === step) controller.abort(reason);
        calls += 1;
        return proceed();
      };
      const targets = [createMemoryRegistry(), createMemoryRegistry()];
      const result = await copy(
        at(watch(original, around).registry),
        targets.map((target) => at(watch(target, around).registry)),
        { ...options, tags: ["v2", "v3"], concurrency: 2, signal: controller.signal },
      ).catch((error: unknown) => error);
      isOver = true;
      await settle();
      expect(lateCalls).toEqual([]);
      runs.steps = step;
      if (controller.signal.aborted) {
        expect(result).toBe(reason);
        // One target may have its tags, because targets get them one after the other.
        for (const target of targets)
          if ((await tagsOf(target)).length > 0) await everythingOf(target, repository, "v1");
        expect(await tagsOf(targets[1] as Registry)).toEqual([]);
      } else {
        expect(result).toHaveLength(2);
        runs.finished += 1;
      }
    }
    expect(runs.steps).toBeGreaterThan(40);
  });

  it("that is aborted in the middle of a blob ends the copy with its reason", async () => {
    expectNoUnhandledRejections();
    const [source, target] = [await example(), createMemoryRegistry()];
    const controller = new AbortController();
    await expect(
      copy(at(source), at(target), {
        signal: controller.signal,
        onProgress: ({ descriptor, outcome }) => {
          if (descriptor.size === 2_500_000 && outcome === undefined) controller.abort("enough");
        },
      }),
    ).rejects.toBe("enough");
    await settle();
    expect(await tagsOf(target)).toEqual([]);
  });

  it("ends a copy while a registry does not answer", async () => {
    const source = await example();
    const controller = new AbortController();
    const hanging = watch(createMemoryRegistry(), async ({ method, args }, proceed) => {
      if (method !== "pushBlob") return proceed();
      const { signal } = args[3] as { signal: AbortSignal };
      setImmediate(() => {
        controller.abort("timeout");
      });
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      });
    });
    await expect(copy(at(source), at(hanging.registry), { signal: controller.signal })).rejects.toBe(
      "timeout",
    );
  });

  it("that is aborted after the copy has no effect", async () => {
    const [source, target] = [await example(), createMemoryRegistry()];
    const controller = new AbortController();
    const report = await copy(at(source), at(target), { signal: controller.signal });
    controller.abort();
    await settle();
    expect(report.tags).toEqual(["v1"]);
  });

  it("has no listener after the copy", async () => {
    const source = await example();
    const { signal } = new AbortController();
    let listeners = 0;
    const counting = new Proxy(signal, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name === "addEventListener") listeners += 1;
        if (name === "removeEventListener") listeners -= 1;
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    await copy(at(source), at(createMemoryRegistry()), { signal: counting });
    await copy(at(source, "none"), at(createMemoryRegistry()), { signal: counting }).catch(() => undefined);
    expect(listeners).toBe(0);
  });
});

describe("every call", () => {
  it("gets a signal", async () => {
    const source = await example();
    const opaque = await pushDocument(source, { mediaType: "application/vnd.foo" });
    const { digest } = await pushIndex(source, [opaque], { tags: ["v2"] });
    await pushReferrer(source, opaque, "signature of opaque content");
    const withoutReferrers = watch(source, async ({ method }, proceed) => {
      if (method === "referrers") throw new RegistryError("UNSUPPORTED");
      return proceed();
    });
    const [reads, target] = [watch(withoutReferrers.registry), watch(createMemoryRegistry())];
    await copy(at(reads.registry), at(target.registry), { ...options, check: "deep" });
    await copy(at(reads.registry, digest), at(target.registry, "v2"), { referrers: true });
    await copy(at(target.registry), at(target.registry, "v3"), { dryRun: true, check: "deep" });
    await copy(at(target.registry), { ...at(target.registry), repository: "b" });
    await sync(at(target.registry), at(createMemoryRegistry()), { signal: new AbortController().signal });
    for (const { method, args } of [...reads.calls, ...target.calls])
      expect([method, args.some(hasSignal)]).toEqual([method, true]);
    const methods = new Set([...reads.methods(), ...target.methods()]);
    expect([...methods].sort()).toEqual([
      ...["getBlob", "getManifest", "getTag", "mountBlob", "pushBlob", "pushManifest", "referrers"],
      ...["resolveBlob", "resolveManifest", "resolveTag", "tags"],
    ]);
  });
});

describe("a failure", () => {
  it("of one call ends the copy, and no call begins after that", async () => {
    expectNoUnhandledRejections();
    const source = await example();
    for (const failing of ["resolveTag", "resolveManifest", "resolveBlob", "pushBlob", "pushManifest"]) {
      let isOver = false;
      const late: string[] = [];
      const around = async ({ method }: Call, proceed: () => Promise<unknown>): Promise<unknown> => {
        if (isOver) late.push(method);
        // Lets other calls begin.
        await new Promise((resolve) => setImmediate(resolve));
        if (isOver) late.push(`${method} goes on`);
        if (method === failing) throw new Error("broken");
        return proceed();
      };
      const places = [at(createMemoryRegistry()), at(watch(createMemoryRegistry(), around).registry)];
      const run = copy(
        at(source),
        [...places, ...places.map((place) => ({ ...place, repository: "b" }))],
        options,
      );
      await expect(run).rejects.toThrow("broken");
      isOver = true;
      await settle();
      expect(late).toEqual([]);
    }
  });
});

describe("concurrency", () => {
  it.each([1, 2, 5])("of %d is reached and never exceeded", async (concurrency) => {
    const source = createMemoryRegistry();
    const images = [];
    for (let i = 0; i < 12; i += 1) images.push(await pushImage(source, `${i}`));
    await pushIndex(source, images, { tags: ["v1"] });
    let running = 0;
    let most = 0;
    const around = async (_: Call, proceed: () => Promise<unknown>): Promise<unknown> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return proceed();
    };
    const targets = Array.from({ length: 7 }, () => at(watch(createMemoryRegistry(), around).registry));
    const [target] = targets;
    if (target === undefined) return;
    await copy(at(source), target, { concurrency });
    expect(most).toBe(concurrency);
    most = 0;
    await copy(at(source), targets, { concurrency, dryRun: true });
    expect(most).toBe(concurrency);
  });
});
