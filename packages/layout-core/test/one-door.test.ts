import { randomUUID } from "node:crypto";
import {
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { collect } from "@ocilayout/oci-types";
import {
  bytes,
  descriptorOf,
  freshLayout,
  obstacles,
  pushArtifact,
  temporaryDirectory,
} from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { nodeDisk, type Disk } from "../src/disk/disk.ts";
import { ownedName } from "../src/disk/owned-name.ts";
import { openLayout, type LayoutRegistry } from "../src/index.ts";
import { openLayoutOn } from "../src/open-layout.ts";
import { listTree, snapshot } from "./helpers.ts";

const invalid = { code: "LAYOUT_INVALID" };
const content = bytes("some content");
const blob = descriptorOf(content);

interface Scene {
  readonly registry: LayoutRegistry;
  readonly directory: string;
  /** A directory outside the layout with files that must stay. */
  readonly outside: string;
  /** The path of a session that expired long ago. */
  readonly session: string;
  readonly id: string;
}

async function prepare(): Promise<Scene> {
  const directory = freshLayout();
  const outside = temporaryDirectory();
  const registry = await openLayout(directory, { durability: "none" });
  await pushArtifact(registry, "a", "one", ["v1"]);
  const { id } = await registry.pushBlobChunked("a").then(async (writer) => (await writer.close(), writer));
  for (const name of ["data", "session.json", "lock", "thesis.txt", `${ownedName()}.blob`]) {
    writeFileSync(join(outside, name), JSON.stringify({ repository: "a", algorithm: "sha256" }));
    utimesSync(join(outside, name), 1, 1);
  }
  utimesSync(outside, 1, 1);
  return { registry, directory, outside, session: join(directory, "_uploads", id), id };
}

function age(path: string): void {
  for (const below of listTree(path)) utimesSync(join(path, below), 1, 1);
  utimesSync(path, 1, 1);
}

/** Things that are not regular files. */
const kinds: readonly (readonly [string, (path: string, outside: string) => void])[] = [
  [
    "a link to a file outside",
    (path, outside) => {
      symlinkSync(join(outside, "data"), path);
    },
  ],
  ...obstacles,
];

// clause 30
describe("_uploads", () => {
  it.each<readonly [string, (path: string, outside: string) => void]>([
    [
      "a link to a directory outside",
      (path, outside) => {
        symlinkSync(outside, path);
      },
    ],
    [
      "a file",
      (path) => {
        writeFileSync(path, "");
      },
    ],
    ...kinds.filter(([name]) => name !== "a directory"),
  ])(
    "makes calls that need it fail with LAYOUT_INVALID, no read fail, and nothing outside change, if it is %s",
    async (_, make) => {
      const { registry, directory, outside, id } = await prepare();
      await registry.pushBlob("a", descriptorOf(bytes("unused")), bytes("unused"));
      rmSync(join(directory, "_uploads"), { recursive: true });
      make(join(directory, "_uploads"), outside);
      const [before, blobs] = [snapshot(outside), listTree(join(directory, "blobs"))];
      for (const call of [
        () => registry.pushBlob("a", blob, content),
        () => registry.pushBlobChunked("a"),
        () => registry.pushBlobChunkedResume("a", id),
        () => registry.resolveUpload("a", id),
        () => registry.cancelUpload("a", id),
        () => registry.gc({ graceMs: 0 }),
        () => registry.gc({ dryRun: true }),
        () => pushArtifact(registry, "a", "two", ["v2"]),
      ]) {
        await expect(call()).rejects.toMatchObject({
          ...invalid,
          message: expect.stringContaining("_uploads") as unknown,
        });
      }
      expect(snapshot(outside)).toEqual(before);
      expect(listTree(join(directory, "blobs"))).toEqual(blobs);
      expect(await collect(registry.tags("a"))).toEqual(["v1"]);
      await registry.deleteTag("a", "v1");
      expect((await collect(registry.verify())).filter(({ severity }) => severity === "error")).toMatchObject(
        [{ kind: "damaged-layout", path: "_uploads" }],
      );
      await registry.close();
    },
  );
});

// clauses 30, 31
describe("a session of an odd kind", () => {
  const parts = ["session.json", "data", "lock"].flatMap((part) =>
    kinds.map(([name, make]) => [part, name, make] as const),
  );

  it.each<readonly [string, string, (path: string, outside: string) => void]>([
    ...parts,
    [
      "session.json",
      "a sparse file of 3 GB",
      (path) => {
        writeFileSync(path, "");
        truncateSync(path, 3e9);
      },
    ],
    [
      "",
      "a link to a directory outside",
      (path, outside) => {
        rmSync(path, { recursive: true, force: true });
        symlinkSync(outside, path.replace(/\/$/, ""));
      },
    ],
    [
      "",
      "a file",
      (path) => {
        rmSync(path, { recursive: true, force: true });
        writeFileSync(path.replace(/\/$/, ""), "");
      },
    ],
  ])("whose part %j is %s is left alone and reported, and disturbs no other call", async (part, _, make) => {
    const { registry, directory, outside, session, id } = await prepare();
    age(session);
    if (part !== "") rmSync(join(session, part), { force: true });
    make(part === "" ? `${session}/` : join(session, part), outside);
    const before = snapshot(outside);
    // A new registry searches the sessions for expired ones.
    await using fresh = await openLayout(directory, {
      durability: "none",
      lockTimeoutMs: 1_000,
      uploadExpiryMs: 1_000,
    });
    await (await fresh.pushBlobChunked("a")).cancel();
    await fresh.pushBlob("a", blob, content);
    await fresh.gc();
    await fresh.gc({ graceMs: 0 });
    const found = await collect(fresh.verify());
    expect(found.map(({ severity, kind, path }) => [severity, kind, path])).toContainEqual([
      "warning",
      "stray-file",
      `_uploads/${id}`,
    ]);
    for (const { message } of found) expect(message).not.toContain(dirname(directory));
    expect(existsSync(dirname(session))).toBe(true);
    expect(listTree(join(directory, "_uploads")).join()).toContain(id);
    expect(snapshot(outside)).toEqual(before);
    await registry.close();
  });

  it.each(
    ["session.json", "data"].flatMap((part) => kinds.map(([name, make]) => [part, name, make] as const)),
  )(
    "makes calls about itself fail with LAYOUT_INVALID and name its %s, if that is %s",
    async (part, _, make) => {
      const { registry, outside, session, id } = await prepare();
      rmSync(join(session, part));
      make(join(session, part), outside);
      const before = snapshot(outside);
      for (const call of [
        () => registry.pushBlobChunkedResume("a", id),
        () => registry.resolveUpload("a", id),
        () => registry.cancelUpload("a", id),
      ]) {
        await expect(call()).rejects.toMatchObject({
          ...invalid,
          message: `_uploads/${id}/${part} is not a regular file`,
        });
      }
      expect(snapshot(outside)).toEqual(before);
      await registry.close();
    },
  );

  it("keeps a file of another program", async () => {
    const { registry, session } = await prepare();
    writeFileSync(join(session, "thesis.txt"), "precious");
    age(session);
    await registry.gc({ graceMs: 0 });
    expect(readFileSync(join(session, "thesis.txt"), "utf8")).toBe("precious");
    await registry.close();
  });
});

// clause 30
describe("gc", () => {
  it("keeps files in _uploads and beside index.json that do not have names of ours", async () => {
    const { registry, directory } = await prepare();
    const names = ["_uploads/save.blob", "_uploads/thesis.txt"];
    for (const name of names) writeFileSync(join(directory, name), "precious");
    for (const name of names) utimesSync(join(directory, name), 1, 1);
    await registry.gc({ graceMs: 0 });
    for (const name of names) expect(readFileSync(join(directory, name), "utf8")).toBe("precious");
    await registry.close();
  });

  it.each(kinds.slice(0, -1))("is not stopped by a stray lock record that is %s", async (_, make) => {
    const { registry, directory, outside } = await prepare();
    make(join(directory, ".index.json.lock.x"), outside);
    await registry.gc({ graceMs: 0 });
    expect(await collect(registry.verify())).toMatchObject([
      { kind: "stray-file", path: ".index.json.lock.x" },
    ]);
    await registry.close();
  });

  it("removes nothing behind a session's directory that was replaced by a link", async () => {
    const { registry, outside, session } = await prepare();
    const writer = await registry.pushBlobChunked("a");
    await writer.write(content);
    const directory = join(dirname(session), writer.id);
    renameSync(directory, `${directory}-aside`);
    symlinkSync(outside, directory);
    const before = snapshot(outside);
    await expect(writer.commit(blob.digest)).rejects.toMatchObject({ code: "BLOB_UPLOAD_UNKNOWN" });
    await writer.cancel().catch(() => undefined);
    expect(snapshot(outside)).toEqual(before);
    await registry.close();
  });
});

// clause 30
describe("a file written through a directory that is swapped for a link", () => {
  it("is removed again when _uploads is swapped between the look and the creation", async () => {
    const { registry, directory, outside } = await prepare();
    await registry.close();
    const before = snapshot(outside);
    let isSwapped = false;
    const open: Disk["open"] = async (path, flags) => {
      if (path.endsWith(".blob") && !isSwapped) {
        isSwapped = true;
        renameSync(join(directory, "_uploads"), join(directory, "aside"));
        symlinkSync(outside, join(directory, "_uploads"));
      }
      return nodeDisk.open(path, flags);
    };
    await using racing = openLayoutOn({ ...nodeDisk, open }, directory);
    await expect(racing.pushBlob("a", blob, content)).rejects.toMatchObject(invalid);
    expect(isSwapped).toBe(true);
    expect(snapshot(outside)).toEqual(before);
  });

  it.each(["blobs", "blobs/sha256"])(
    "is not written if %s is a file or leads nowhere: the call fails with LAYOUT_INVALID",
    async (name) => {
      const directory = freshLayout();
      await using registry = await openLayout(directory, { durability: "none" });
      await registry.pushBlob("a", blob, content);
      for (const make of [
        (path: string) => {
          writeFileSync(path, "");
        },
        (path: string) => {
          symlinkSync("nowhere", path);
        },
        (path: string) => {
          symlinkSync(path, path);
        },
      ]) {
        rmSync(join(directory, name), { recursive: true });
        make(join(directory, name));
        const pushing = registry.pushBlob("a", blob, content);
        await expect(pushing).rejects.toMatchObject({
          ...invalid,
          message: expect.stringContaining(name) as unknown,
        });
      }
    },
  );
});

// clause 31
it("a repository below a path that is too long, or below a file, counts as a missing layout", async () => {
  for (const directory of [
    join(temporaryDirectory(), "x".repeat(300)),
    join(temporaryDirectory(), randomUUID(), "layout"),
  ]) {
    await using registry = await openLayout(directory);
    expect(await collect(registry.repositories())).toEqual([]);
  }
});
