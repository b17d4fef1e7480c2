import {
  isRegistryError,
  ociMediaTypes,
  validateImageIndex,
  validateImageManifest,
} from "@ocilayout/oci-types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { changeImage, type ChangedImage, type ImageChanges } from "../../src/change/change-image.ts";
import type { ConfigChanges } from "../../src/change/config-changes.ts";
import { editImage } from "../../src/change/edit-image.ts";
import type { PreparedLayer } from "../../src/change/prepared-layer.ts";
import { imageOf, layerOf, manifestAt, openFresh, placeOf, pushImage, pushIndex } from "./images.ts";

const name = fc.constantFrom("A", "B", "PATH", "__proto__", "constructor", "1");
const text = fc.string({ unit: "binary", maxLength: 4 }).map((value) => value.replaceAll("\0", ""));
const lines = fc.array(text, { maxLength: 3 });
const textChanges = fc
  .uniqueArray(fc.tuple(name, fc.option(text)), { selector: ([key]) => key, maxLength: 4 })
  .map((entries): Record<string, string | null> => Object.fromEntries(entries));
const labels = textChanges.map((changes) =>
  Object.fromEntries(Object.entries(changes).map(([key, value]) => [key, value ?? ""])),
);
const environment = fc.array(
  fc.tuple(name, text).map((pair) => pair.join("=")),
  { maxLength: 5 },
);

/** Members that no specification defines. */
const unknownMembers = fc.dictionary(fc.constantFrom("x-a", "x-b", "__proto__"), fc.jsonValue(), {
  maxKeys: 3,
  noNullPrototype: true,
});

const configChanges: fc.Arbitrary<ConfigChanges> = fc.record(
  {
    env: textChanges,
    entrypoint: fc.option(lines),
    cmd: fc.option(lines),
    labels: textChanges,
    user: fc.option(text),
    workingDirectory: fc.option(text),
  },
  { requiredKeys: [] },
);

const layers: fc.Arbitrary<readonly PreparedLayer[]> = fc.array(
  fc
    .tuple(text, fc.option(fc.record({ comment: text }), { nil: undefined }))
    .map(([content, history]) => layerOf(content, { history })),
  { maxLength: 3 },
);

const changes: fc.Arbitrary<ImageChanges> = fc.record(
  { config: configChanges, annotations: textChanges, layers },
  { requiredKeys: [] },
);

const history = fc.array(fc.record({ empty_layer: fc.boolean(), created_by: text }, { requiredKeys: [] }), {
  maxLength: 4,
});

