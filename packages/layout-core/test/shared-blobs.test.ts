import {
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { collect, type Descriptor } from "@ocilayout/oci-types";
import {
  blobPath,
  bytes,
  descriptorOf,
  pushArtifact,
  rejection,
  temporaryDirectory,
} from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout, type LayoutOptions, type LayoutRegistry } from "../src/index.ts";

const now = { graceMs: 0 };
const unused = descriptorOf(bytes("unused"));

interface Store {
  readonly top: string;
  open(name: string, options?: LayoutOptions): Promise<LayoutRegistry>;
  path(...names: string[]): string;
}

/** Creates layouts whose `blobs` link to one directory. */
async function makeStore(...names: string[]): Promise<Store> {
  const top = temporaryDirectory();
  const path = (...parts: string[]): string => join(top, ...parts);
  const open = (name: string, options: LayoutOptions = {}): Promise<LayoutRegistry> =>
    openLayout(path(name), { durability: "none", lockTimeoutMs: 2_000, ...options });
  mkdirSync(path("store", "sha256"), { recursive: true });
  for (const name of names) {
    mkdirSync(path(name));
    symlinkSync("../store", path(name, "blobs"));
    writeFileSync(path(name, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    writeFileSync(path(name, "index.json"), '{"schemaVersion":2,"manifests":[]}');
    await using registry = await open(name);
    await pushArtifact(registry, name, name, ["v1"]);
  }
  return { top, open, path };
}

async function errorsOf(registry: LayoutRegistry): Promise<unknown[]> {
  return (await collect(registry.verify())).filter(({ severity }) => severity === "error");
}

// clause 30
describe.skipIf(process.platform === "win32")("a layout whose blobs other layouts may need", () => {
  it("loses no blob to gc if blobs is a link, and gc reports what it would remove", async () => {
    const { open } = await makeStore("a", "b");
    await using a = await open("a");
    await using b = await open("b");
    const own = await pushArtifact(a, "a", "gone", ["gone"]);
    await a.deleteManifest("a", own.digest);
    const report = await a.gc(now);
    expect(report).toMatchObject({ removed: [], bytes: 0 });
    expect(report.withheld).toContain(own.digest);
    expect(await a.gc({ ...now, dryRun: true })).toEqual(report);
    expect(existsSync(blobPath(a.directory, own.digest))).toBe(true);
    expect(await errorsOf(b)).toEqual([]);
  });

  it("loses no blob to gc if a directory within blobs is a link", async () => {
    const { open, path } = await makeStore("a", "b");
    rmSync(path("a", "blobs"));
    mkdirSync(path("a", "blobs"));
    symlinkSync("../../store/sha256", path("a", "blobs", "sha256"));
    await using a = await open("a", { followSymlinks: true });
    expect((await a.gc(now)).removed).toEqual([]);
    await expect(a.deleteBlob("a", unused.digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    await using b = await open("b");
    expect(await errorsOf(b)).toEqual([]);
  });

  it("loses leftovers of ours to gc", async () => {
    const { open } = await makeStore("a");
    await using a = await open("a", { uploadExpiryMs: 0 });
    const writer = await a.pushBlobChunked("a");
    await writer.write(bytes("half"));
    await writer.close();
    const data = join(a.directory, "_uploads", writer.id, "data");
    utimesSync(data, new Date(0), new Date(0));
    expect((await a.gc(now)).uploads).toBe(1);
    expect(existsSync(data)).toBe(false);
  });

  it("rejects deleteBlob with DENIED and a stable reason", async () => {
    const { open } = await makeStore("a", "b");
    await using a = await open("a");
    await a.pushBlob("a", unused, bytes("unused"));
    await expect(a.deleteBlob("a", unused.digest)).rejects.toMatchObject({
      code: "DENIED",
      detail: { reason: "SHARED_BLOBS" },
    });
    expect(existsSync(blobPath(a.directory, unused.digest))).toBe(true);
  });

  it("accepts pushes through the link", async () => {
    const { open, path } = await makeStore("a", "b");
    await using a = await open("a");
    await a.pushBlob("a", unused, bytes("unused"));
    expect(existsSync(path("store", "sha256", unused.digest.slice(7)))).toBe(true);
    await using b = await open("b");
    expect(await b.resolveBlob("b", unused.digest)).toMatchObject({ size: unused.size });
  });

  it("with sharedWith loses to gc only blobs that none of the layouts needs", async () => {
    const { open, path } = await makeStore("a", "b", "c");
    const sharedWith = ["a", "b", "c"].map((name) => path(name));
    await using a = await open("a", { sharedWith });
    await a.pushBlob("a", unused, bytes("unused"));
    expect(await a.gc(now)).toEqual({ removed: [unused.digest], bytes: unused.size, uploads: 0 });
    for (const name of ["a", "b", "c"]) {
      await using each = await open(name);
      expect(await errorsOf(each)).toEqual([]);
    }
  });

  it("with sharedWith keeps blobs that another layout came to need meanwhile", async () => {
    const { open, path } = await makeStore("a", "b");
    await using a = await open("a", { sharedWith: [path("b")] });
    await using b = await open("b");
    await pushArtifact(b, "b", "first", ["v2"]);
    expect((await a.gc(now)).removed).toEqual([]);
    const image = await pushArtifact(b, "b", "second", ["v2"]);
    expect((await a.gc(now)).removed).toEqual([]);
    await expect(a.deleteBlob("a", image.digest)).rejects.toMatchObject({ code: "DENIED" });
    await b.deleteManifest("b", image.digest);
    await a.deleteBlob("a", image.digest);
    expect(existsSync(blobPath(b.directory, image.digest))).toBe(false);
  });

  it("with an empty sharedWith counts as the only user of its blobs", async () => {
    const { open } = await makeStore("a");
    await using a = await open("a", { sharedWith: [] });
    await a.pushBlob("a", unused, bytes("unused"));
    expect((await a.gc(now)).removed).toEqual([unused.digest]);
  });

  const spoil: readonly [string, (path: Store["path"], image: Descriptor) => void][] = [
    [
      "is missing",
      (path) => {
        rmSync(path("b"), { recursive: true });
      },
    ],
    [
      "has an index.json that does not parse",
      (path) => {
        writeFileSync(path("b", "index.json"), "{");
      },
    ],
    [
      "has a damaged manifest",
      (path, { digest }) => {
        truncateSync(path("store", "sha256", digest.slice(7)), 3);
      },
    ],
    [
      "has other blobs",
      (path) => {
        rmSync(path("b", "blobs"));
        mkdirSync(path("b", "blobs", "sha256"), { recursive: true });
      },
    ],
    [
      "has no index.json",
      (path) => {
        renameSync(path("b", "index.json"), path("index.json"));
      },
    ],
  ];
  it.each(spoil)(
    "rejects gc with LAYOUT_INVALID, and removes nothing, if a layout of sharedWith %s",
    async (_what, damage) => {
      const { open, path, top } = await makeStore("a", "b");
      await using b = await open("b");
      const image = await b.resolveTag("b", "v1");
      damage(path, image);
      await using a = await open("a", { sharedWith: [path("b")] });
      await a.pushBlob("a", unused, bytes("unused"));
      const error = await rejection(a.gc(now));
      expect(error).toMatchObject({ code: "LAYOUT_INVALID" });
      expect((error as Error).message).not.toContain(top);
      expect(await rejection(a.deleteBlob("a", unused.digest))).toMatchObject({
        code: expect.stringMatching(/^(LAYOUT_INVALID|DENIED)$/) as string,
      });
      expect(existsSync(blobPath(a.directory, unused.digest))).toBe(true);
    },
  );

  it("finishes concurrent collections of several layouts, in whatever order sharedWith names them", async () => {
    const { open, path } = await makeStore("a", "b", "c");
    const names = ["a", "b", "c"];
    const registries = await Promise.all(
      names.map((name, i) =>
        open(name, {
          lockTimeoutMs: 20_000,
          sharedWith: [...names.slice(i), ...names.slice(0, i)]
            .filter((other) => other !== name)
            .map((other) => path(other)),
        }),
      ),
    );
    for (let round = 0; round < 5; round += 1) {
      const pushed = await Promise.all(
        registries.map((registry, i) => pushArtifact(registry, names[i] ?? "", `round ${round}`, ["latest"])),
      );
      await Promise.all(registries.flatMap((registry) => [registry.gc(now), registry.gc(now)]));
      for (const [i, registry] of registries.entries())
        await registry.resolveManifest(names[i] ?? "", pushed[i]?.digest ?? "");
    }
    for (const registry of registries) {
      expect(await errorsOf(registry)).toEqual([]);
      await registry.close();
    }
  });

  it("limits the wait of gc for all locks together to lockTimeoutMs, and ends it when the signal aborts", async () => {
    const { open, path } = await makeStore("a", "b");
    const holder = { host: "elsewhere", boot: "x", pid: 1, nonce: "held-elsewhere" };
    writeFileSync(path("b", ".index.json.lock"), JSON.stringify(holder));
    await using a = await open("a", { sharedWith: [path("b")], lockTimeoutMs: 300 });
    await a.pushBlob("a", unused, bytes("unused"));
    const begun = performance.now();
    await expect(a.gc(now)).rejects.toMatchObject({ code: "LOCK_TIMEOUT" });
    expect(performance.now() - begun).toBeLessThan(20_000);
    const signal = AbortSignal.timeout(50);
    await using patient = await open("a", { sharedWith: [path("b")], lockTimeoutMs: 60_000 });
    await expect(patient.gc({ ...now, signal })).rejects.toMatchObject({ name: "TimeoutError" });
    expect(existsSync(path("a", ".index.json.lock"))).toBe(false);
  });
});
