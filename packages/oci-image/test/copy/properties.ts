import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { createBlobReader } from "@ocilayout/oci-backend";
import { RegistryError, type BlobReader, type Registry } from "@ocilayout/oci-types";
import fc from "fast-check";
import { expect, it } from "vitest";

import { copy, type CopyOptions, type Place } from "../../src/index.ts";
import { everythingOf, repository } from "./content.ts";
import { belongingsOf, graphs, pairs, pushGraph, tagsOf, withRegistries } from "./graphs.ts";
import { watch, writes, type Call } from "./watch.ts";

const from = (registry: Registry): Place => ({ registry, repository, reference: "v1" });
const to = (registry: Registry): Place => ({ registry, repository: "b/c", reference: "w1" });

/** Options that do not change the result. */
const ways = fc.record({
  concurrency: fc.integer({ min: 1, max: 5 }),
  check: fc.constantFrom("root", "deep"),
  link: fc.boolean(),
  tags: fc.constantFrom([], ["w2", "w3"]),
} satisfies { [Name in keyof CopyOptions]: unknown });

/** Defines the properties of `copy`, as tests with a number of runs each. */
export function testProperties(numRuns: number): void {
  it("makes the target equal to the source, for any graph and between any registries", async () => {
    const property = fc.asyncProperty(
      graphs,
      pairs,
      ways,
      fc.boolean(),
      async (graph, kinds, options, referrers) => {
        await withRegistries(kinds, async (source, target) => {
          await pushGraph(source, graph);
          const report = await copy(from(source), to(target), { ...options, referrers });
          for (const tag of ["w1", ...options.tags])
            expect((await target.resolveTag("b/c", tag)).digest).toBe(report.descriptor.digest);
          if (!referrers)
            expect(await everythingOf(target, "b/c", "w1")).toEqual(
              await everythingOf(source, repository, "v1"),
            );
          else
            expect(await belongingsOf(target, "b/c", "w1")).toEqual(
              await belongingsOf(source, repository, "v1"),
            );
        });
      },
    );
    await fc.assert(property, { numRuns });
  });

  it("changes nothing when it is repeated, and asks the target one question for each tag", async () => {
    const property = fc.asyncProperty(graphs, pairs, ways, async (graph, kinds, { concurrency, tags }) => {
      await withRegistries(kinds, async (source, target) => {
        await pushGraph(source, graph);
        await copy(from(source), to(target), { tags, referrers: true });
        const watched = watch(target);
        await copy(from(source), to(watched.registry), { tags, concurrency });
        expect(watched.methods()).toEqual(["w1", ...tags].map(() => "resolveTag"));
        const again = await copy(from(source), to(watched.registry), {
          tags,
          referrers: true,
          check: "deep",
        });
        expect(watched.count(...writes)).toBe(0);
        expect(again).toMatchObject({ tags: [], manifests: 0, bytes: 0 });
      });
    });
    await fc.assert(property, { numRuns });
  });

  it("reports in a dry run what it then does", async () => {
    const property = fc.asyncProperty(
      graphs,
      graphs,
      ways,
      fc.boolean(),
      async (old, graph, options, referrers) => {
        const [source, target] = [createMemoryRegistry(), createMemoryRegistry()];
        await pushGraph(source, old);
        await copy(from(source), to(target), { referrers: true });
        await pushGraph(source, graph);
        const planned = await copy(from(source), to(target), { ...options, referrers, dryRun: true });
        const reports: [number, number][] = [];
        const done = await copy(from(source), to(target), {
          ...options,
          referrers,
          onProgress: ({ doneBytes, totalBytes }) => reports.push([doneBytes, totalBytes]),
        });
        expect(done).toEqual(planned);
        const [doneBytes, totalBytes] = reports.at(-1) ?? [0, 0];
        expect(doneBytes).toBe(totalBytes);
      },
    );
    await fc.assert(property, { numRuns });
  });

  it("leaves no tag with missing content if any call fails, and copies no finished blob again", async () => {
    const step = fc.nat({ max: 80 });
    const property = fc.asyncProperty(graphs, pairs, ways, step, async (graph, kinds, options, failing) => {
      await withRegistries(kinds, async (source, target) => {
        await pushGraph(source, graph);
        const other = createMemoryRegistry();
        const finished: unknown[] = [];
        const failure = new Failure(failing);
        const targets = [target, other].map((registry) =>
          failure.apply(registry, ({ method, args }) => {
            if (method === "pushBlob" && registry === target) finished.push(digestOf(args[1]));
          }),
        );
        const places = targets.map((registry) => to(registry));
        const run = copy(from(failure.apply(source)), places, { ...options, referrers: true });
        const error: unknown = await run.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (failure.hasOccurred) expect(error).toMatchObject({ code: "STORAGE_FAILED" });
        else expect(error).toBeUndefined();
        for (const registry of [target, other]) {
          for (const tag of await tagsOf(registry, "b/c")) {
            await everythingOf(registry, "b/c", tag);
            const place = { registry, repository: "b/c", reference: tag };
            await copy(place, to(createMemoryRegistry()), { check: "deep" });
          }
        }
        const again = watch(target);
        await copy(from(source), to(again.registry), { ...options, referrers: true });
        expect(await belongingsOf(target, "b/c", "w1")).toEqual(await belongingsOf(source, repository, "v1"));
        for (const { method, args } of again.calls)
          if (method === "pushBlob") expect(finished).not.toContain(digestOf(args[1]));
      });
    });
    await fc.assert(property, { numRuns });
  });

  it('restores content that a layout lost, with check: "deep"', async () => {
    const lost = fc.array(fc.nat(), { minLength: 1, maxLength: 5 });
    const layout = pairs.filter(([, kind]) => kind.name === "layout");
    const property = fc.asyncProperty(
      graphs,
      layout,
      ways,
      lost,
      async (graph, kinds, { concurrency }, numbers) => {
        await withRegistries(kinds, async (source, target, directory) => {
          await pushGraph(source, graph);
          await copy(from(source), to(target));
          const blobs = join(directory, "blobs", "sha256");
          for (const number of numbers) {
            const names = readdirSync(blobs).sort();
            if (names.length > 0) rmSync(join(blobs, names[number % names.length] ?? ""));
          }
          await copy(from(source), to(target), { check: "deep", concurrency });
          expect(await everythingOf(target, "b/c", "w1")).toEqual(
            await everythingOf(source, repository, "v1"),
          );
        });
      },
    );
    await fc.assert(property, { numRuns });
  });
}

/** Makes one call, or one read of a chunk, of several registries fail. */
class Failure {
  #left: number;
  /** Whether it has failed. */
  hasOccurred = false;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** Returns a registry that fails at that call. */
  apply(registry: Registry, onSuccess: (call: Call) => void = () => undefined): Registry {
    return watch(registry, async (call, proceed) => {
      this.#step();
      const result = await proceed();
      onSuccess(call);
      return call.method === "getBlob" ? this.#applyTo(result as BlobReader) : result;
    }).registry;
  }

  #applyTo(reader: BlobReader): BlobReader {
    const step = (): void => {
      this.#step();
    };
    async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of reader) {
        step();
        yield chunk;
      }
    }
    return createBlobReader(reader.descriptor, chunks(), { verify: false });
  }

  #step(): void {
    this.#left -= 1;
    if (this.#left !== -1) return;
    this.hasOccurred = true;
    throw new RegistryError("STORAGE_FAILED");
  }
}

function digestOf(descriptor: unknown): string {
  return (descriptor as { readonly digest: string }).digest;
}
