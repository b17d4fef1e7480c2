import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import type { BlobReader } from "@ocilayout/oci-types";
import { bytes, descriptorOf, freshLayout } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import { openLayout, type LayoutRegistry } from "../src/index.ts";

setFlagsFromString("--expose-gc");
const collectMemory = runInNewContext("gc") as () => void;

const content = bytes("a blob of more than one byte");
const blob = descriptorOf(content);

/** Returns the open files below `directory` except `index.json`, if the system reports them. */
function openFiles(directory: string): string[] {
  if (process.platform !== "linux") return [];
  const found: string[] = [];
  for (const name of readdirSync("/proc/self/fd")) {
    try {
      const path = readlinkSync(`/proc/self/fd/${name}`);
      if (path.startsWith(`${directory}/`) && !path.startsWith(join(directory, "index.json")))
        found.push(path);
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
        return openFiles(registry.directory);
      })
      .toEqual([]);
  });
});