const image = fc
  .record({
    defaults: fc.option(
      fc.record(
        {
          Env: fc.option(environment),
          Entrypoint: fc.option(lines),
          Cmd: fc.option(lines),
          Labels: fc.option(labels),
          User: text,
          WorkingDir: text,
          Volumes: fc.constant({ "/data": {} }),
        },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    ),
    history: fc.option(history, { nil: undefined }),
    annotations: fc.option(labels, { nil: undefined }),
    ofConfig: unknownMembers,
    ofManifest: unknownMembers,
  })
  .map(({ defaults, history: steps, annotations, ofConfig, ofManifest }) =>
    imageOf("base", {
      config: { config: defaults, history: steps, ...ofConfig },
      manifest: { ...(annotations === undefined ? {} : { annotations }), ...ofManifest },
    }),
  );

/** Applies changes. Returns `undefined` if the image has a number that JavaScript rounds. */
async function apply(to: Pick<ChangedImage, "manifest" | "config">, it: ImageChanges): Promise<ChangedImage> {
  return changeImage(to, it).catch((error: unknown) => {
    fc.pre(!isRegistryError(error, "MANIFEST_INVALID") || !error.message.includes("rounds"));
    throw error;
  });
}

function countSteps({ config }: Pick<ChangedImage, "config">): number {
  return (config.history ?? []).filter((entry) => entry.empty_layer !== true).length;
}

/** Returns the members of a document that are not in `known`, as text with their order. */
function othersOf(document: object, known: readonly string[]): string {
  return JSON.stringify(Object.entries(document).filter(([key]) => !known.includes(key)));
}

describe("changeImage, for any image and any changes,", () => {
  it("does not change its arguments", async () => {
    await fc.assert(
      fc.asyncProperty(image, changes, async (before, change) => {
        const copy = JSON.stringify([before, change]);
        await apply(before, change);
        expect(JSON.stringify([before, change])).toBe(copy);
      }),
    );
  });

  it("changes config and annotations once, however often they are applied", async () => {
    await fc.assert(
      fc.asyncProperty(image, configChanges, textChanges, async (before, config, annotations) => {
        const once = await apply(before, { config, annotations });
        const twice = await apply(once, { config, annotations });
        expect(twice).toEqual({ ...once, manifestBytes: undefined, configBytes: undefined });
      }),
    );
  });

  it("returns bytes exactly for the documents that differ", async () => {
    await fc.assert(
      fc.asyncProperty(image, changes, async (before, change) => {
        const { manifest, config, manifestBytes, configBytes } = await apply(before, change);
        const isSame = (one: object, two: object): boolean => JSON.stringify(one) === JSON.stringify(two);
        expect(manifestBytes === undefined).toBe(isSame(manifest, before.manifest));
        expect(configBytes === undefined).toBe(isSame(config, before.config));
      }),
    );
  });

  it("keeps layers, diff ids and a complete history equally long", async () => {
    await fc.assert(
      fc.asyncProperty(image, changes, async (before, change) => {
        const after = await apply(before, change);
        const added = change.layers?.length ?? 0;
        const wasComplete = countSteps(before) === before.config.rootfs.diff_ids.length;
        expect(after.manifest.layers).toHaveLength(before.manifest.layers.length + added);
        expect(after.config.rootfs.diff_ids).toHaveLength(after.manifest.layers.length);
        expect(countSteps(after)).toBe(countSteps(before) + (wasComplete ? added : 0));
      }),
    );
  });

  it("keeps all other members, in their order", async () => {
    await fc.assert(
      fc.asyncProperty(image, changes, async (before, change) => {
        const after = await apply(before, change);
        const ofManifest = ["config", "layers", "annotations"];
        expect(othersOf(after.manifest, ofManifest)).toBe(othersOf(before.manifest, ofManifest));
        const ofConfig = ["config", "rootfs", "history"];
        expect(othersOf(after.config, ofConfig)).toBe(othersOf(before.config, ofConfig));
        const ofDefaults = ["Env", "Entrypoint", "Cmd", "Labels", "User", "WorkingDir"];
        expect(othersOf(after.config.config ?? {}, ofDefaults)).toBe(
          othersOf(before.config.config ?? {}, ofDefaults),
        );
      }),
    );
  });

  it("sets every value, and removes every null", async () => {
    await fc.assert(
      fc.asyncProperty(image, textChanges, async (before, change) => {
        const { manifest, config } = await apply(before, {
          annotations: change,
          config: { env: change, labels: change },
        });
        for (const [key, value] of Object.entries(change)) {
          for (const texts of [manifest.annotations, config.config?.Labels])
            expect(Object.entries(texts ?? {}).find(([other]) => other === key)?.[1] ?? null).toBe(value);
          const entries = (config.config?.Env ?? []).filter((it) => it.split("=")[0] === key);
          expect(entries).toEqual(value === null ? [] : [`${key}=${value}`]);
        }
      }),
    );
  });

  it("returns a valid manifest", async () => {
    await fc.assert(
      fc.asyncProperty(image, changes, async (before, change) => {
        expect(validateImageManifest((await apply(before, change)).manifest)).toEqual([]);
      }),
    );
  });
});

describe("editImage, for any changes,", () => {
  it("pushes documents that a layout accepts with all of their references", async () => {
    const registry = await openFresh();
    const images = [await pushImage(registry), await pushImage(registry, "other")];
    const nested = await pushIndex(registry, [...images, ...images]);
    const root = await pushIndex(registry, [nested, { ...nested, annotations: { a: "1" } }]);
    const at = placeOf(registry, root.digest);
    await fc.assert(
      fc.asyncProperty(changes, async (change) => {
        const { descriptor, dropped } = await editImage(at, change);
        const index = await manifestAt(registry, descriptor.digest);
        expect(dropped).toEqual([]);
        expect(validateImageIndex(index)).toEqual([]);
        expect(index.manifests[1]).toEqual({ ...index.manifests[0], annotations: { a: "1" } });
        const inner = await manifestAt(registry, index.manifests[0]?.digest ?? "");
        expect(inner.manifests.slice(2)).toEqual(inner.manifests.slice(0, 2));
        expect(inner.mediaType).toBe(ociMediaTypes.imageIndex);
      }),
      { numRuns: 20 },
    );
  });
});
