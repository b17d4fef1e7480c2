import { createHash } from "node:crypto";

import { createBlobReader } from "@ocilayout/oci-backend";
import { ociMediaTypes, type Descriptor, type RegistryReader } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { listFiles } from "../../src/index.ts";
import { header } from "../tar/archives.ts";
import { FakeRegistry } from "../fake-registry.ts";
import { putImage } from "./images.ts";

const MIB = 1024 * 1024;
const FILE_BYTES = 128 * MIB;
/** The size of the layer. The long checks set 10. */
const GIB = Number(process.env["LAYER_GIB"] ?? 2);
const FILES = (GIB * 1024 * MIB) / FILE_BYTES;

/** Makes the layer. */
function* chunks(): Generator<Uint8Array> {
  const zeros = new Uint8Array(MIB);
  for (let number = 0; number < FILES; number += 1) {
    yield header({ name: `f${number}`, size: FILE_BYTES });
    for (let size = 0; size < FILE_BYTES; size += MIB) yield zeros;
  }
}

describe("the memory of listFiles", () => {
  it(`does not grow with the size of a layer, of ${GIB} GiB`, async () => {
    const hash = createHash("sha256");
    let size = 0;
    for (const chunk of chunks()) {
      hash.update(chunk);
      size += chunk.length;
    }
    const digest: Descriptor["digest"] = `sha256:${hash.digest("hex")}`;
    const layer = { mediaType: ociMediaTypes.layer, digest, size };
    const fake = new FakeRegistry();
    const { reference } = putImage(fake, [layer], [digest]);
    const registry: RegistryReader = {
      ...fake.registry,
      getBlob: async (repository, wanted, options) =>
        wanted === digest
          ? createBlobReader(layer, chunks(), { verify: false, chunks: "reused" })
          : fake.registry.getBlob(repository, wanted, options),
    };
    const usage = (): number => {
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const idle = usage();
    let peak = idle;
    const onProgress = (): void => {
      peak = Math.max(peak, usage());
    };
    const paths: string[] = [];
    for await (const { path } of listFiles({ registry, repository: "a", reference }, { onProgress }))
      paths.push(path);
    expect(paths).toHaveLength(FILES + 1);
    expect((peak - idle) / MIB).toBeLessThan(96);
  });
});
