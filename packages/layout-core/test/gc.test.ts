import { existsSync, mkdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect, emptyDescriptor, ociMediaTypes, type Descriptor } from "@ocilayout/oci-types";
import {
  artifact,
  blobPath,
  bytes,
  descriptorOf,
  freshLayout,
  imageIndex,
  pushArtifact,
  rejection,
} from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk } from "../src/disk/disk.ts";
import { ownedName } from "../src/disk/owned-name.ts";
import { readProcessTable } from "../src/disk/process-identity.ts";
import { openLayout, type LayoutOptions, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { listTree, readIndex, snapshot } from "./helpers.ts";

const { imageManifest, imageIndex: indexType } = ociMediaTypes;
const unused = descriptorOf(bytes("unused"));
const now = { graceMs: 0 };

/** Creates a layout with an image, an unreferenced blob, and the remains of a deleted image. */
async function prepare(
  options: LayoutOptions = {},
): Promise<{ registry: LayoutRegistry; image: Descriptor; gone: Descriptor }> {
  const registry = await openLayout(freshLayout(), options);
  const image = await pushArtifact(registry, "a", "image", ["v1"]);
  const gone = await pushArtifact(registry, "a", "gone", ["v2"]);
  await registry.deleteManifest("a", gone.digest);
  await registry.pushBlob("a", unused, bytes("unused"));
  return { registry, image, gone };
}

function age(directory: string, digest: string, ms: number): void {
  const then = new Date(Date.now() - ms);
  utimesSync(blobPath(directory, digest), then, then);
}

describe("gc", () => {
  it("removes and reports unreachable blobs and keeps the rest", async () => {
    const { registry, image, gone } = await prepare();
    const removed = [gone, unused].map(({ digest }) => digest).sort();
    expect(await registry.gc(now)).toEqual({ removed, bytes: gone.size + unused.size, uploads: 0 });
    for (const digest of removed) expect(existsSync(blobPath(registry.directory, digest))).toBe(false);
    expect(await (await registry.getTag("a", "v1")).json()).toMatchObject({ annotations: { name: "image" } });
    expect(await registry.resolveManifest("a", image.digest)).toEqual(image);
    expect(await collect(registry.verify())).toEqual([]);
    expect(await registry.gc(now)).toEqual({ removed: [], bytes: 0, uploads: 0 });
  });

  it("reports the same and changes nothing with dryRun", async () => {
    const { registry } = await prepare();
    const before = snapshot(registry.directory);
    const said = await registry.gc({ ...now, dryRun: true });
    expect(snapshot(registry.directory)).toEqual(before);
    expect(await registry.gc(now)).toEqual(said);
  });

  it("keeps blobs younger than graceMs, which defaults to a day", async () => {
    const { registry, gone } = await prepare();
    age(registry.directory, gone.digest, 90_000_000);
    age(registry.directory, unused.digest, 80_000_000);
    expect((await registry.gc()).removed).toEqual([gone.digest]);
    expect((await registry.gc({ graceMs: 80_001_000 })).removed).toEqual([]);
    expect((await registry.gc({ graceMs: 79_999_000 })).removed).toEqual([unused.digest]);
  });

  it("keeps a blob that was pushed again or mounted a moment ago", async () => {
    const { registry } = await prepare();
    for (const renew of [
      () => registry.pushBlob("a", unused, bytes("unused")),
      () => registry.mountBlob("a", "b", unused.digest),
    ]) {
      age(registry.directory, unused.digest, 90_000_000);
      await renew();
      expect((await registry.gc()).removed).toEqual([]);
    }
  });

  it("keeps everything reachable from foreign entries, and every digest in a document of an unknown type", async () => {
    const { registry, image } = await prepare();
    const document = bytes(JSON.stringify({ any: [{ digest: unused.digest }] }));
    const opaque = await registry.pushManifest("a", document, "application/x-thing", { tags: ["opaque"] });
    const index = readIndex(registry.directory);
    const entries = index.manifests.map((entry) => ({
      ...entry,
      annotations: { "org.opencontainers.image.ref.name": "Not/A:Name:At all" },
    }));
    writeFileSync(join(registry.directory, "index.json"), JSON.stringify({ ...index, manifests: entries }));
    const { removed } = await registry.gc(now);
    for (const { digest } of [image, opaque, unused, emptyDescriptor]) {
      expect(removed).not.toContain(digest);
      expect(existsSync(blobPath(registry.directory, digest))).toBe(true);
    }
  });

  it("keeps children at any depth, and referrers", async () => {
    const { registry, image } = await prepare();
    const child = await pushArtifact(registry, "a", "child");
    const inner = await registry.pushManifest("a", imageIndex(child), indexType);
    await registry.pushManifest("a", imageIndex(inner), indexType, { tags: ["outer"] });
    const referrer = await registry.pushManifest(
      "a",
      artifact("referrer", { subject: image }),
      imageManifest,
    );
    await registry.gc(now);
    for (const { digest } of [child, inner, referrer])
      await (await registry.getManifest("a", digest)).bytes();
  });

  it("continues when a blob is missing, as in a sparse layout", async () => {
    const { registry, image, gone } = await prepare();
    rmSync(blobPath(registry.directory, emptyDescriptor.digest));
    expect((await registry.gc(now)).removed).toContain(gone.digest);
    rmSync(blobPath(registry.directory, image.digest));
    await registry.gc(now);
  });

  it.each<[string, (directory: string, image: Descriptor) => void]>([
    [
      "a manifest whose bytes do not match its digest",
      (directory, { digest }) => {
        truncateSync(blobPath(directory, digest), 10);
      },
    ],
    [
      "an index.json that does not parse",
      (directory) => {
        writeFileSync(join(directory, "index.json"), "{");
      },
    ],
    [
      "no oci-layout",
      (directory) => {
        rmSync(join(directory, "oci-layout"));
      },
    ],
  ])("rejects a damaged layout: %s", async (_name, damage) => {
    const { registry, image } = await prepare();
    damage(registry.directory, image);
    const before = snapshot(registry.directory);
    await expect(registry.gc(now)).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    await expect(registry.gc({ ...now, untagged: true })).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    expect(snapshot(registry.directory)).toEqual(before);
  });

  it("creates no layout", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    expect(await registry.gc(now)).toEqual({ removed: [], bytes: 0, uploads: 0 });
    expect(existsSync(directory)).toBe(false);
  });

  it("keeps files that are not blobs of ours", async () => {
    const { registry } = await prepare();
    const files = [
      "README",
      "blobs/stray",
      "blobs/sha256/.tmp-abc",
      "blobs/sha256/short",
      `blobs/blake3/${"0".repeat(64)}`,
    ];
    mkdirSync(join(registry.directory, "blobs", "blake3"));
    for (const file of files) writeFileSync(join(registry.directory, file), "x");
    await registry.gc(now);
    for (const file of files) expect(existsSync(join(registry.directory, file))).toBe(true);
  });

  it("only reports what it would do with readOnly", async () => {
    const { registry } = await prepare();
    await using reader = await openLayout(registry.directory, { readOnly: true });
    await expect(reader.gc(now)).rejects.toMatchObject({ code: "DENIED" });
    expect((await reader.gc({ ...now, dryRun: true })).removed).toHaveLength(2);
  });

  it("rejects invalid options, and ends when its signal aborts", async () => {
    const { registry } = await prepare();
    await expect(registry.gc({ graceMs: -1 })).rejects.toThrow(RangeError);
    await expect(registry.gc({ dryRun: "yes" as unknown as boolean })).rejects.toThrow(TypeError);
    expect(await rejection(registry.gc({ signal: AbortSignal.abort("no") }))).toBe("no");
  });
});

