import { collect, ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { walkManifest } from "../../src/index.ts";
import { FakeRegistry } from "../fake-registry.ts";

const { imageManifest, imageIndex: indexType } = ociMediaTypes;

const orders = ["parents-first", "children-first"] as const;

describe("walkManifest over an untrusted registry", () => {
  const unknown = { mediaType: imageManifest, digest: `blake3:${"a".repeat(64)}`, size: 1 } as const;
  const list = (...manifests: readonly object[]): object => ({ schemaVersion: 2, manifests });

  it.each([
    ["parents-first", -1],
    ["children-first", 0],
  ] as const)("walks 10,000 levels deep, %s", async (order, last) => {
    const fake = new FakeRegistry();
    let top = fake.put(list(), indexType);
    for (let i = 0; i < 10_000; i += 1) top = fake.put(list(top), indexType);
    expect((await collect(walkManifest(fake.at(top), { order }))).at(last)).toMatchObject({
      depth: 10_000,
      state: "read",
    });
  });

  it("reads a damaged manifest once, however often an index lists it", async () => {
    const fake = new FakeRegistry();
    const forged = fake.put(list(unknown), indexType, `sha256:${"1".repeat(64)}`);
    const root = fake.put(list(...Array.from({ length: 50 }, () => forged)), indexType);
    const steps = await collect(walkManifest(fake.at(root)));
    expect(steps.slice(1).map(({ state, error }) => [state, error?.code])).toEqual(
      Array.from({ length: 50 }, () => ["damaged", "CONTENT_CORRUPT"]),
    );
    expect(fake.asked.filter((digest) => digest === forged.digest)).toHaveLength(1);
  });

  it("reports a child whose digest cannot be verified as damaged, and continues", async () => {
    const fake = new FakeRegistry();
    const root = fake.put(list(unknown, fake.put(list(), indexType)), indexType);
    const steps = await collect(walkManifest(fake.at(root)));
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
    await expect(collect(walkManifest(fake.at(digest)))).rejects.toMatchObject({
      code: "CONTENT_CORRUPT",
    });
  });

  it("does not enter a child whose content does not match its digest", async () => {
    const fake = new FakeRegistry();
    const forged = fake.put(list(unknown), indexType, `sha256:${"1".repeat(64)}`);
    const steps = await collect(walkManifest(fake.at(fake.put(list(forged), indexType))));
    expect(steps.map(({ state, error }) => [state, error?.code])).toEqual([
      ["read", undefined],
      ["damaged", "CONTENT_CORRUPT"],
    ]);
  });

  it("does not walk to the subject", async () => {
    const fake = new FakeRegistry();
    const root = fake.put({ ...list(), subject: fake.put(list(), indexType) }, indexType);
    expect(await collect(walkManifest(fake.at(root)))).toHaveLength(1);
  });

  // clause 2
  it("requests nothing when its signal is already aborted", async () => {
    const fake = new FakeRegistry();
    const { digest } = fake.put(list(), indexType);
    const steps = walkManifest(fake.at(digest), { signal: AbortSignal.abort("never") });
    await expect(steps.next()).rejects.toBe("never");
    expect(fake.asked).toEqual([]);
  });

  // clause 2
  it.each(orders)(
    "ends when its signal aborts, even if the next step needs no request, %s",
    async (order) => {
      const fake = new FakeRegistry();
      const controller = new AbortController();
      const image = fake.putImage({ os: "linux", architecture: "arm" });
      const steps = walkManifest(fake.at(image), { order, signal: controller.signal });
      await steps.next();
      controller.abort("enough");
      await expect(steps.next()).rejects.toBe("enough");
    },
  );

  // clause 3
  it.each(orders)("is not affected by changes to the steps that it yielded, %s", async (order) => {
    const fake = new FakeRegistry();
    const root = fake.put(list(fake.put(list(fake.put(list(), indexType)), indexType)), indexType);
    let count = 0;
    for await (const { manifest, descriptor } of walkManifest(fake.at(root), { order })) {
      count += 1;
      Object.assign(descriptor, { digest: "changed" });
      if (manifest?.kind !== "index") continue;
      for (const child of manifest.document.manifests) Object.assign(child, { digest: root.digest });
      Object.assign(manifest.document, { manifests: [] });
    }
    expect(count).toBe(3);
  });

  // clause 1
  it.each(["breadth-first", "", null, 1])(
    "rejects the order %j with a TypeError, before it reads",
    async (order) => {
      const fake = new FakeRegistry();
      await expect(walkManifest(fake.at("v1"), { order: order as "parents-first" }).next()).rejects.toThrow(
        new TypeError(`order must be "parents-first" or "children-first", not ${String(order)}`),
      );
      expect(fake.asked).toEqual([]);
    },
  );

  it("reports children with which the registry lies as damaged, and continues", async () => {
    const fake = new FakeRegistry();
    const lies = [
      { size: NaN },
      { size: -1 },
      { size: undefined },
      { size: 2 ** 50 },
      { mediaType: 7 },
      { size: 1 },
    ];
    const children = lies.map((lie, i) => {
      const child = fake.put({ ...list(), annotations: { i: String(i) } }, indexType);
      fake.state(child, { ...child, ...lie });
      return child;
    });
    const root = fake.put(list(...children, fake.put(list(), indexType)), indexType);
    for (const order of orders) {
      const steps = await collect(walkManifest(fake.at(root), { order }));
      const codes = steps.filter(({ depth }) => depth === 1).map(({ state, error }) => [state, error?.code]);
      expect(codes).toEqual([
        ["damaged", "SIZE_INVALID"],
        ["damaged", "SIZE_INVALID"],
        ["damaged", "SIZE_INVALID"],
        ["damaged", "SIZE_INVALID"],
        ["damaged", "MANIFEST_INVALID"],
        ["damaged", "CONTENT_CORRUPT"],
        ["read", undefined],
      ]);
    }
    expect(fake.open).toBe(0);
  });

  it("ends with the error of the registry if it is not about one manifest", async () => {
    const fake = new FakeRegistry();
    const root = fake.put(list(fake.put(list(), indexType)), indexType);
    const failure = new Error("no network");
    let count = 0;
    const registry = {
      ...fake.registry,
      getManifest: (...call: Parameters<typeof fake.registry.getManifest>) =>
        count++ === 0 ? fake.registry.getManifest(...call) : Promise.reject(failure),
    };
    const steps = walkManifest({ ...fake.at(root), registry });
    expect((await steps.next()).value).toMatchObject({ state: "read" });
    await expect(steps.next()).rejects.toBe(failure);
  });

  // clause 1
  it.each([-1, NaN, 0.5])("rejects a limit of %d bytes with a RangeError", async (maxManifestBytes) => {
    const fake = new FakeRegistry();
    await expect(walkManifest(fake.at("v1"), { maxManifestBytes }).next()).rejects.toThrow(RangeError);
  });

  it.each(orders)(
    "reads each manifest once and yields each reference once, %s, for any graph",
    async (order) => {
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
          const steps = await collect(walkManifest(fake.at(root), { order }));
          const reached = new Set([root]);
          for (const digest of reached)
            for (const child of childrenOf.get(digest) ?? []) reached.add(child.digest);
          expect([...fake.asked].sort()).toEqual([...reached].sort());
          expect(steps).toHaveLength(
            1 + [...reached].flatMap((digest) => childrenOf.get(digest) ?? []).length,
          );
          for (const digest of reached) {
            const parts = steps.filter(({ parent }) => parent === digest).map(({ descriptor }) => descriptor);
            expect(parts).toEqual(childrenOf.get(digest));
          }
        }),
      );
    },
  );
});

it("walkManifest reports a child with a wrong media type as damaged, and still reads it through an entry with the right one", async () => {
  const fake = new FakeRegistry();
  const inner = fake.put({ schemaVersion: 2, manifests: [] }, indexType);
  const root = fake.put(
    { schemaVersion: 2, manifests: [{ ...inner, mediaType: imageManifest }, inner] },
    indexType,
  );
  const steps = await collect(walkManifest(fake.at(root)));
  expect(steps.map(({ depth, role, state }) => `${depth} ${role} ${state}`)).toEqual([
    "0 index read",
    "1 image damaged",
    "1 index read",
  ]);
});
