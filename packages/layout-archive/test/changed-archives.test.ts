import { renameSync, truncateSync, writeFileSync } from "node:fs";

import { image } from "@ocilayout/layout-testkit/content";
import { bytes, digestOf, rejection } from "@ocilayout/testing";
import { expect, it, onTestFinished } from "vitest";

import { openArchive, type ArchiveRegistry } from "../src/index.ts";
import { archiveOf, layoutOf, membersOf, tarOf } from "./archives.ts";

const LAYER = "x".repeat(3_000_000);
const digest = digestOf(bytes(LAYER));

async function open(): Promise<{ registry: ArchiveRegistry; path: string }> {
  const directory = await layoutOf({ "default:v1": await image({ layers: [LAYER] }) });
  const path = await archiveOf(membersOf(directory));
  const registry = await openArchive(path);
  onTestFinished(() => registry.close());
  return { registry, path };
}

/** Changes an archive that is open. Each keeps valid members at their places, or not. */
const changes: Readonly<Record<string, (path: string) => Promise<void> | void>> = {
  "is written again": async (path) => {
    writeFileSync(path, await tarOf([["other", "y".repeat(4_000_000)]]));
  },
  "is replaced by another file": async (path) => {
    writeFileSync(`${path}.new`, await tarOf([["other", "y".repeat(4_000_000)]]));
    renameSync(`${path}.new`, path);
  },
  "is cut": (path) => {
    truncateSync(path, 1024);
  },
};

it.each(Object.entries(changes))(
  "a blob, also in a range and in an open reader, fails with a code if the archive %s",
  async (_name, change) => {
    const { registry, path } = await open();
    const reader = await registry.getBlob("default", digest);
    const unread = await registry.getBlobRange("default", digest, { start: 10, end: 2_500_000 });
    const chunks = reader[Symbol.asyncIterator]();
    expect((await chunks.next()).done).toBe(false);
    await change(path);
    const rest = async (): Promise<void> => {
      while ((await chunks.next()).done !== true);
    };
    expect(await rejection(rest())).toMatchObject({ code: "CONTENT_CORRUPT" });
    expect(await rejection(unread.bytes())).toMatchObject({ code: "CONTENT_CORRUPT" });
    const again = registry.getBlobRange("default", digest, { start: 0, end: 5 });
    expect(await rejection(again.then((range) => range.bytes()))).toMatchObject({ code: "CONTENT_CORRUPT" });
    expect(await rejection(registry.getTag("default", "v1"))).toMatchObject({ code: "CONTENT_CORRUPT" });
  },
);