describe("gc with untagged: true", () => {
  it("removes untagged manifests and their blobs, and keeps the children of tagged indexes", async () => {
    const { registry } = await prepare();
    const child = await pushArtifact(registry, "a", "child");
    await registry.pushManifest("a", imageIndex(child), indexType, { tags: ["list"] });
    const old = await pushArtifact(registry, "a", "old", ["moved"]);
    await pushArtifact(registry, "a", "new", ["moved"]);
    expect((await registry.gc({ ...now, dryRun: true, untagged: true })).removed).toContain(old.digest);
    expect(await registry.resolveManifest("a", old.digest)).toEqual(old);
    expect((await registry.gc(now)).removed).not.toContain(old.digest);
    expect((await registry.gc({ ...now, untagged: true })).removed).toEqual([old.digest]);
    await expect(registry.resolveManifest("a", old.digest)).rejects.toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
    expect(await registry.resolveManifest("a", child.digest)).toEqual(child);
    expect(await collect(registry.verify())).toEqual([]);
  });

  it("keeps the referrers of manifests that stay, and removes those of manifests that go", async () => {
    const { registry, image } = await prepare();
    const push = (name: string, subject: Descriptor): Promise<Descriptor> =>
      registry.pushManifest("a", artifact(name, { subject }), imageManifest);
    const signature = await push("signature", image);
    const countersignature = await push("countersignature", signature);
    const untagged = await pushArtifact(registry, "a", "untagged");
    const about = await push("about the untagged", untagged);
    const { removed } = await registry.gc({ ...now, untagged: true });
    expect(removed).toEqual(expect.arrayContaining([untagged.digest, about.digest]) as unknown);
    for (const { digest } of [signature, countersignature])
      await (await registry.getManifest("a", digest)).bytes();
  });

  it("keeps manifests pushed within the grace period, which may be about to be tagged", async () => {
    const { registry } = await prepare();
    const fresh = await pushArtifact(registry, "a", "fresh");
    await registry.gc({ untagged: true });
    expect(await registry.resolveManifest("a", fresh.digest)).toEqual(fresh);
    age(registry.directory, fresh.digest, 90_000_000);
    expect((await registry.gc({ untagged: true })).removed).toContain(fresh.digest);
  });
});

