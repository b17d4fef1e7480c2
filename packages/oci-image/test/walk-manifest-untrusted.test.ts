import { collect, ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { walkManifest } from "../src/index.ts";
import { FakeRegistry } from "./fake-registry.ts";

const { imageManifest, imageIndex: indexType } = ociMediaTypes;

describe("walkManifest over an untrusted registry", () => {
  const unknown = { mediaType: imageManifest, digest: `blake3:${"a".repeat(64)}`, size: 1 } as const;
  const list = (...manifests: readonly object[]): object => ({ schemaVersion: 2, manifests });

  it("walks 10,000 levels deep", async () => {
    const fake = new FakeRegistry();
    let top = fake.put(list(), indexType);
    for (let i = 0; i < 10_000; i += 1) top = fake.put(list(top), indexType);
    expect((await collect(walkManifest(fake.registry, "a", top.digest))).at(-1)).toMatchObject({
      depth: 10_000,
      state: "read",
    });
  });

  it("reports a child whose digest cannot be verified as damaged, and continues", async () => {
    const fake = new FakeRegistry();
    const root = fake.put(list(unknown, fake.put(list(), indexType)), indexType);
    const steps = await collect(walkManifest(fake.registry, "a", root.digest));
    expect(steps.map(({ state, error }) => [state, error?.code])).toEqual([
      ["read", undefined],
      ["damaged", "DIGEST_INVALID"],
      ["read", undefined],
    ]);
  });

  it("ends at an index that claims to contain itself, because its digest does not match", async () => {
    const fake = new FakeRegistry();
    const digest = `sha256:${"0".repeat(64)}` as const;
    fake.put(list({ ...unknown, mediaType: indexType, digest }), indexType, digest);
    await expect(collect(walkManifest(fake.registry, "a", digest))).rejects.toMatchObject({
      code: "CONTENT_CORRUPT",
    });
  });

  it("does not enter a child whose content does not match its digest", async () => {
    const fake = new FakeRegistry();
    const forged = fake.put(list(unknown), indexType, `sha256:${"1".repeat(64)}`);
    const steps = await collect(walkManifest(fake.registry, "a", fake.put(list(forged), indexType).digest));
    expect(steps.map(({ state, error }) => [state, error?.code])).toEqual([
      ["read", undefined],
      ["damaged", "CONTENT_CORRUPT"],
    ]);
  });

  it("does not walk to the subject", async () => {
    const fake = new FakeRegistry();
    const root = fake.put({ ...list(), subject: fake.put(list(), indexType) }, indexType);
    expect(await collect(walkManifest(fake.registry, "a", root.digest))).toHaveLength(1);
  });

  // clause 2
  it("requests nothing when its signal is already aborted", async () => {
    const fake = new FakeRegistry();
    const { digest } = fake.put(list(), indexType);
    const steps = walkManifest(fake.registry, "a", digest, { signal: AbortSignal.abort("never") });
    await expect(steps.next()).rejects.toBe("never");
    expect(fake.asked).toEqual([]);
  });

  // clause 3
  it("is not affected by changes to the steps that it yielded", async () => {
    const fake = new FakeRegistry();
    const root = fake.put(list(fake.put(list(fake.put(list(), indexType)), indexType)), indexType);
    let count = 0;
    for await (const { manifest } of walkManifest(fake.registry, "a", root.digest)) {
      count += 1;
      if (manifest?.kind !== "index") continue;
      for (const child of manifest.index.manifests) Object.assign(child, { digest: root.digest });
      Object.assign(manifest.index, { manifests: [] });
    }
    expect(count).toBe(3);
  });

  // clause 1
  it.each([-1, NaN, 0.5])("rejects a limit of %d bytes with a RangeError", async (maxManifestBytes) => {
    const { registry } = new FakeRegistry();
    await expect(walkManifest(registry, "a", unknown.digest, { maxManifestBytes }).next()).rejects.toThrow(
      RangeError,
    );
  });

  it("reads each manifest once and yields each reference once, for any graph", async () => {
    const references = fc.array(fc.array(fc.nat({ max: 11 }), { maxLength: 4 }), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(references, async (rows) => {
        const fake = new FakeRegistry();
        const made: { descriptor: Descriptor; children: Descriptor[] }[] = [];
        for (const [i, row] of rows.entries()) {
          const children = row.filter((to) => to < i).flatMap((to) => made[to]?.descriptor ?? []);
          made.push({
            descriptor: fake.put({ ...list(...children), annotations: { i: String(i) } }, indexType),
            children,
          });
        }
        const childrenOf = new Map(
          made.map(({ descriptor, children }) => [descriptor.digest as string, children]),
        );
        const root = made.at(-1)?.descriptor.digest ?? "";
        const steps = await collect(walkManifest(fake.registry, "a", root));
        const reached = new Set([root]);
        for (const digest of reached)
          for (const child of childrenOf.get(digest) ?? []) reached.add(child.digest);
        expect([...fake.asked].sort()).toEqual([...reached].sort());
        expect(steps).toHaveLength(1 + [...reached].flatMap((digest) => childrenOf.get(digest) ?? []).length);
        for (const digest of reached) {
          const parts = steps.filter(({ parent }) => parent === digest).map(({ descriptor }) => descriptor);
          expect(parts).toEqual(childrenOf.get(digest));
        }
      }),
    );
  });
});

it("walkManifest reports a child with a wrong media type as damaged, and still reads it through an entry with the right one", async () => {
  const fake = new FakeRegistry();
  const inner = fake.put({ schemaVersion: 2, manifests: [] }, indexType);
  const root = fake.put(
    { schemaVersion: 2, manifests: [{ ...inner, mediaType: imageManifest }, inner] },
    indexType,
  );
  const steps = await collect(walkManifest(fake.registry, "a", root.digest));
  expect(steps.map(({ depth, role, state }) => `${depth} ${role} ${state}`)).toEqual([
    "0 index read",
    "1 image damaged",
    "1 index read",
  ]);
});
