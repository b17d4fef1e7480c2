import { isRegistryError } from "@ocilayout/oci-types";
import { chunked } from "@ocilayout/testing";
import fc from "fast-check";
import { expect, it } from "vitest";

import { indexTar, readTar, type TarHeader, type TarLimits } from "../../src/tar.ts";
import { archive, base256, END, GNU, header, join, longName, member, pax } from "./archives.ts";

const limits = {
  entries: 50,
  nameBytes: 1000,
  metadataBytes: 3000,
  segments: 50,
  fileBytes: 100_000,
  bytes: 200_000,
} satisfies TarLimits;

/** Parts of archives, each with one or more headers. */
const parts: readonly Uint8Array[] = [
  member({ name: "file" }, "content of the file"),
  member({ name: "block" }, new Uint8Array(512).fill(65)),
  member({ name: "archive" }, join(header({ name: "hidden" }), header({ name: "hidden2", size: 512 }))),
  header({ name: "dir/", typeflag: "5" }),
  header({ name: "link", typeflag: "2", linkName: "to" }),
  header({ name: "device", typeflag: "3", deviceMajor: 1, deviceMinor: 3 }),
  header({ name: "gnu", magic: GNU, uid: base256(5n, 8), mtime: base256(-5n) }),
  member({ name: "vendor", typeflag: "V" }, "label"),
  longName("n".repeat(200)),
  longName("l".repeat(600), "K"),
  pax([
    ["path", "p".repeat(200)],
    ["mtime", "1.5"],
    ["SCHILY.xattr.user.a", "b"],
  ]),
  pax([["size", "512"]]),
  pax([
    ["size", "0"],
    ["uid", "5000000"],
  ]),
  pax(
    [
      ["uname", "ann"],
      ["comment", "all"],
    ],
    { typeflag: "g" },
  ),
  pax([
    ["GNU.sparse.size", "5000"],
    ["GNU.sparse.map", "100,19"],
  ]),
  pax([
    ["GNU.sparse.major", "1"],
    ["GNU.sparse.minor", "0"],
    ["GNU.sparse.realsize", "5000"],
    ["GNU.sparse.name", "s"],
  ]),
  member(
    { name: "map" },
    join(new TextEncoder().encode("1\n0\n7\n").slice(), new Uint8Array(506), new Uint8Array(7)),
  ),
  header({
    name: "sparse",
    typeflag: "S",
    magic: GNU,
    at: { 386: new TextEncoder().encode("00000001000\x0000000000000\0"), 483: base256(9000n) },
  }),
  new Uint8Array(512),
  END,
];

/** A change of a byte, a copied range, a cut, or a number in a field; and whether the checksum of its block is corrected. */
const change = fc.oneof(
  fc.record({ kind: fc.constant("byte" as const), at: fc.nat(), value: fc.nat(255), fix: fc.boolean() }),
  fc.record({
    kind: fc.constant("copy" as const),
    at: fc.nat(),
    from: fc.nat(),
    size: fc.nat(600),
    fix: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant("field" as const),
    at: fc.nat(),
    field: fc.constantFrom(100, 108, 116, 124, 136, 148, 156, 257, 345, 386, 398, 482, 483),
    value: fc.constantFrom(
      "\0",
      "7777777\0",
      "77777777777",
      "0000001000\0",
      "        ",
      "-1\0",
      "\xff\xff\xff\xff",
      "x",
      "g",
      "L",
      "S",
    ),
    fix: fc.constant(true),
  }),
);

function apply(
  whole: Uint8Array,
  one: typeof change extends fc.Arbitrary<infer Change> ? Change : never,
): Uint8Array {
  if (whole.length === 0) return whole;
  const at = one.at % whole.length;
  if (one.kind === "cut") return whole.slice(0, at);
  const changed = whole.slice();
  const block = at - (at % 512);
  if (one.kind === "byte") changed[at] = one.value;
  else if (one.kind === "copy")
    changed.copyWithin(at, one.from % whole.length, (one.from % whole.length) + one.size);
  else {
    const bytes = Uint8Array.from(one.value, (character) => character.charCodeAt(0));
    changed.set(
      bytes.subarray(0, Math.max(0, changed.length - block - one.field)),
      Math.min(block + one.field, changed.length),
    );
  }
  return one.fix ? withChecksum(changed, block) : changed;
}

/** Corrects the checksum of a block, so that the change is not found by it. */
function withChecksum(whole: Uint8Array, block: number): Uint8Array {
  const head = whole.subarray(block, block + 512);
  if (head.length < 512 || head.every((byte) => byte === 0)) return whole;
  head.fill(0x20, 148, 156);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return whole;
}

const corrupted = fc
  .tuple(
    fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 8 }),
    fc.array(change, { maxLength: 4 }),
  )
  .map(([chosen, changes]) => changes.reduce(apply, archive(...chosen)));

it("a corrupted archive ends with a RegistryError, or has entries inside the limits", async () => {
  let valid = 0;
  await fc.assert(
    fc.asyncProperty(corrupted, fc.integer({ min: 1, max: 1500 }), async (whole, size) => {
      const streamed: TarHeader[] = [];
      let bytes = 0;
      let failure: unknown;
      try {
        for await (const { content, ...entry } of readTar(chunked(whole, size), { limits })) {
          streamed.push(entry);
          let read = 0;
          for await (const chunk of content) read += chunk.length;
          expect(read).toBe(entry.size);
          bytes += read;
        }
      } catch (error) {
        if (!isRegistryError(error, "ARCHIVE_INVALID", "SIZE_INVALID")) throw error;
        failure = error;
      }
      expect(streamed.length).toBeLessThanOrEqual(limits.entries);
      expect(bytes).toBeLessThanOrEqual(limits.bytes);
      // Both readers agree about every archive: about its entries, or the error.
      const indexed: TarHeader[] = [];
      const file = {
        size: whole.length,
        read: async (at: number, length: number) => whole.slice(at, at + length),
      };
      try {
        for await (const entry of indexTar(file, { limits })) indexed.push(entry);
        expect(failure).toBeUndefined();
        expect(indexed).toEqual(streamed);
        valid += 1;
      } catch (error) {
        if (!isRegistryError(error, "ARCHIVE_INVALID", "SIZE_INVALID")) throw error;
        expect(failure).toBeDefined();
        expect(streamed.slice(0, indexed.length)).toEqual(indexed);
      }
    }),
    { numRuns: 1500 },
  );
  expect(valid).toBeGreaterThan(100);
});

it("any bytes end with a RegistryError, or are an empty archive", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (whole) => {
      try {
        for await (const entry of readTar(whole)) throw new Error(`${entry.path} is not an entry`);
        expect(whole.subarray(0, 512).every((byte) => byte === 0)).toBe(true);
      } catch (error) {
        if (!isRegistryError(error, "ARCHIVE_INVALID", "SIZE_INVALID")) throw error;
      }
    }),
  );
});
