import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { ociMediaTypes, RegistryError, type Descriptor, type RegistryErrorCode } from "@ocilayout/oci-types";
import { bytes, descriptorOf } from "@ocilayout/testing";
import { expect } from "vitest";

import { copy, type CopyOptions, type CopySource, type Place } from "../../src/index.ts";
import type { FakeRegistry } from "../fake-registry.ts";
import { repository } from "./content.ts";

/** Makes a source that serves the content of `fake`, and whose tag is `root`. */
export function sourceOf(
  fake: FakeRegistry,
  root: unknown,
  more: Partial<CopySource> = {},
): Place<CopySource> {
  const registry: CopySource = {
    ...fake.registry,
    resolveTag: async (_repo, tag) => {
      if (tag !== "v1") throw new RegistryError("MANIFEST_UNKNOWN");
      return root as Descriptor;
    },
    resolveManifest: async (_repo, digest) => {
      await (await fake.registry.getManifest(repository, digest)).close();
      return root as Descriptor;
    },
    async *referrers() {
      // Most sources of these tests have none.
    },
    ...more,
  };
  return { registry, repository, reference: "v1" };
}

/** Copies to an empty registry. Expects a failure with a code, and that the target has no tag. */
export async function expectCode(
  from: Place<CopySource>,
  code: RegistryErrorCode,
  options: CopyOptions = {},
): Promise<void> {
  const target = createMemoryRegistry();
  const to = { registry: target, repository, reference: "v1" };
  await expect(copy(from, to, options)).rejects.toMatchObject({ name: "RegistryError", code });
  await expect(target.resolveTag(repository, "v1")).rejects.toMatchObject({ code: /UNKNOWN$/ });
}

/** Puts an image with a config and a layer, which is `layer`. */
export function putImage(fake: FakeRegistry, layer: object = {}): Descriptor {
  const blob = bytes("layer");
  const config = fake.put({}, "application/vnd.example.config");
  fake.serve(descriptorOf(blob), blob);
  const layers = [{ ...descriptorOf(blob), ...layer }];
  return fake.put({ schemaVersion: 2, config, layers }, ociMediaTypes.imageManifest);
}