it("gc frees space on a full disk", async () => {
  const { registry, gone } = await prepare();
  const write = (): Promise<never> =>
    Promise.reject(Object.assign(new Error("ENOSPC"), { code: "ENOSPC", syscall: "write" }));
  await using full = openLayoutOn({ ...nodeDisk, write }, registry.directory);
  await expect(full.deleteTag("a", "v1")).rejects.toMatchObject({
    code: "STORAGE_FAILED",
    cause: { code: "ENOSPC" },
  });
  expect((await full.gc(now)).removed).toContain(gone.digest);
  expect(listTree(registry.directory).filter((path) => path.startsWith("."))).toEqual([]);
});

it("a blob that gc or deleteBlob removed can be pushed again", async () => {
  const { registry, image } = await prepare();
  const push = (): Promise<Descriptor> =>
    registry.pushManifest("a", artifact("signature", { subject: image }), imageManifest);
  const signature = await push();
  const listed = async (): Promise<string[]> =>
    (await collect(registry.referrers("a", image.digest))).map(({ digest }) => digest);
  for (const remove of [() => registry.gc(now), () => registry.deleteBlob("a", signature.digest)]) {
    expect(await listed()).toEqual([signature.digest]);
    await registry.deleteManifest("a", signature.digest);
    await remove();
    expect(await listed()).toEqual([]);
    await push();
  }
  expect(await listed()).toEqual([signature.digest]);
});

describe("gc beside other writers", () => {
  it("marks again when the index changed", async () => {
    const directory = freshLayout();
    await using pusher = await openLayout(directory);
    await pushArtifact(pusher, "a", "image", ["v1"]);
    await pusher.pushBlob("a", unused, bytes("unused"));
    let pushed: Promise<unknown> | undefined;
    // Between the mark and the removal, another writer pushes a manifest that needs the candidate.
    const disk = {
      ...nodeDisk,
      list: async (path: string) => {
        pushed ??= pusher.pushManifest("a", artifact("needs it", { layers: [unused] }), imageManifest, {
          tags: ["v2"],
        });
        await pushed;
        return nodeDisk.list(path);
      },
    };
    await using collector = openLayoutOn(disk, directory);
    expect((await collector.gc(now)).removed).toEqual([]);
    expect(await collect(collector.verify())).toEqual([]);
  });

  it("lets a push write a manifest again if gc removed its bytes before the index named it", async () => {
    const directory = freshLayout();
    await using collector = await openLayout(directory);
    await pushArtifact(collector, "a", "image", ["v1"]);
    let collected: Promise<unknown> | undefined;
    const rename = async (from: string, to: string): Promise<void> => {
      await nodeDisk.rename(from, to);
      // The manifest is in place, but no entry reaches it yet.
      if (to.includes("sha256")) await (collected ??= collector.gc(now));
    };
    await using pusher = openLayoutOn({ ...nodeDisk, rename }, directory);
    await pusher.pushManifest("a", artifact("late"), imageManifest, { tags: ["late"] });
    expect(await (await pusher.getTag("a", "late")).json()).toMatchObject({ annotations: { name: "late" } });
    expect(await collected).toMatchObject({ removed: [descriptorOf(artifact("late")).digest] });
  });

  it("loses no push, retag or deletion of three instances", async () => {
    const directory = freshLayout();
    const instances = await Promise.all([1, 2, 3].map(() => openLayout(directory, { durability: "none" })));
    const failures: unknown[] = [];
    const work = instances.map(async (registry, i) => {
      for (let n = 0; n < 15; n += 1) {
        const layer = bytes(`layer ${i} ${n}`);
        try {
          await registry.pushBlob("a", descriptorOf(layer), layer);
          await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
          await registry.pushManifest(
            "a",
            artifact(`${i} ${n}`, { layers: [descriptorOf(layer)] }),
            imageManifest,
            { tags: [`t${i}-${n % 5}`] },
          );
        } catch (error) {
          // Without a grace period a blob may be removed before its manifest is pushed. Then the push fails.
          if ((error as { code?: string }).code !== "MANIFEST_BLOB_UNKNOWN") failures.push(error);
        }
      }
    });
    const [first] = instances;
    const collecting = (async () => {
      for (let n = 0; n < 15; n += 1) await first?.gc({ ...now, untagged: true });
    })();
    await Promise.all([...work, collecting]);
    expect(failures).toEqual([]);
    expect(
      (await collect((await openLayout(directory)).verify())).filter(({ severity }) => severity === "error"),
    ).toEqual([]);
    for (const registry of instances) await registry.close();
  });
});

