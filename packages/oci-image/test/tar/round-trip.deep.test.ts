import { chunked } from "@ocilayout/testing";
import fc from "fast-check";
import { expect, it } from "vitest";

import { indexTar, type TarEntryInit, type TarEntryType, writeTar } from "../../src/tar.ts";
import { encodeText } from "../../src/tar/format/text.ts";
import { concat, read } from "./archives.ts";

type Init = TarEntryInit & { readonly path: string; readonly content: Uint8Array };

/** Text with parts that are long, are not ASCII, or stand for bytes that are not UTF-8. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.string({ unit: "binary", maxLength: 5 }),
      fc.constantFrom(
        "/",
        "//",
        ".",
        "..",
        "n".repeat(99),
        "p".repeat(155),
        "\udcff",
        "a=b",
        "\n",
        "\ufeff",
        "é",
      ),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join("").replaceAll("\0", ""))
  // Text of escapes that are UTF-8 together reads back as the character.
  .filter((it) => encodeText(it) !== undefined && !/[\udc80-\udcff]{2}/u.test(it));
const name = text.filter((it) => it !== "");
const id = fc.oneof(fc.nat(3_000_000), fc.maxSafeNat(), fc.constantFrom(0, 0o7777777, 0o10000000));
const mtime = fc
  .oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ min: -1e9, max: 1e10, noNaN: true }),
    fc.constant(0o77777777777),
  )
  .map((it) => (Math.abs(it) < 1e-6 ? 0 : it));

const entry: fc.Arbitrary<Init> = fc
  .record({
    path: name,
    type: fc.constantFrom<Exclude<TarEntryType, "other">>(
      "file",
      "file",
      "file",
      "directory",
      "symlink",
      "link",
      "character-device",
      "block-device",
      "fifo",
    ),
    mode: fc.nat(0o7777),
    uid: id,
    gid: id,
    userName: text,
    groupName: text,
    mtime,
    linkName: name,
    deviceMajor: fc.nat(0o7777777),
    deviceMinor: fc.nat(0o7777777),
    xattrs: fc
      .array(
        fc.tuple(
          name.map((it) => it.replaceAll("=", "+")),
          fc.uint8Array({ maxLength: 20 }),
        ),
        { maxLength: 3 },
      )
      .map((pairs) => new Map(pairs)),
    content: fc.oneof(
      fc.uint8Array({ maxLength: 50 }),
      fc.nat(3000).map((size) => new Uint8Array(size).fill(7)),
    ),
  })
  .map((init) => {
    const isFile = init.type === "file";
    const path = isFile ? `${init.path.replace(/\/+$/, "")}f` : init.path;
    return { ...init, path, content: isFile ? init.content : new Uint8Array() };
  });

/** Returns the facts that an entry has when it is read. */
function expected({ content, ...init }: Init): object {
  const isDirectory = init.type === "directory" && !init.path.endsWith("/");
  const isLink = init.type === "link" || init.type === "symlink";
  const isDevice = init.type === "block-device" || init.type === "character-device";
  return {
    ...init,
    path: isDirectory ? `${init.path}/` : init.path,
    linkName: isLink ? init.linkName : "",
    deviceMajor: isDevice ? init.deviceMajor : 0,
    deviceMinor: isDevice ? init.deviceMinor : 0,
    size: content.length,
    bytes: content,
  };
}

it("any entries that are written read back, whatever the chunks are", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { maxLength: 5 }),
      fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2000 })),
      async (entries, size) => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of writeTar(entries)) chunks.push(chunk.slice());
        const whole = concat(chunks);
        const found = await read(chunked(whole, size), { requireEnd: true });
        expect(found.map(({ bytes, ...facts }) => ({ ...facts, bytes: [...bytes] }))).toMatchObject(
          entries.map((init) => ({ ...expected(init), bytes: [...init.content] })),
        );
        const file = {
          size: whole.length,
          read: async (at: number, length: number) => whole.slice(at, at + length),
        };
        let at = 0;
        for await (const { dataOffset, dataSize } of indexTar(file, { requireEnd: true })) {
          expect([...whole.subarray(dataOffset, dataOffset + dataSize)]).toEqual([
            ...(entries[at]?.content ?? []),
          ]);
          at += 1;
        }
        expect(at).toBe(entries.length);
      },
    ),
    { numRuns: 80 },
  );
});

it("the same entries are written as the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 3 }), async (entries) => {
      const write = async (): Promise<Uint8Array> => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of writeTar(entries)) chunks.push(chunk.slice());
        return concat(chunks);
      };
      expect(Buffer.compare(await write(), await write())).toBe(0);
    }),
    { numRuns: 30 },
  );
});
