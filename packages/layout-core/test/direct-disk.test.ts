import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { bytes, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { DIRECT_BYTES, directDisk } from "../src/disk/direct-disk.ts";
import { nodeDisk } from "../src/disk/disk.ts";
import { areLocal } from "../src/disk/local-file-system.ts";

// clause 24
describe.each([
  ["with other threads", nodeDisk],
  ["without other threads", directDisk],
])("the file system %s", (_, disk) => {
  it.each([10, DIRECT_BYTES + 1, 4 * 1024 * 1024])(
    "writes, reads and removes a file of %i bytes",
    async (size) => {
      const directory = join(temporaryDirectory(), "a");
      await disk.mkdir(directory);
      const [path, other] = [join(directory, "x"), join(directory, "y")];
      const content = new Uint8Array(size).map((_byte, at) => at % 251);
      const file = await disk.open(path, "wx+");
      await disk.write(file, content);
      await disk.write(file, bytes("!"), size);
      await disk.touch(file, 5_000);
      await disk.chmod(file, 0o600);
      const { mtimeMs, mode } = await disk.fstat(file);
      expect([mtimeMs, mode & 0o777n]).toEqual([5_000n, 0o600n]);
      const into = new Uint8Array(size + 2);
      expect(await disk.read(file, into, 0)).toBe(size + 1);
      expect(Buffer.compare(into.subarray(0, size), content)).toBe(0);
      await disk.link(path, other);
      await disk.rename(path, join(directory, "z"));
      await disk.unlink(other);
      await disk.unlink(join(directory, "z"));
      await disk.close(file);
      await disk.rmdir(directory);
      expect(await disk.realpath(join(directory, ".."))).toContain("/");
    },
  );

  it("replaces a large file by a rename", async () => {
    const directory = temporaryDirectory();
    for (const [name, size] of [
      ["small", 1],
      ["large", 2 * 1024 * 1024],
    ] as const) {
      const file = await disk.open(join(directory, name), "wx+");
      await disk.write(file, new Uint8Array(size));
      await disk.close(file);
    }
    await disk.rename(join(directory, "small"), join(directory, "large"));
    expect(readFileSync(join(directory, "large"))).toHaveLength(1);
  });

  it("rejects, and does not throw", async () => {
    const missing = join(temporaryDirectory(), "missing", "x");
    for (const call of [
      () => disk.open(missing, "r"),
      () => disk.mkdir(missing),
      () => disk.unlink(missing),
      () => disk.rename(missing, `${missing}y`),
      () => disk.link(missing, `${missing}y`),
      () => disk.realpath(missing),
      () => disk.rmdir(missing),
    ])
      await expect(call()).rejects.toMatchObject({ code: "ENOENT" });
    for (const call of [
      () => disk.close(999_999),
      () => disk.fstat(999_999),
      () => disk.read(999_999, new Uint8Array(1), 0),
      () => disk.write(999_999, new Uint8Array(1)),
    ])
      await expect(call()).rejects.toMatchObject({ code: "EBADF" });
  });
});

it("what a caller saw just before it renames or removes a file cannot change meanwhile", async () => {
  const directory = temporaryDirectory();
  const [a, b] = [join(directory, "a"), join(directory, "b")];
  await directDisk.close(await directDisk.open(a, "wx+"));
  const isBusy = (): void => {
    const until = performance.now() + 20;
    while (performance.now() < until);
  };
  isBusy();
  const renaming = directDisk.rename(a, b);
  expect(readdirSync(directory)).toEqual(["b"]);
  await renaming;
  isBusy();
  const removing = directDisk.unlink(b);
  expect(readdirSync(directory)).toEqual([]);
  await removing;
});

it("many steps at once let timers run", async () => {
  const directory = temporaryDirectory();
  let isOver = false;
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const step = async (): Promise<void> => {
    while (!isOver) await directDisk.realpath(directory);
  };
  const steps = [step(), step(), step()];
  await new Promise<void>((resolve) => {
    const look = setInterval(() => {
      if (turns < 3) return;
      clearInterval(look);
      resolve();
    }, 1);
  });
  isOver = true;
  clearInterval(timer);
  await Promise.all(steps);
});

describe.runIf(process.platform === "linux")("a file system", () => {
  const typeOf =
    (types: Readonly<Record<string, number>>) =>
    (path: string): number => {
      const type = types[path];
      if (type === undefined) throw Object.assign(new Error("ENOENT"), { code: "ENOENT" });
      return type;
    };

  it.each<readonly [string, number, boolean]>([
    ["ext4", 0xef53, true],
    ["NFS", 0x6969, false],
    ["SMB", 0xfe534d42, false],
    ["FUSE", 0x65735546, false],
  ])("of type %s is local or not", (_, type, expected) => {
    expect(areLocal(["/a"], typeOf({ "/a": type }))).toBe(expected);
  });

  it("of a missing path is that of its parent", () => {
    expect(areLocal(["/a/b/c"], typeOf({ "/a": 0xef53 }))).toBe(true);
    expect(areLocal(["/a/b/c"], typeOf({ "/a": 0x6969 }))).toBe(false);
  });

  it("is not local if one of several paths is not, or if the system does not answer", () => {
    expect(areLocal(["/a", "/b"], typeOf({ "/a": 0xef53, "/b": 0x6969 }))).toBe(false);
    const refuse = (): number => {
      throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    };
    expect(areLocal(["/a"], refuse)).toBe(false);
  });
});
