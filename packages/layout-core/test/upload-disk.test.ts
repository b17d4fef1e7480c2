import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

import { bytes, descriptorOf, freshLayout } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { openLayout, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";

import { bundledWorker, ended, firstLine, start } from "./run-worker.ts";

const hello = descriptorOf(bytes("hello world"));

/** Opens a registry that counts the bytes of upload data that it reads back. */
function openCounting(directory: string): { registry: LayoutRegistry; read: () => number } {
  let count = 0;
  const data: Set<number> = new Set();
  const open: Disk["open"] = async (path, flags) => {
    const file = await nodeDisk.open(path, flags);
    if (basename(path) === "data") data.add(file);
    else data.delete(file);
    return file;
  };
  const read: Disk["read"] = async (file, into, position) => {
    const done = await nodeDisk.read(file, into, position);
    if (data.has(file)) count += done;
    return done;
  };
  return { registry: openLayoutOn({ ...nodeDisk, open, read }, directory), read: () => count };
}

// clause 9
describe("a commit reads back", () => {
  it("nothing that this instance wrote, in one writer or in several", async () => {
    const { registry, read } = openCounting(freshLayout());
    const first = await registry.pushBlobChunked("a");
    await first.write(bytes("hello "));
    await first.close();
    const second = await registry.pushBlobChunkedResume("a", first.id);
    await second.write(bytes("world"));
    await expect(second.commit(descriptorOf(bytes("other")).digest)).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
    await second.commit(hello.digest);
    expect(read()).toBe(0);
    await registry.close();
  });

  it("what another instance wrote, once and not before the commit", async () => {
    const directory = freshLayout();
    await using other = await openLayout(directory);
    const first = await other.pushBlobChunked("a");
    await first.write(bytes("hello "));
    await first.close();
    const { registry, read } = openCounting(directory);
    const writer = await registry.pushBlobChunkedResume("a", first.id);
    await writer.write(bytes("world"));
    expect(read()).toBe(0);
    await expect(writer.commit(descriptorOf(bytes("other")).digest)).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    });
    await writer.commit(hello.digest);
    expect(read()).toBe(11);
    await registry.close();
  });

  it("everything if another instance continued the upload in between", async () => {
    const directory = freshLayout();
    const { registry, read } = openCounting(directory);
    await using other = await openLayout(directory);
    const first = await registry.pushBlobChunked("a");
    await first.write(bytes("hello"));
    await first.close();
    const second = await other.pushBlobChunkedResume("a", first.id);
    await second.write(bytes(" "));
    await second.close();
    const third = await registry.pushBlobChunkedResume("a", first.id);
    await third.write(bytes("world"));
    await third.commit(hello.digest);
    expect(read()).toBe(11);
    await registry.close();
  });
});

describe("a write that fails", () => {
  /** Opens a registry whose `failing`th write to upload data fails half-way. */
  function openFailing(directory: string, failing: number): LayoutRegistry {
    let count = 0;
    const write: Disk["write"] = async (file, chunk, position) => {
      if (position !== undefined && chunk.length < 10 && (count += 1) === failing) {
        await nodeDisk.write(file, chunk.subarray(0, chunk.length / 2), position);
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), {
          code: "ENOSPC",
          syscall: "write",
        });
      }
      return nodeDisk.write(file, chunk, position);
    };
    return openLayoutOn({ ...nodeDisk, write }, directory);
  }

  it("rejects with STORAGE_FAILED and its cause, rejects later writes, and the session resumes at its size", async () => {
    const directory = freshLayout();
    await using registry = openFailing(directory, 2);
    const writer = await registry.pushBlobChunked("a");
    const writes = ["hello ", "wor", "ld"].map((text) => writer.write(bytes(text)));
    const [first, second, third] = await Promise.allSettled(writes);
    expect(first).toMatchObject({ status: "fulfilled" });
    expect(second).toMatchObject({ reason: { code: "STORAGE_FAILED", cause: { code: "ENOSPC" } } });
    expect(third).toMatchObject({ reason: { code: "BLOB_UPLOAD_INVALID" } });
    await expect(writer.commit(hello.digest)).rejects.toMatchObject({ code: "BLOB_UPLOAD_INVALID" });
    await writer.close();
    const resumed = await registry.pushBlobChunkedResume("a", writer.id, { offset: 6 });
    await resumed.write(bytes("world"));
    expect(await resumed.commit(hello.digest)).toMatchObject({ size: 11 });
  });

  it("does not keep the session from being cancelled", async () => {
    const directory = freshLayout();
    await using registry = openFailing(directory, 1);
    const writer = await registry.pushBlobChunked("a");
    await expect(writer.write(bytes("hello"))).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    await writer.cancel();
    expect(readdirSync(join(directory, "_uploads"))).toEqual([]);
  });
});

it("a commit whose rename fails keeps the session and the writer", async () => {
  const directory = freshLayout();
  let failures = 1;
  const rename: Disk["rename"] = async (from, to) => {
    if (to.includes("blobs") && (failures -= 1) >= 0)
      throw Object.assign(new Error("EIO"), { code: "EIO", syscall: "rename" });
    return nodeDisk.rename(from, to);
  };
  await using registry = openLayoutOn({ ...nodeDisk, rename }, directory);
  const writer = await registry.pushBlobChunked("a");
  await writer.write(bytes("hello world"));
  await expect(writer.commit(hello.digest)).rejects.toMatchObject({
    code: "STORAGE_FAILED",
    cause: { code: "EIO" },
  });
  expect(await writer.commit(hello.digest)).toMatchObject({ size: 11 });
  expect(readdirSync(join(directory, "_uploads"))).toEqual([]);
});

it.skipIf(process.platform !== "linux")("a writer's files are closed, however it ends", async () => {
  const registry = await openLayout(freshLayout());
  const open = (): number => readdirSync("/proc/self/fd").length;
  await registry.pushBlob("a", descriptorOf(bytes("")), bytes(""));
  await (await registry.pushBlobChunked("a")).close();
  const before = open();
  for (let i = 0; i < 5; i += 1) {
    const [closed, cancelled, committed] = await Promise.all(
      [1, 2, 3].map(() => registry.pushBlobChunked("a")),
    );
    if (closed === undefined || cancelled === undefined || committed === undefined)
      throw new Error("three were started");
    await closed.close();
    await cancelled.cancel();
    await committed.write(bytes("hello world"));
    await committed.commit(hello.digest);
    await expect(registry.pushBlobChunkedResume("a", closed.id, { offset: 5 })).rejects.toMatchObject({
      code: "RANGE_INVALID",
    });
  }
  expect(open()).toBe(before);
  await registry.close();
});

describe("a process", () => {
  const script = bundledWorker("upload");

  // clause 9
  it("owns a session while it lives; a dead one's session is free at once, with everything written", async () => {
    const directory = freshLayout();
    const child = start(script(), directory, "a", "hello ");
    const end = ended(child);
    const id = await firstLine(child);
    await using registry = await openLayout(directory);
    await expect(registry.pushBlobChunkedResume("a", id)).rejects.toMatchObject({
      code: "BLOB_UPLOAD_INVALID",
    });
    child.kill("SIGKILL");
    await end;
    const writer = await registry.pushBlobChunkedResume("a", id, { offset: 6 });
    await writer.write(bytes("world"));
    expect(await writer.commit(hello.digest)).toMatchObject({ size: 11 });
    expect(readdirSync(join(directory, "_uploads"))).toEqual([]);
  });
});
