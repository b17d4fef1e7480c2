import { Readable } from "node:stream";

import type { BlobReader, BlobSource } from "@ocilayout/oci-types";
import { bytes, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { defineBackend, type Backend, type OpenContent } from "../src/index.ts";
import { content, descriptor, digest, recordingBackend } from "./recording-backend.ts";
import { calls } from "./registry-calls.ts";

/** Open content that logs its calls. */
function opened(
  log: string[],
  read: (start: number, end: number) => BlobSource = (start, end) => content.subarray(start, end),
): OpenContent {
  return {
    size: content.length,
    read(start, end) {
      log.push(`read ${start}-${end}`);
      return read(start, end);
    },
    close: () => void log.push("close"),
  };
}

/** Chunks that log when they are freed. */
async function* generated(log: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (const byte of content) yield Uint8Array.of(byte);
  } finally {
    log.push("freed");
  }
}

const over = (openBlob: Required<Backend>["openBlob"]) => defineBackend({ openBlob });

// clause 7
describe("a range", () => {
  it.each([
    [{ start: 0 }, "hello"],
    [{ start: 1, end: 3 }, "el"],
    [{ start: 1, end: 99 }, "ello"],
    [{ start: 5 }, ""],
    [{ start: 2, end: 2 }, ""],
  ])("%o of hello is %j, in memory and open", async (range, text) => {
    for (const stored of [content, opened([])]) {
      const reader = await over(() => stored).getBlobRange("a", digest, range);
      expect(reader.descriptor).toEqual(descriptor);
      expect(await reader.text()).toBe(text);
    }
  });

  it("that starts after the end fails with RANGE_INVALID, and frees the content", async () => {
    const log: string[] = [];
    const call = over(() => opened(log)).getBlobRange("a", digest, { start: 6 });
    expect(await rejection(call)).toMatchObject({ code: "RANGE_INVALID", detail: { size: 5 } });
    expect(log).toEqual(["close"]);
  });

  it("is not verified", async () => {
    const reader = await over(() => bytes("jello")).getBlobRange("a", digest, { start: 0 });
    expect(await reader.text()).toBe("jello");
  });
});

// clause 8
describe("content that is read", () => {
  it("is verified, unless the call or the backend sets it to false", async () => {
    const openBlob = (): Uint8Array => bytes("jello");
    const read = async (backend: Backend, options = {}): Promise<string> =>
      (await defineBackend(backend).getBlob("a", digest, options)).text();
    expect(await rejection(read({ openBlob }))).toMatchObject({ code: "CONTENT_CORRUPT" });
    expect(await read({ openBlob }, { verify: false })).toBe("jello");
    expect(await read({ openBlob, verifyOnRead: false })).toBe("jello");
    expect(await rejection(read({ openBlob, verifyOnRead: false }, { verify: true }))).toMatchObject({
      code: "CONTENT_CORRUPT",
    });
  });

  it("of a manifest is verified, unless the backend sets it to false", async () => {
    const broken = { openManifest: () => bytes("jello") };
    for (const name of ["getManifest", "getTag"] as const) {
      const call = async (backend: Backend): Promise<string> => {
        const reader = await calls[name](defineBackend(backend));
        return (reader as BlobReader).text();
      };
      expect(await rejection(call(recordingBackend(broken)))).toMatchObject({ code: "CONTENT_CORRUPT" });
      expect(await call(recordingBackend({ ...broken, verifyOnRead: false }))).toBe("jello");
    }
  });

  // clause 3
  it("is a copy of the backend's content", async () => {
    const kept = content.slice();
    const read = await (await over(() => kept).getBlob("a", digest)).bytes();
    read.fill(0);
    expect(kept).toEqual(content);
  });

  it("can be any source", async () => {
    for (const read of [
      () => new Blob([content]),
      () => new Blob([content]).stream(),
      () => Readable.from([content]),
      () => [content],
    ])
      expect(await (await over(() => opened([], read)).getBlob("a", digest)).text()).toBe("hello");
  });
});

describe("open content", () => {
  it("is not read before the first chunk is requested", async () => {
    const log: string[] = [];
    const reader = await over(() => opened(log)).getBlob("a", digest);
    expect(log).toEqual([]);
    expect(await reader.text()).toBe("hello");
    expect(log).toEqual(["read 0-5"]);
  });

  it.each([
    ["closed", (): object => ({})],
    ["aborted", (signal: AbortSignal): object => ({ signal })],
  ])("is freed if its reader is %s and nothing was read", async (how, optionsOf) => {
    const log: string[] = [];
    const controller = new AbortController();
    const registry = over(() => opened(log, () => generated(log)));
    const reader = await registry.getBlob("a", digest, optionsOf(controller.signal));
    if (how === "closed") await reader.close();
    else controller.abort();
    await Promise.resolve();
    expect(log).toEqual(["close"]);
  });

  it("is freed if the call is aborted while it is opened", async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const registry = over(async () => {
      controller.abort();
      return opened(log);
    });
    const reader = await registry.getBlob("a", digest, { signal: controller.signal });
    expect(await rejection(reader.bytes())).toMatchObject({ name: "AbortError" });
    expect(log).toEqual(["close"]);
  });

  it("is freed by its source if the loop is left early", async () => {
    const log: string[] = [];
    const reader = await over(() => opened(log, () => generated(log))).getBlob("a", digest);
    for await (const chunk of reader) {
      expect(chunk).toHaveLength(1);
      break;
    }
    expect(log).toEqual(["read 0-5", "freed"]);
  });
});