describe("gc of leftovers", () => {
  const machine = readProcessTable();
  const dead = { ...machine, self: { ...machine.self, pid: 999_999_999, started: "1" } };
  const elsewhere = { ...machine, self: { ...machine.self, host: "elsewhere" } };

  it("removes expired upload sessions and keeps the others", async () => {
    const { registry } = await prepare({ uploadExpiryMs: 60_000 });
    const [old, young, open] = [
      await registry.pushBlobChunked("a"),
      await registry.pushBlobChunked("a"),
      await registry.pushBlobChunked("a"),
    ];
    await old.close();
    await young.close();
    for (const { id } of [old, open]) utimesSync(join(registry.directory, "_uploads", id, "data"), 1, 1);
    expect(await registry.gc({ dryRun: true })).toMatchObject({ uploads: 2 });
    await registry.gc();
    await expect(registry.resolveUpload("a", old.id)).rejects.toMatchObject({ code: "BLOB_UPLOAD_UNKNOWN" });
    expect(listTree(registry.directory)).toEqual(
      expect.arrayContaining([`_uploads/${young.id}/data`, `_uploads/${open.id}/data`]) as unknown,
    );
    await open.cancel();
  });

  it("removes a dead process's files at any age, and those of other processes only when they are old", async () => {
    const { registry } = await prepare();
    const files = {
      dead: [
        `_uploads/${ownedName(dead)}.blob`,
        `.index.json.${ownedName(dead)}.tmp`,
        `.oci-layout.${ownedName(dead)}.tmp`,
      ],
      living: [`_uploads/${ownedName(machine)}.blob`, `.index.json.${ownedName(machine)}.tmp`],
      elsewhere: [`_uploads/${ownedName(elsewhere)}.blob`],
      nobodys: ["_uploads/what is this", ".index.json.lock2", "index.json.tmp"],
    };
    for (const file of Object.values(files).flat()) writeFileSync(join(registry.directory, file), "x");
    expect(await registry.gc({ dryRun: true, graceMs: 0 })).toMatchObject({ uploads: 3 });
    expect(await registry.gc({ graceMs: 0 })).toMatchObject({ uploads: 3 });
    for (const file of files.dead) expect(existsSync(join(registry.directory, file))).toBe(false);
    for (const file of [...files.living, ...files.elsewhere, ...files.nobodys])
      expect(existsSync(join(registry.directory, file))).toBe(true);
    for (const file of Object.values(files).flat())
      if (existsSync(join(registry.directory, file))) utimesSync(join(registry.directory, file), 1, 1);
    await registry.gc();
    for (const file of [...files.living, ...files.elsewhere])
      expect(existsSync(join(registry.directory, file))).toBe(false);
    for (const file of files.nobodys) expect(existsSync(join(registry.directory, file))).toBe(true);
  });

  it("removes claims of dead processes, and no file with another name", async () => {
    const { registry } = await prepare();
    const record = (holder: object): string =>
      JSON.stringify({ ...machine.self, instance: "other", nonce: "abc", ...holder });
    const left = [".index.json.lock.abc.claim", ".index.json.lock.def.claim"];
    for (const name of left) writeFileSync(join(registry.directory, name), record({ pid: 999_999_999 }));
    const others = [
      ".index.json.lock.ghi.claim",
      ".index.json.lock.notes",
      ".index.json.notes.tmp",
      ".oci-layout.1.tmp",
    ];
    for (const name of others)
      writeFileSync(join(registry.directory, name), record({ pid: process.ppid, started: undefined }));
    for (const name of others.slice(1)) utimesSync(join(registry.directory, name), 1, 1);
    expect(await registry.gc()).toMatchObject({ uploads: 2 });
    for (const name of left) expect(existsSync(join(registry.directory, name))).toBe(false);
    for (const name of others) expect(existsSync(join(registry.directory, name)), name).toBe(true);
  });

  it("removes an incomplete session of a dead process, and keeps one that is being created", async () => {
    const { registry } = await prepare();
    const ids = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
    for (const id of ids) mkdirSync(join(registry.directory, "_uploads", id));
    writeFileSync(
      join(registry.directory, "_uploads", ids[0] ?? "", "lock"),
      JSON.stringify({ ...dead.self, instance: "other", nonce: "abc" }),
    );
    expect(await registry.gc()).toMatchObject({ uploads: 1 });
    expect(ids.map((id) => existsSync(join(registry.directory, "_uploads", id)))).toEqual([false, true]);
  });
});
