import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { openLayout } from "@ocilayout/layout-core";
import { openRemote } from "@ocilayout/oci-client";
import type { Place } from "@ocilayout/oci-image";
import { copy } from "@ocilayout/oci-image";
import type { Registry } from "@ocilayout/oci-types";
import { collect, ociMediaTypes } from "@ocilayout/oci-types";

import { bytes, chunks, describe, digestOf, GIB, manifest, MIB, writeLayout } from "./content.ts";
import type { Benchmark, Measured } from "./measure.ts";
import { inTurn, time } from "./measure.ts";
import type { Running } from "./beside/servers.ts";
import { startOurs } from "./beside/servers.ts";

const run = promisify(execFile);
const LAYERS = 8;
const RUNS = 3;
const TAGS = 10_000;

/** Yields a layer. It begins as gzip does, so that skopeo does not compress it. */
function* layer(number: number): Generator<Uint8Array, void, undefined> {
  yield new Uint8Array([0x1f, 0x8b, 8, 0, number, 0, 0, 0, 0, 3]);
  yield* chunks(GIB / LAYERS);
}

/** Writes the image `a:v1` of {@link GIB} mebibytes to a registry. */
async function pushImage(registry: Registry): Promise<void> {
  const configuration = bytes(
    '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}',
  );
  const config = describe(configuration, ociMediaTypes.imageConfig);
  await registry.pushBlob("a", config, configuration);
  const layers = [];
  for (let number = 0; number < LAYERS; number += 1) {
    const descriptor = {
      mediaType: ociMediaTypes.layerGzip,
      digest: digestOf(layer(number)),
      size: 10 + (GIB / LAYERS) * MIB,
    };
    await registry.pushBlob("a", descriptor, layer(number));
    layers.push(descriptor);
  }
  const mediaType = ociMediaTypes.imageManifest;
  await registry.pushManifest(
    "a",
    bytes(JSON.stringify({ schemaVersion: 2, mediaType, config, layers })),
    mediaType,
    { tags: ["v1"] },
  );
}

/** A place of an image, for a copy of ours and for skopeo. */
interface End extends AsyncDisposable {
  readonly place: Place;
  readonly name: string;
}

/** Opens an empty place in a directory. */
type OpenEnd = (directory: string) => Promise<End>;

const openLayoutEnd: OpenEnd = async (directory) => {
  const registry = await openLayout(directory, { defaultRepository: "a" });
  return {
    place: { registry, repository: "a", reference: "v1" },
    name: `oci:${directory}:v1`,
    [Symbol.asyncDispose]: () => registry.close(),
  };
};

const openRemoteEnd: OpenEnd = async (directory) => {
  const server: Running = await startOurs(false)(directory);
  const { host } = new URL(server.url);
  const registry = await openRemote(host, { credentials: false });
  return {
    place: { registry, repository: "a", reference: "v1" },
    name: `docker://${host}/a:v1`,
    async [Symbol.asyncDispose]() {
      await registry.close();
      await server.stop();
    },
  };
};

/** Copies from one kind of place to another, with `copy` and with skopeo, each time to an empty one. */
async function compareCopies(directory: string, openFrom: OpenEnd, openTo: OpenEnd): Promise<Measured> {
  await using from = await openFrom(join(directory, "from"));
  await pushImage(from.place.registry);
  const places = await Promise.all(
    Array.from({ length: 2 * RUNS }, async (_, i) => ({
      end: await openTo(join(directory, `to-${i}`)),
      directory: join(directory, `to-${i}`),
    })),
  );
  let used: (typeof places)[number] | undefined;
  const take = (): End => {
    used = places.pop();
    if (used === undefined) throw new Error("no empty place is left");
    return used.end;
  };
  const clear = async (): Promise<void> => {
    if (used === undefined) return;
    await used.end[Symbol.asyncDispose]();
    // Data that is not written back yet would slow the next copy.
    rmSync(used.directory, { recursive: true, force: true });
    used = undefined;
  };
  try {
    return await inTurn(
      RUNS,
      async () => {
        const { blobs } = await copy(from.place, take().place);
        if (blobs.copied !== LAYERS + 1) throw new Error(`copied ${blobs.copied} blobs`);
      },
      async () => {
        await run("skopeo", [
          "--insecure-policy",
          "copy",
          "--quiet",
          "--src-tls-verify=false",
          "--dest-tls-verify=false",
          from.name,
          take().name,
        ]);
      },
      clear,
    );
  } finally {
    await clear();
    for (const { end } of places) await end[Symbol.asyncDispose]();
  }
}

async function listTags(directory: string): Promise<Measured> {
  const content = manifest("one");
  writeLayout(directory, TAGS, () => content);
  const server = await startOurs(false)(directory);
  const registry = await openRemote(new URL(server.url).host, { credentials: false });
  try {
    const ours = await time(5, async () => {
      const { length } = await collect(registry.tags("a"));
      if (length !== TAGS) throw new Error(`listed ${length} tags`);
    });
    return { ours, limit: 100 };
  } finally {
    await registry.close();
    await server.stop();
  }
}

/** The benchmarks of copies from and to remote registries, and of a long list. Their memory is measured, too. */
export const remoteBenchmarks: readonly Benchmark[] = [
  {
    name: `remote: ${GIB} MiB, registry to layout`,
    limit: "skopeo",
    most: 1,
    run: (directory) => compareCopies(directory, openRemoteEnd, openLayoutEnd),
  },
  {
    name: `remote: ${GIB} MiB, layout to registry`,
    limit: "skopeo",
    most: 1,
    run: (directory) => compareCopies(directory, openLayoutEnd, openRemoteEnd),
  },
  {
    name: `remote: ${GIB} MiB, registry to registry`,
    limit: "skopeo",
    most: 1,
    run: (directory) => compareCopies(directory, openRemoteEnd, openRemoteEnd),
  },
  { name: `remote: list ${TAGS} tags`, limit: "100 ms", most: 1, run: listTags },
];
