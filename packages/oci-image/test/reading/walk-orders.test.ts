import { collect, ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
import fc from "fast-check";
import { expect, it } from "vitest";

import { walkManifest, type WalkStep } from "../../src/index.ts";
import { FakeRegistry } from "../fake-registry.ts";

const { imageIndex, imageManifest } = ociMediaTypes;

/** A manifest to make, with the manifests before it that it refers to. */
interface Recipe {
  readonly kind: "index" | "image" | "thing" | "missing" | "forged" | "mislabelled";
  readonly parts: readonly number[];
}

const recipe: fc.Arbitrary<Recipe> = fc.record({
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant("index" as const) },
    { weight: 1, arbitrary: fc.constantFrom("image", "thing", "missing", "forged", "mislabelled") },
  ),
  parts: fc.array(fc.nat({ max: 15 }), { maxLength: 5 }),
});

/** Stores manifests as `recipes` describe them, the last one an index. Returns the last. */
function build(fake: FakeRegistry, recipes: readonly Recipe[]): Descriptor {
  const made: Descriptor[] = [];
  for (const [i, { kind, parts }] of recipes.entries()) {
    const manifests = parts.flatMap((part) => made[part] ?? []);
    const annotations = { i: String(i) };
    const index = (digest?: Descriptor["digest"]): Descriptor =>
      fake.put({ schemaVersion: 2, manifests, annotations }, imageIndex, digest);
    const absent = `sha256:${i.toString(16).padStart(64, "0")}` as const;
    if (kind === "index") made.push(index());
    if (kind === "image") {
      const [config = index(), ...layers] = manifests;
      made.push(fake.put({ schemaVersion: 2, config, layers, annotations }, imageManifest));
    }
    if (kind === "thing") made.push(fake.put(annotations, "application/x-thing"));
    if (kind === "missing") made.push({ mediaType: imageIndex, digest: absent, size: 1 });
    if (kind === "forged") made.push(index(absent));
    if (kind === "mislabelled") made.push({ ...index(), mediaType: imageManifest });
  }
  return fake.put({ schemaVersion: 2, manifests: [...made].reverse() }, imageIndex);
}

/** Returns the place of the step that read `digest`. */
function placeOf(steps: readonly WalkStep[], digest: string | undefined): number {
  return steps.findIndex((step) => step.state === "read" && step.descriptor.digest === digest);
}

const graphs = fc.array(recipe, { maxLength: 16 });

it("children-first yields each manifest after everything below it, for any graph", async () => {
  await fc.assert(
    fc.asyncProperty(graphs, async (recipes) => {
      const fake = new FakeRegistry();
      const at = fake.at(build(fake, recipes));
      const steps = await collect(walkManifest(at, { order: "children-first" }));
      for (const [place, { parent, state, descriptor }] of steps.entries()) {
        if (parent !== undefined) expect(placeOf(steps, parent)).toBeGreaterThan(place);
        // So everything below a repeated manifest was yielded before, too.
        if (state !== "repeated") continue;
        expect(placeOf(steps, descriptor.digest)).toBeGreaterThanOrEqual(0);
        expect(placeOf(steps, descriptor.digest)).toBeLessThan(place);
      }
      expect(steps.at(-1)).toMatchObject({ depth: 0 });
    }),
  );
});

it("parents-first yields each manifest before everything below it, for any graph", async () => {
  await fc.assert(
    fc.asyncProperty(graphs, async (recipes) => {
      const fake = new FakeRegistry();
      const steps = await collect(walkManifest(fake.at(build(fake, recipes))));
      for (const [place, { parent }] of steps.entries()) {
        if (parent === undefined) continue;
        expect(placeOf(steps, parent)).toBeGreaterThanOrEqual(0);
        expect(placeOf(steps, parent)).toBeLessThan(place);
      }
      expect(steps[0]).toMatchObject({ depth: 0 });
    }),
  );
});

it("both orders make the same requests and yield the same steps, for any graph", async () => {
  await fc.assert(
    fc.asyncProperty(graphs, async (recipes) => {
      const fake = new FakeRegistry();
      const at = fake.at(build(fake, recipes));
      const down = await collect(walkManifest(at, { order: "parents-first" }));
      const requests = fake.asked.splice(0);
      const up = await collect(walkManifest(at, { order: "children-first" }));
      expect(fake.asked).toEqual(requests);
      expect(new Set(requests).size).toBeGreaterThan(0);
      const sorted = (steps: readonly WalkStep[]): string[] => steps.map((it) => JSON.stringify(it)).sort();
      expect(sorted(up)).toEqual(sorted(down));
      // Steps without parts of their own also keep their order.
      const leaves = (steps: readonly WalkStep[]): WalkStep[] =>
        steps.filter(({ state }) => state !== "read");
      expect(leaves(up)).toEqual(leaves(down));
    }),
  );
});
