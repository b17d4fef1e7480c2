import { execFileSync } from "node:child_process";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { isRegistryError } from "@ocilayout/oci-types";
import { freshLayout, obstacles, pushArtifact, rejection, temporaryDirectory } from "@ocilayout/testing";
import { beforeEach, describe, expect, it } from "vitest";

import { openLayout, type LayoutRegistry } from "../src/index.ts";

const TIMEOUT_MS = 300;

/** Things in the place of a lock that are not regular files of ours. */
const foreign: typeof obstacles = [
  ...obstacles,
  [
    "a sparse file of 3 GB",
    (path) => {
      writeFileSync(path, "");
      truncateSync(path, 3e9);
    },
  ],
];
/** Files that may be the lock of a holder that is still writing it. */
const garbage: typeof obstacles = [
  [
    "an empty file",
    (path) => {
      writeFileSync(path, "");
    },
  ],
  [
    "garbage",
    (path) => {
      writeFileSync(path, "\0garbage");
    },
  ],
  [
    "a file of 60 KiB",
    (path) => {
      writeFileSync(path, "x".repeat(60 * 1024));
    },
  ],
];

// clause 30
describe.skipIf(process.platform === "win32")("a lock file that is not ours", () => {
  let registry: LayoutRegistry;
  beforeEach(async () => {
    registry = await openLayout(freshLayout(), { lockTimeoutMs: TIMEOUT_MS });
    await pushArtifact(registry, "a", "one", ["v1"]);
  });

  const lockOf = (): string => join(registry.directory, ".index.json.lock");

  async function timed(call: Promise<unknown>): Promise<unknown> {
    const from = performance.now();
    const error = await rejection(call);
    expect(performance.now() - from).toBeLessThan(TIMEOUT_MS + 20_000);
    expect(isRegistryError(error) && error.message).not.toContain(registry.directory);
    return error;
  }

  it.each(foreign)("makes every write fail with LAYOUT_INVALID and no read: %s", async (_name, make) => {
    make(lockOf());
    const writes = [
      () => registry.pushManifest("a", new Uint8Array([1]), "application/vnd.example", { tags: ["v2"] }),
      () => registry.deleteTag("a", "v1"),
      () => registry.gc(),
    ];
    for (const write of writes) expect(await timed(write())).toMatchObject({ code: "LAYOUT_INVALID" });
    expect(await (await registry.getTag("a", "v1")).json()).toMatchObject({ annotations: { name: "one" } });
  });

  it.each(garbage)("makes a write wait until its timeout: %s", async (_name, make) => {
    make(lockOf());
    expect(await timed(registry.deleteTag("a", "v1"))).toMatchObject({ code: "LOCK_TIMEOUT" });
  });

  it.each(foreign)(
    "makes a write fail when it stands in the place of a claim on a dead holder's lock: %s",
    async (_name, make) => {
      const holder = { ...ownRecord(), instance: "other", pid: 999_999_999, nonce: "abc" };
      writeFileSync(lockOf(), JSON.stringify(holder));
      make(`${lockOf()}.abc.claim`);
      expect(await timed(registry.deleteTag("a", "v1"))).toMatchObject({ code: "LAYOUT_INVALID" });
    },
  );

  it.each(foreign)("makes one upload fail to resume, and no other: %s", async (_name, make) => {
    const writer = await registry.pushBlobChunked("a");
    await writer.close();
    make(join(registry.directory, "_uploads", writer.id, "lock"));
    expect(await timed(registry.pushBlobChunkedResume("a", writer.id))).toMatchObject({
      code: "LAYOUT_INVALID",
    });
    await (await registry.pushBlobChunked("a")).cancel();
    await registry.gc();
  });

  it.each(garbage)("makes an upload count as open in another writer: %s", async (_name, make) => {
    const writer = await registry.pushBlobChunked("a");
    await writer.close();
    make(join(registry.directory, "_uploads", writer.id, "lock"));
    expect(await timed(registry.pushBlobChunkedResume("a", writer.id))).toMatchObject({
      code: "BLOB_UPLOAD_INVALID",
    });
  });

  it.each(foreign)("disturbs no write and no gc when it lies beside the lock: %s", async (_name, make) => {
    make(`${lockOf()}.x`);
    make(`${lockOf()}.abc.claim`);
    await registry.deleteTag("a", "v1");
    await registry.gc();
  });

  it("keeps no other file of the process from being read when it is a pipe", async () => {
    execFileSync("mkfifo", [lockOf()]);
    const writes = Array.from({ length: 16 }, (_, i) =>
      rejection(
        registry.pushManifest("a", new Uint8Array([i]), "application/vnd.example", { tags: [`v${i}`] }),
      ),
    );
    const { readFile } = await import("node:fs/promises");
    expect(await readFile(join(registry.directory, "oci-layout"), "utf8")).toContain("imageLayoutVersion");
    await Promise.all(writes);
  });

  /** Returns the record of a lock of this process. */
  function ownRecord(): object {
    return JSON.parse(readFileSync(leftByUpload, "utf8")) as object;
  }
  let leftByUpload: string;
  beforeEach(async () => {
    const other = await openLayout(join(temporaryDirectory(), "layout"));
    const writer = await other.pushBlobChunked("a");
    leftByUpload = join(other.directory, "_uploads", writer.id, "lock");
  });
});
