import { readdirSync, readlinkSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import type { BlobReader } from "@ocilayout/oci-types";
import { bytes, descriptorOf, freshLayout, rejection } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import { openLayout, type LayoutRegistry } from "../src/index.ts";

setFlagsFromString("--expose-gc");
const collectMemory = runInNewContext("gc") as () => void;

const content = bytes("a blob of more than one byte");
const blob = descriptorOf(content);

/** Returns the open files below `directory`, if the system reports them. */
function openFiles(directory: string): string[] {
  if (process.platform !== "linux") return [];
  const found: string[] = [];
  for (const name of readdirSync("/proc/self/fd")) {
    try {
      const path = readlinkSync(`/proc/self/fd/${name}`);
      if (path.startsWith(`${directory}/`)) found.push(path.slice(directory.length + 1));
    } catch {
      // It was closed meanwhile.
    }
  }
  return found;
}

async function fill(): Promise<LayoutRegistry> {
  const registry = await openLayout(freshLayout(), { durability: "none" });
  onTestFinished(() => registry.close());
  await registry.pushBlob("a", blob, content);
  return registry;
}

describe("the file of a reader that is dropped without being closed", () => {
  it.each<[string, (reader: BlobReader) => unknown]>([
    ["it was never read", () => undefined],
    ["only its stream was asked for", (reader) => reader.stream()],
    ["it was read in part", (reader) => reader[Symbol.asyncIterator]().next()],
  ])("is closed with it if %s", async (_when, use) => {
    const registry = await fill();
    const drop = async (): Promise<void> => {
      await use(await registry.getBlobRange("a", blob.digest, { start: 1 }));
    };
    await drop();
    await expect
      .poll(() => {
        collectMemory();
        return openFiles(registry.directory).filter((path) => path !== "index.json");
      })
      .toEqual([]);
  });
});

describe("close()", () => {
  it("leaves no file open of a write that was in progress", async () => {
    const registry = await fill();
    const pushing = registry.pushManifest("a", content, "text/plain", { tags: ["v1"] });
    await registry.close();
    await pushing;
    expect(openFiles(registry.directory)).toEqual([]);
  });

  it.each(["close", "cancel"] as const)(
    "waits for the %s of an upload that its caller does not await",
    async (end) => {
      const registry = await fill();
      const writer = await registry.pushBlobChunked("a");
      const ending = writer[end]();
      await registry.close();
      expect(openFiles(registry.directory)).toEqual([]);
      await ending;
    },
  );

  it("refuses an upload that is being opened, and every call from then on", async () => {
    const registry = await fill();
    const opening = rejection(registry.pushBlobChunked("a"));
    const closing = registry.close();
    expect(await rejection(registry.pushBlobChunked("a"))).toMatchObject({ code: "CLOSED" });
    expect(await opening).toMatchObject({ code: "CLOSED" });
    await closing;
    expect(openFiles(registry.directory)).toEqual([]);
  });
});
