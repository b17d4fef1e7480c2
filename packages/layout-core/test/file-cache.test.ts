import { bytes } from "@ocilayout/testing";
import { expect, it } from "vitest";

import { FileCache } from "../src/blobs/file-cache.ts";

const NOW_MS = 1_000_000_000;
const ago = (ms: number): bigint => BigInt(NOW_MS - ms) * 1_000_000n;
const old = { dev: 1n, ino: 2n, size: 3n, mtimeNs: ago(60_000), ctimeNs: ago(60_000) };

function cacheOf(most = 10_000): FileCache {
  return new FileCache(most, () => NOW_MS);
}

/** Offers content twice, as two reads do. */
function keep(cache: FileCache, path: string, stats: typeof old, content: Uint8Array): void {
  cache.offer(path, stats, content);
  cache.offer(path, stats, content);
}

it("keeps content when it is read a second time", () => {
  const cache = cacheOf();
  cache.offer("a", old, bytes("abc"));
  expect(cache.find("a", old)).toBeUndefined();
  cache.offer("a", old, bytes("abc"));
  expect(cache.find("a", old)).toBeDefined();
});

it("forgets which of very many files were read once", () => {
  const cache = cacheOf();
  for (let i = 0; i < 10_000; i += 1) cache.offer(String(i), old, bytes("abc"));
  for (const path of ["0", "9999"]) cache.offer(path, old, bytes("abc"));
  expect(cache.find("0", old)).toBeUndefined();
  expect(cache.find("9999", old)).toBeDefined();
});

it("finds content while the stamp of its file is the same", () => {
  const cache = cacheOf();
  const content = bytes("abc");
  keep(cache, "a", old, content);
  expect(cache.find("a", { ...old })).toBe(content);
  expect(cache.find("b", old)).toBeUndefined();
});

it.each<readonly [string, Partial<typeof old>]>([
  ["is on another device", { dev: 9n }],
  ["is another file", { ino: 9n }],
  ["has another size", { size: 9n }],
  ["has another time of its content", { mtimeNs: old.mtimeNs + 1n }],
  ["was changed and got its old time back", { ctimeNs: old.ctimeNs + 1n }],
])("drops content if its file %s", (_, change) => {
  const cache = cacheOf();
  keep(cache, "a", old, bytes("abc"));
  expect(cache.find("a", { ...old, ...change })).toBeUndefined();
  expect(cache.find("a", old)).toBeUndefined();
  expect(cache.bytes).toBe(0);
});

it.each<readonly [string, Partial<typeof old>]>([
  ["was written within two seconds", { mtimeNs: ago(2_000) }],
  ["was changed in any way within two seconds", { ctimeNs: ago(2_000) }],
  ["is dated in the future", { ctimeNs: ago(-60_000) }],
])("does not keep the content of a file that %s", (_, change) => {
  const cache = cacheOf();
  keep(cache, "a", { ...old, ...change }, bytes("abc"));
  expect(cache.find("a", { ...old, ...change })).toBeUndefined();
});

it("stays within its memory, and drops what was used longest ago", () => {
  const cache = cacheOf(2_000);
  for (const path of ["a", "b", "c"]) {
    keep(cache, path, old, bytes(path));
    cache.find("a", old);
    expect(cache.bytes).toBeLessThanOrEqual(2_000);
  }
  keep(cache, "d", old, bytes("d"));
  expect(["a", "b", "c", "d"].filter((path) => cache.find(path, old) !== undefined)).toEqual(["a", "c", "d"]);
  keep(cache, "large", old, new Uint8Array(2_000));
  expect(cache.bytes).toBe(0);
});

it("replaces and drops content without losing count", () => {
  const cache = cacheOf();
  keep(cache, "a", old, bytes("abc"));
  const { bytes: once } = cache;
  keep(cache, "a", old, bytes("abc"));
  expect(cache.bytes).toBe(once);
  cache.drop("a");
  cache.drop("a");
  expect(cache.bytes).toBe(0);
});
