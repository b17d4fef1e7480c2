import { bytes } from "@ocilayout/testing";
import fc from "fast-check";
import { packTar, type TarHeader as ModernHeader, unpackTar } from "modern-tar";
import { describe, expect, it } from "vitest";

import { type TarEntryInit, writeTar } from "../../src/tar.ts";
import { concat, read } from "./archives.ts";

const types = ["file", "directory", "symlink", "link", "fifo", "character-device", "block-device"] as const;

const name = fc
  .array(fc.oneof(fc.stringMatching(/^[a-z0-9._-]{1,40}$/), fc.constantFrom("é", "日本", "n".repeat(120))), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join("/"));

const facts = fc.record({
  path: name,
  type: fc.constantFrom(...types),
  mode: fc.nat(0o777),
  uid: fc.nat(0o7777777),
  gid: fc.nat(0o7777777),
  mtime: fc.nat(2 ** 31),
  userName: fc.stringMatching(/^[a-z]{0,10}$/),
  linkName: name,
  content: fc.uint8Array({ maxLength: 1500 }),
});

type Facts = typeof facts extends fc.Arbitrary<infer Value> ? Value : never;

const isLink = ({ type }: Facts): boolean => type === "link" || type === "symlink";

/** Returns the entry in the form of modern-tar. */
function modern({ path, type, linkName, userName, mtime, content, ...rest }: Facts): {
  header: ModernHeader;
  body: Uint8Array;
} {
  const body = type === "file" ? content : new Uint8Array();
  return {
    header: {
      ...rest,
      name: type === "directory" ? `${path}/` : path,
      type,
      size: body.length,
      mtime: new Date(mtime * 1000),
      uname: userName,
      ...(isLink({ path, type, linkName, userName, mtime, content, ...rest }) ? { linkname: linkName } : {}),
    },
    body,
  };
}

describe("modern-tar", () => {
  it("writes entries that are read with all of their facts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(facts, { maxLength: 6 }), async (entries) => {
        const found = await read(await packTar(entries.map(modern)), { requireEnd: true });
        expect(
          found.map(({ bytes: content, ...entry }) => ({ ...entry, content: [...content] })),
        ).toMatchObject(
          entries.map((entry) => ({
            ...entry,
            path: entry.type === "directory" ? `${entry.path}/` : entry.path,
            linkName: isLink(entry) ? entry.linkName : "",
            content: entry.type === "file" ? [...entry.content] : [],
          })),
        );
      }),
      { numRuns: 50 },
    );
  });

  it("reads the entries that writeTar writes, with all of their facts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(facts, { maxLength: 6 }), async (entries) => {
        const init = entries.map((entry): TarEntryInit => ({
          ...entry,
          content: entry.type === "file" ? entry.content : new Uint8Array(),
        }));
        const chunks: Uint8Array[] = [];
        for await (const chunk of writeTar(init)) chunks.push(chunk.slice());
        const found = await unpackTar(concat(chunks));
        expect(found.map(({ header, data }) => ({ ...header, data: [...(data ?? [])] }))).toMatchObject(
          entries.map(modern).map(({ header, body }) => ({ ...header, data: [...body] })),
        );
      }),
      { numRuns: 50 },
    );
  });

  it("reads values that are in PAX headers", async () => {
    const entry = { path: `${"é".repeat(90)}/f`, uid: 3_000_000, mtime: 1.5, content: bytes("x") };
    const chunks: Uint8Array[] = [];
    for await (const chunk of writeTar([{ ...entry, xattrs: [["user.a", bytes("b")]] }]))
      chunks.push(chunk.slice());
    const [found] = await unpackTar(concat(chunks));
    expect(found?.header).toMatchObject({ name: entry.path, uid: entry.uid, mtime: new Date(1500) });
    expect(found?.header.pax).toMatchObject({ "SCHILY.xattr.user.a": "b" });
  });
});
