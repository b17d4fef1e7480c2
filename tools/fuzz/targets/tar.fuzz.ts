import { indexTarNow } from "@ocilayout/oci-image/authors";
import { indexTar, readTar, type TarEntryInit, type TarHeader, writeTar } from "@ocilayout/oci-image/tar";
import { isRegistryError } from "@ocilayout/oci-types";
import fc from "fast-check";
import { expect, it } from "vitest";

import { outcome } from "./outcome.ts";
import { fuzz } from "./run.ts";

const BLOCK = 512;
const limits = {
  entries: 40,
  nameBytes: 2000,
  metadataBytes: 5000,
  segments: 60,
  fileBytes: 60_000,
  bytes: 100_000,
};

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Text for a field of a header: a number in one of the forms, or something else. */
const field = fc.oneof(
  { weight: 6, arbitrary: fc.nat(2000).map((value) => `${value.toString(8)}\0`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "",
      "\x80\0\0\0\0\0\0\0\0\0\x02\0",
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
      "77777777777",
      "        ",
      "-1\0",
      "12 34\0",
      "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);

/** A path, or a part of one that another program could read in another way. */
const name = fc.oneof(
  fc.constantFrom(
    "f",
    "dir/",
    "../up",
    "/abs",
    "",
    "a\0b",
    "n".repeat(100),
    "././@LongLink",
    "\xff\xfe",
    "Ã©",
  ),
  fc.string({ maxLength: 20 }),
);

const record = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          ...["path", "linkpath", "size", "uid", "gid", "uname", "mtime", "comment", "hdrcharset"],
          ...["SCHILY.xattr.user.a", "LIBARCHIVE.xattr.user.b", "GNU.sparse.size", "GNU.sparse.realsize"],
          ...[
            "GNU.sparse.major",
            "GNU.sparse.minor",
            "GNU.sparse.name",
            "GNU.sparse.map",
            "GNU.sparse.numblocks",
          ],
          ...["GNU.sparse.offset", "GNU.sparse.numbytes"],
        ),
        fc.oneof(
          fc.constantFrom("0", "1", "512", "", "-1", "0,10", "1e3", "9007199254740993", "a\0b"),
          fc.string({ maxLength: 8 }),
        ),
      )
      .map(([key, value]) => {
        const rest = ` ${key}=${value}\n`;
        const length = rest.length + 1;
        return `${length + String(length).length - 1}${rest}`;
      }),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);

/** Content: text, records, lines of a map, or another archive. */
const body = fc.oneof(
  fc.constant(""),
  fc.array(record, { maxLength: 4 }).map((records) => records.join("")),
  fc.array(fc.nat(600), { maxLength: 9 }).map((numbers) => `${numbers.join("\n")}\n`),
  fc.string({ maxLength: 700 }),
  fc.constant("x".repeat(BLOCK)),
);

/** A header and its content, often with a right checksum and the size of the content. */
const member = fc
  .record({
    name,
    typeflag: fc.oneof(
      fc.constantFrom(..."0 0 0 0 1 2 3 4 5 5 6 7 x x x g L L K S X V D \0".split(" ")),
      fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    ),
    magic: fc.constantFrom("ustar\x0000", "ustar\x0000", "ustar  \0", "\0\0\0\0\0\0\0\0", "ustar 00"),
    linkName: name,
    prefix: fc.oneof(fc.constant(""), name),
    numbers: fc.array(fc.tuple(fc.constantFrom(100, 108, 116, 124, 136, 329, 337, 386, 398, 483), field), {
      maxLength: 3,
    }),
    body,
    keepsSize: fc.integer({ max: 9, min: 0 }),
    isSummed: fc.integer({ max: 19, min: 0 }),
  })
  .map((raw) => {
    const block = new Uint8Array(BLOCK);
    const content = latin1(raw.body);
    const set = (start: number, size: number, text: string): void => {
      block.set(latin1(text).subarray(0, size), start);
    };
    set(0, 100, raw.name);
    for (const [start, size] of [
      [100, 8],
      [108, 8],
      [116, 8],
      [136, 12],
    ] as const)
      set(start, size, "0000000\0");
    set(156, 1, raw.typeflag);
    set(157, 100, raw.linkName);
    set(257, 8, raw.magic);
    set(345, 155, raw.prefix);
    for (const [start, text] of raw.numbers) set(start, 12, text);
    if (raw.keepsSize < 8) set(124, 12, `${content.length.toString(8).padStart(11, "0")}\0`);
    const sum = block.fill(0x20, 148, 156).reduce((total, byte) => total + byte, 0);
    if (raw.isSummed > 0) set(148, 8, `${sum.toString(8).padStart(6, "0")}\0 `);
    const padded = new Uint8Array(Math.ceil(content.length / BLOCK) * BLOCK);
    padded.set(content);
    return [block, padded];
  });

