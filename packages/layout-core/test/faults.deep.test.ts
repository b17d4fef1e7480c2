import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { collect, emptyDescriptor, isRegistryError, ociMediaTypes } from "@ocilayout/oci-types";
import {
  artifact,
  bytes,
  descriptorOf,
  imageIndex,
  pushArtifact,
  temporaryDirectory,
} from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { directDisk } from "../src/disk/direct-disk.ts";
import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { openLayout, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { fullDisk, type Shortage } from "./full-disk.ts";
import { listTree, readIndex } from "./helpers.ts";

const { imageManifest, imageIndex: indexType } = ociMediaTypes;
const content = bytes("some content");
const blob = descriptorOf(content);

/** Error codes of failing systems: a full disk, a broken or read-only one, too many open files. */
const codes = ["ENOSPC", "EIO", "EACCES", "EMFILE", "EMLINK", "ENOENT", "EROFS", "EXDEV", "EPERM"] as const;

/** A disk on which one step fails, and which tracks open files. */
class FaultyDisk {
  /** The number of steps so far. */
  steps = 0;
  /** The step that failed, if it was reached. */
  failed: keyof Disk | undefined;
  readonly open: Set<number> = new Set();
  readonly disk: Disk;

  constructor(failing: number, code: string, base: Disk = directDisk) {
    const step = (name: keyof Disk): void => {
      this.steps += 1;
      if (this.steps !== failing) return;
      this.failed = name;
      // A stat returns nothing for a missing file, and does not fail.
      if (isLook(name) && code === "ENOENT") code = "EIO";
      throw Object.assign(new Error(`${code}: injected, ${name} '/host/path'`), { code, syscall: name });
    };
    const wrapped = Object.fromEntries(
      Object.entries(base).map(([name, call]) => [
        name,
        isLook(name)
          ? (path: string) => {
              step(name);
              return base[name](path);
            }
          : async (...args: never[]) => {
              // A file that could not be closed is closed anyway.
              if (name === "close") {
                await base.close(args[0] as unknown as number);
                this.open.delete(args[0] as unknown as number);
              }
              step(name as keyof Disk);
              if (name === "close") return undefined;
              const result = await (call as (...all: never[]) => Promise<unknown>)(...args);
              if (name === "open") this.open.add(result as number);
              return result;
            },
      ]),
    );
    this.disk = wrapped as unknown as Disk;
  }
}

interface Operation {
  readonly name: string;
  /** Prepares the layout for the operation. */
  readonly prepare: (registry: LayoutRegistry) => Promise<unknown>;
  readonly run: (registry: LayoutRegistry, prepared: unknown) => Promise<unknown>;
  /** Whether the operation can be repeated on the same layout. */
  readonly isRepeatable: boolean;
  /** The resource that runs out during the operation. */
  readonly shortage?: Shortage | undefined;
}

const operations: readonly Operation[] = [
  {
    name: "the first push",
    prepare: async () => undefined,
    run: (it) => it.pushBlob("a", blob, content),
    isRepeatable: true,
  },
  {
    name: "pushBlob",
    prepare: (it) => pushArtifact(it, "a", "one", ["v1"]),
    run: (it) => it.pushBlob("a", blob, content),
    isRepeatable: true,
  },
  {
    name: "pushBlob of a stored one",
    prepare: (it) => it.pushBlob("a", blob, content),
    run: (it) => it.pushBlob("a", blob, content),
    isRepeatable: true,
  },
  {
    name: "pushManifest, moving a tag",
    prepare: (it) => pushArtifact(it, "a", "one", ["v1"]),
    run: (it) => it.pushManifest("a", artifact("two"), imageManifest, { tags: ["v1", "v2"] }),
    isRepeatable: true,
  },
  {
    name: "pushManifest of a stored one",
    prepare: (it) => pushArtifact(it, "a", "one", ["v1"]),
    run: (it) => it.pushManifest("a", artifact("one"), imageManifest, { tags: ["v2"] }),
    isRepeatable: true,
  },
  {
    name: "an upload",
    prepare: (it) => pushArtifact(it, "a", "one", ["v1"]),
    run: async (it) => {
      const writer = await it.pushBlobChunked("a");
      try {
        await writer.write(content.subarray(0, 5));
        await writer.write(content.subarray(5));
        return await writer.commit(blob.digest);
      } catch (error) {
        await writer.cancel().catch(() => writer.close());
        throw error;
      }
    },
    isRepeatable: true,
  },
  {
    name: "a resumed upload",
    prepare: async (it) => {
      const writer = await it.pushBlobChunked("a");
      await writer.write(content);
      await writer.close();
      return writer.id;
    },
    run: async (it, id) => {
      const writer = await it.pushBlobChunkedResume("a", id as string);
      try {
        return await writer.commit(blob.digest);
      } finally {
        await writer.close();
      }
    },
    isRepeatable: false,
  },
  {
    name: "mountBlob",
    prepare: (it) => it.pushBlob("a", blob, content),
    run: (it) => it.mountBlob("a", "b", blob.digest),
    isRepeatable: true,
  },
  {
    name: "deleteTag",
    prepare: (it) => pushArtifact(it, "a", "one", ["v1", "v2"]),
    run: (it) => it.deleteTag("a", "v1"),
    isRepeatable: false,
  },
  {
    name: "deleteManifest",
    prepare: async (it) => {
      const child = await pushArtifact(it, "a", "child");
      return it.pushManifest("a", imageIndex(child), indexType, { tags: ["v1"] });
    },
    run: (it, index) => it.deleteManifest("a", (index as { digest: string }).digest),
    isRepeatable: false,
  },
  {
    name: "deleteBlob",
    prepare: (it) => it.pushBlob("a", blob, content),
    run: (it) => it.deleteBlob("a", blob.digest),
    isRepeatable: false,
  },
  {
    name: "gc",
    prepare: async (it) => {
      await pushArtifact(it, "a", "one", ["v1"]);
      await it.pushBlob("a", blob, content);
    },
    run: (it) => it.gc({ graceMs: 0, untagged: true }),
    isRepeatable: true,
  },
  ...(["names", "blocks"] as const).flatMap((shortage): Operation[] => [
    {
      name: `deleteTag without ${shortage}`,
      prepare: (it) => pushArtifact(it, "a", "one", ["v1", "v2"]),
      run: (it) => it.deleteTag("a", "v1"),
      isRepeatable: false,
      shortage,
    },
    {
      name: `gc without ${shortage}`,
      prepare: async (it) => {
        await pushArtifact(it, "a", "one", ["v1"]);
        await it.pushBlob("a", blob, content);
      },
      run: (it) => it.gc({ graceMs: 0 }),
      isRepeatable: true,
      shortage,
    },
  ]),
  {
    name: "reading everything",
    prepare: async (it) => {
      const child = await pushArtifact(it, "a", "child");
      await it.pushManifest("a", imageIndex(child), indexType, { tags: ["v1"] });
    },
    run: async (it) => {
      for await (const repository of it.repositories()) {
        for await (const tag of it.tags(repository)) await (await it.getTag(repository, tag)).bytes();
        for await (const { descriptor } of it.manifests(repository))
          await collect(it.referrers(repository, descriptor.digest));
      }
      await (await it.getBlob("a", emptyDescriptor.digest)).bytes();
      return collect(it.verify());
    },
    isRepeatable: true,
  },
];

/** Describes the content of a layout as a new registry sees it, and fails if any of it is corrupt. */
async function observe(registry: LayoutRegistry): Promise<unknown> {
  const repositories: Record<string, unknown> = {};
  for await (const repository of registry.repositories()) {
    repositories[repository] = await collect(registry.manifests(repository));
  }
  expect((await collect(registry.verify())).filter(({ severity }) => severity === "error")).toEqual([]);
  return repositories;
}

async function observeFresh(directory: string): Promise<unknown> {
  await using registry = await openLayout(directory);
  return await observe(registry);
}

/** Whether a step is synchronous. */
function isLook(name: string): name is "statNow" | "lstatNow" {
  return name === "statNow" || name === "lstatNow";
}

/** Steps that remove files of ours. If one fails, files may be left over. */
const removing: readonly (keyof Disk | undefined)[] = ["unlink", "rmdir", "list", "statNow", "lstatNow"];

function leftovers(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return listTree(directory).filter(
    (path) =>
      !/^(blobs\/.*|_uploads\/(reserve-.*)?|index\.json|oci-layout)$/.test(path) &&
      !/^_uploads\/[0-9a-f-]{36}\//.test(path),
  );
}

/** Runs the operation on a disk whose step `failing` fails. Returns false if the operation has fewer steps. */
async function attempt(operation: Operation, failing: number, code: string): Promise<boolean> {
  const directory = join(temporaryDirectory(), "layout");
  const healthy = await openLayout(directory, { durability: "none" });
  const prepared = await operation.prepare(healthy);
  await healthy.close();
  const before = await observeFresh(directory);

  const faulty = new FaultyDisk(
    failing,
    code,
    operation.shortage === undefined ? directDisk : fullDisk(directory, operation.shortage),
  );
  const registry = openLayoutOn(faulty.disk, directory, { lockTimeoutMs: 2_000 });
  const [outcome] = await Promise.allSettled([operation.run(registry, prepared)]);
  const context = `${operation.name}: step ${failing} (${faulty.failed ?? "none"}) says ${code}`;
  if (faulty.failed === undefined) {
    expect(outcome.status, context).toBe("fulfilled");
    await registry.close();
    return false;
  }
  let isMade = outcome.status === "fulfilled";
  const isAbsence = code === "ENOENT" && !isLook(faulty.failed);
  if (outcome.status === "rejected") {
    const error: unknown = outcome.reason;
    if (!isRegistryError(error)) throw new Error(context, { cause: error });
    expect(error.message, context).not.toContain("/host/path");
    // A missing file is a normal result. Any other failure is `STORAGE_FAILED`, with the system's error.
    if (!isAbsence)
      expect(error, context).toMatchObject({
        code: "STORAGE_FAILED",
        cause: { code: code === "ENOENT" ? "EIO" : code },
      });
    isMade = (error.detail as { committed?: unknown } | undefined)?.committed === true;
  }
  const after = await observeFresh(directory);
  expect(await observe(registry), context).toEqual(after);
  if (!isMade && !operation.name.startsWith("gc")) expect(after, context).toEqual(before);
  if (existsSync(join(directory, "index.json"))) readIndex(directory);

  // The next call succeeds, unless the failed flush ended the upload.
  const isOver =
    operation.name === "a resumed upload" &&
    !isMade &&
    !existsSync(join(directory, "_uploads", prepared as string));
  if (isOver) {
    expect(faulty.failed, context).toBe("sync");
    await expect(operation.run(registry, prepared), context).rejects.toMatchObject({
      code: "BLOB_UPLOAD_UNKNOWN",
    });
  } else if (!isMade || operation.isRepeatable) await operation.run(registry, prepared);
  await registry.close();
  expect([...faulty.open], context).toEqual([]);
  // The next garbage collection removes what is left over; the next writer takes over a lock.
  if (!removing.includes(faulty.failed)) expect(leftovers(directory), context).toEqual([]);
  return true;
}

// clause 1
describe("an operation of which any step fails", () => {
  /** Chooses the code with which each step fails. CI runs some of the rounds, one per code. */
  const rounds = (process.env["FAULTS"] ?? "0").split(",").map(Number);
  // clause 1
  it.each(operations)(
    "fails with a code, leaves the old or the new state, and leaks nothing: $name",
    async (operation) => {
      let steps = 0;
      for (let failing = 1; ; failing += 1) {
        let wasReached = false;
        for (const round of rounds)
          wasReached = await attempt(
            operation,
            failing,
            codes[(failing + round * 4) % codes.length] ?? "EIO",
          );
        if (!wasReached) break;
        steps = failing;
      }
      expect(steps).toBeGreaterThan(3);
    },
    300_000,
  );
});

// clause 1
it("an index.json that could not be written is never seen", async () => {
  const directory = join(temporaryDirectory(), "layout");
  await using registry = openLayoutOn(
    {
      ...nodeDisk,
      rename: (from, to) =>
        to.endsWith("index.json") && readdirSync(directory).includes("index.json")
          ? Promise.reject(Object.assign(new Error("EIO"), { code: "EIO", syscall: "rename" }))
          : nodeDisk.rename(from, to),
    },
    directory,
  );
  await registry.pushBlob("a", emptyDescriptor, bytes("{}"));
  await expect(
    registry.pushManifest("a", artifact("one"), imageManifest, { tags: ["v1"] }),
  ).rejects.toMatchObject({ code: "STORAGE_FAILED", cause: { code: "EIO" } });
  expect(await collect(registry.repositories())).toEqual([]);
  await expect(registry.resolveTag("a", "v1")).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
});