const archive = fc
  .tuple(
    fc.array(member, { maxLength: 6 }),
    fc.constantFrom(0, BLOCK, 2 * BLOCK, 100),
    fc.option(fc.nat(), { freq: 8 }),
  )
  .map(([members, end, cut]) => {
    const whole = concat([...members.flat(), new Uint8Array(end)]);
    return cut === null ? whole : whole.subarray(0, cut % (whole.length + 1));
  });

interface Read {
  readonly entries: TarHeader[];
  readonly failed: boolean;
}

async function readStream(whole: Uint8Array, size: number): Promise<Read> {
  const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
    whole.subarray(at * size, at * size + size),
  );
  const entries: TarHeader[] = [];
  const result = await outcome(async () => {
    for await (const { content, ...entry } of readTar(chunks, { limits })) {
      entries.push(entry);
      let read = 0;
      for await (const chunk of content) read += chunk.length;
      expect(read).toBe(entry.size);
    }
  });
  return { entries, failed: requireCode(result) };
}

async function readIndex(whole: Uint8Array): Promise<Read> {
  const entries: TarHeader[] = [];
  const read = async (at: number, length: number): Promise<Uint8Array> => whole.slice(at, at + length);
  const result = await outcome(async () => {
    for await (const entry of indexTar({ size: whole.length, read }, { limits })) entries.push(entry);
  });
  return { entries, failed: requireCode(result) };
}

async function readNow(whole: Uint8Array): Promise<Read> {
  const entries: TarHeader[] = [];
  const read = (at: number, length: number): Uint8Array => whole.subarray(at, at + length);
  const result = await outcome(() => {
    for (const entry of indexTarNow({ size: whole.length, read }, { limits })) entries.push(entry);
  });
  return { entries, failed: requireCode(result) };
}

/** Whether a result is an error. Only two codes are allowed. */
function requireCode(result: unknown): boolean {
  if (result === undefined) return false;
  if (isRegistryError(result, "ARCHIVE_INVALID", "SIZE_INVALID")) return true;
  throw new Error("the archive failed with another error", { cause: result });
}

it("any archive is read inside its limits, equally in all ways and in any chunks, or rejected with a code", async () => {
  await fuzz(
    "tar archives",
    15_000,
    fc.tuple(archive, fc.integer({ min: 1, max: 1500 })),
    async ([whole, size]) => {
      const streamed = await readStream(whole, size);
      const total = streamed.entries.reduce((sum, entry) => sum + entry.size, 0);
      expect(streamed.entries.length).toBeLessThanOrEqual(limits.entries);
      expect(total).toBeLessThanOrEqual(limits.bytes);
      const indexed = await readIndex(whole);
      expect(indexed.failed).toBe(streamed.failed);
      expect(await readNow(whole)).toEqual(indexed);
      // An entry that is cut is yielded by the stream only.
      expect(streamed.entries.slice(0, indexed.entries.length)).toEqual(indexed.entries);
      if (!streamed.failed) expect(indexed.entries).toEqual(streamed.entries);
    },
  );
});

it("any entry of an archive is written so that it is read again, or rejected", async () => {
  await fuzz("tar entries", 5_000, archive, async (whole) => {
    const known: TarHeader[] = [];
    const entries = (async function* (): AsyncGenerator<TarEntryInit> {
      for await (const entry of readTar(whole, { limits })) {
        const { content, type, ...facts } = entry;
        if (type === "other") continue;
        known.push(entry);
        yield { ...facts, type, content };
      }
    })();
    const chunks: Uint8Array[] = [];
    const result = await outcome(async () => {
      for await (const chunk of writeTar(entries)) chunks.push(chunk.slice());
    });
    if (result !== undefined) return;
    const copy = await readStream(concat(chunks), 700);
    const facts = ({ path, type, size, mode, uid, gid, mtime, linkName, xattrs }: TarHeader): unknown => [
      type === "directory" ? path.replace(/(?<!\/)$/, "/") : path,
      [type, size, mode, uid, gid, mtime, linkName, xattrs],
    ];
    expect(copy.failed).toBe(false);
    expect(copy.entries.map(facts)).toEqual(known.map(facts));
  });
});
