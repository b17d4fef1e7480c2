import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { collect, isRegistryError, octetStream, type Registry } from "@ocilayout/oci-types";
import { bytes, descriptorOf, obstacles, pushArtifact, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openPerRepository, type PerRepositoryRegistry } from "../src/index.ts";
import { blobPath, open } from "./helpers.ts";

const content = bytes("content");
const blob = descriptorOf(content);
const id = "00000000-0000-4000-8000-000000000000";

/** One call of every kind about one repository. */
const calls: Readonly<Record<string, (registry: PerRepositoryRegistry, name: string) => Promise<unknown>>> = {
  getBlob: (it, name) => it.getBlob(name, blob.digest),
  getBlobRange: (it, name) => it.getBlobRange(name, blob.digest, { start: 0 }),
  getManifest: (it, name) => it.getManifest(name, blob.digest),
  getTag: (it, name) => it.getTag(name, "v1"),
  resolveBlob: (it, name) => it.resolveBlob(name, blob.digest),
  resolveManifest: (it, name) => it.resolveManifest(name, blob.digest),
  resolveTag: (it, name) => it.resolveTag(name, "v1"),
  pushBlob: (it, name) => it.pushBlob(name, blob, content),
  pushBlobChunked: (it, name) => it.pushBlobChunked(name),
  pushBlobChunkedResume: (it, name) => it.pushBlobChunkedResume(name, id),
  resolveUpload: (it, name) => it.resolveUpload(name, id),
  cancelUpload: (it, name) => it.cancelUpload(name, id),
  "mountBlob from it": (it, name) => it.mountBlob(name, "there", blob.digest),
  "mountBlob into it": (it, name) => it.mountBlob("there", name, blob.digest),
  "mountBlob into it, from any": (it, name) => it.mountBlob(undefined, name, blob.digest),
  pushManifest: (it, name) => it.pushManifest(name, bytes("1"), "application/x-thing", { tags: ["v2"] }),
  deleteBlob: (it, name) => it.deleteBlob(name, blob.digest),
  deleteManifest: (it, name) => it.deleteManifest(name, blob.digest),
  deleteTag: (it, name) => it.deleteTag(name, "v1"),
  tags: (it, name) => collect(it.tags(name)),
  referrers: (it, name) => collect(it.referrers(name, blob.digest)),
  manifests: (it, name) => collect(it.manifests(name)),
};

/** Returns the content and the modification time of everything below `directory`. */
function everything(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(directory, { recursive: true }) as string[]) {
    const path = join(directory, name);
    const stats = lstatSync(path);
    const held = stats.isFile()
      ? readFileSync(path, "hex")
      : stats.isSymbolicLink()
        ? readlinkSync(path)
        : "";
    found[name] = `${stats.ino} ${stats.mtimeMs} ${held}`;
  }
  return found;
}

/** Opens a registry with the repository `there`, beside a layout with the same content that does not belong to it. */
async function openBesideOutside(): Promise<{ registry: PerRepositoryRegistry; outside: string }> {
  const registry = await open({ lockTimeoutMs: 1_000 });
  await registry.pushBlob("there", blob, content);
  await pushArtifact(registry, "there", "one", ["v1"]);
  const outside = temporaryDirectory();
  await using layout = await openLayout(join(outside, "app"), { defaultRepository: "team/app" });
  await layout.pushBlob("team/app", blob, content);
  await pushArtifact(layout, "team/app", "one", ["v1"]);
  return { registry, outside };
}

const inTheWay: readonly (readonly [
  what: string,
  name: string,
  prepare: (tree: string, outside: string) => void,
])[] = [
  [
    "a link to a layout",
    "app",
    (tree, outside) => {
      symlinkSync(join(outside, "app"), join(tree, "app"));
    },
  ],
  [
    "a link on the way",
    "team",
    (tree, outside) => {
      symlinkSync(outside, join(tree, "team"));
    },
  ],
  [
    "a link further down",
    "team/app",
    (tree, outside) => {
      mkdirSync(join(tree, "team"));
      symlinkSync(join(outside, "app"), join(tree, "team/app"));
    },
  ],
  [
    "a link within the tree",
    "team",
    (tree) => {
      symlinkSync("there", join(tree, "team"));
    },
  ],
  [
    "a link to a directory that is not there",
    "team",
    (tree, outside) => {
      symlinkSync(join(outside, "new"), join(tree, "team"));
    },
  ],
  [
    "a link to itself",
    "team",
    (tree) => {
      symlinkSync("team", join(tree, "team"));
    },
  ],
  [
    "a link to the tree",
    "team",
    (tree) => {
      symlinkSync(tree, join(tree, "team"));
    },
  ],
  [
    "a file",
    "team",
    (tree) => {
      writeFileSync(join(tree, "team"), "");
    },
  ],
  [
    "a pipe",
    "team",
    (tree) => {
      execFileSync("mkfifo", [join(tree, "team")]);
    },
  ],
];

// clause 30
describe.each(inTheWay)("%s in the place of a repository", (_what, name, prepare) => {
  const repositories = name.includes("/") ? [name] : [name, `${name}/app`, `${name}/app/deeper`];

  it("makes every call fail with LAYOUT_INVALID and name it, and nothing changes inside or outside", async () => {
    const { registry, outside } = await openBesideOutside();
    prepare(registry.directory, outside);
    const before = [everything(registry.directory), everything(outside)];
    for (const repository of repositories) {
      for (const [method, call] of Object.entries(calls)) {
        const error: unknown = await call(registry, repository).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        const context = `${method} of ${repository}`;
        expect(error, context).toMatchObject({
          code: "LAYOUT_INVALID",
          message: expect.stringMatching(new RegExp(`^${name} is (?:a link|not a directory)`)) as string,
        });
        expect((error as Error).message, context).not.toContain(registry.directory);
      }
    }
    expect([everything(registry.directory), everything(outside)]).toEqual(before);
  });

  it("is not a repository for lists, verify, gc and mounts from any, and verify reports it", async () => {
    const { registry, outside } = await openBesideOutside();
    prepare(registry.directory, outside);
    const before = everything(outside);
    expect(await collect(registry.repositories())).toEqual(["there"]);
    expect(await collect(registry.verify())).toMatchObject(
      [
        { severity: "warning", kind: "unreachable-blob", repository: "there" },
        { severity: "warning", kind: "stray-file", repository: name, path: name },
      ].sort((a, b) => (a.repository < b.repository ? -1 : 1)),
    );
    await registry.deleteBlob("there", blob.digest);
    await expect(registry.mountBlob(undefined, "other", blob.digest)).rejects.toMatchObject({
      code: "BLOB_UNKNOWN",
    });
    expect(await registry.gc({ graceMs: 0 })).toMatchObject({ removed: [], refused: [] });
    expect(everything(outside)).toEqual(before);
  });
});

// clause 30
describe("a directory that is swapped for a link", () => {
  it("is noticed by the next call of an open layout and of an open writer", async () => {
    const { registry, outside } = await openBesideOutside();
    const writer = await registry.pushBlobChunked("there");
    await writer.write(content);
    renameSync(join(registry.directory, "there"), join(outside, "moved"));
    symlinkSync(join(outside, "app"), join(registry.directory, "there"));
    const before = everything(join(outside, "app"));
    for (const call of Object.values(calls))
      await expect(call(registry, "there")).rejects.toMatchObject({ code: "LAYOUT_INVALID" });
    const error: unknown = await writer.commit(blob.digest).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isRegistryError(error)).toBe(true);
    expect(everything(join(outside, "app"))).toEqual(before);
  });

  it("lets a list that was paused before the swap read nothing outside", async () => {
    const registry = await open();
    for (const name of ["a", "m", "m/inner"]) await pushArtifact(registry, name, "one");
    const outside = temporaryDirectory();
    const names = registry.repositories()[Symbol.asyncIterator]();
    expect(await names.next()).toMatchObject({ value: "a" });
    renameSync(join(registry.directory, "m"), join(outside, "m"));
    symlinkSync(join(outside, "m"), join(registry.directory, "m"));
    expect(await names.next()).toEqual({ value: undefined, done: true });
  });
});

// clause 28
describe("a damaged layout does not break other repositories", () => {
  it.each(obstacles)(
    "if oci-layout is %s: it is listed, its calls fail with a code, and verify and gc report it",
    async (_what, replace) => {
      const writer = await open();
      for (const name of ["a", "b", "c"]) {
        await pushArtifact(writer, name, "one", ["v1"]);
        await writer.pushBlob(name, blob, content);
      }
      const registry = await open({ lockTimeoutMs: 1_000 }, writer.directory);
      const marker = join(registry.directory, "b/oci-layout");
      rmSync(marker);
      replace(marker);
      expect(await collect(registry.repositories())).toEqual(["a", "b", "c"]);
      for (const call of [
        () => registry.resolveTag("b", "v1"),
        () => collect(registry.tags("b")),
        () => registry.pushBlob("b", blob, content),
      ]) {
        const error: unknown = await call().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error).toMatchObject({ code: "LAYOUT_INVALID" });
      }
      expect(await collect(registry.tags("c"))).toEqual(["v1"]);
      const errors = (await collect(registry.verify())).filter(({ severity }) => severity === "error");
      expect(errors).toMatchObject([{ kind: "damaged-layout", repository: "b" }]);
      expect(await registry.gc({ graceMs: 0 })).toMatchObject({
        removed: [blob.digest, blob.digest],
        refused: ["b"],
        failures: [{ repository: "b", error: { code: "LAYOUT_INVALID" } }],
      });
      expect(
        await registry.mountBlob(undefined, "d", (await registry.resolveTag("a", "v1")).digest),
      ).toMatchObject({ mediaType: octetStream });
    },
  );

  /** Runs `use` without the rights of root, which can read everything. */
  async function unprivileged(tree: string, use: () => Promise<void>): Promise<void> {
    if (process.getuid?.() !== 0 || process.seteuid === undefined) return use();
    for (const name of ["", ...(readdirSync(tree, { recursive: true }) as string[])])
      chownSync(join(tree, name), 65_534, 65_534);
    chmodSync(join(tree, ".."), 0o755);
    process.seteuid(65_534);
    try {
      await use();
      return;
    } finally {
      process.seteuid(0);
    }
  }

  it.skipIf(process.platform === "win32")(
    "if directories may not be read: they hide no other, and verify and gc report them",
    async () => {
      const registry = await open();
      for (const name of ["a", "b", "c", "deep/d", "e"]) await pushArtifact(registry, name, "one", ["v1"]);
      await unprivileged(registry.directory, async () => {
        const modes: readonly (readonly [string, number])[] = [
          ["b", 0o000],
          ["c", 0o311],
          ["deep", 0o000],
          ["e/blobs", 0o000],
        ];
        for (const [name, mode] of modes) chmodSync(join(registry.directory, name), mode);
        try {
          // `c` cannot be listed, but its files can be read.
          expect(await collect(registry.repositories())).toEqual(["a", "c", "e"]);
          expect(await collect(registry.tags("a"))).toEqual(["v1"]);
          expect(await collect(registry.tags("c"))).toEqual(["v1"]);
          for (const name of ["b", "deep/d"]) {
            const error: unknown = await collect(registry.tags(name)).then(
              () => undefined,
              (reason: unknown) => reason,
            );
            expect(error).toMatchObject({ code: "STORAGE_FAILED", cause: { code: "EACCES" } });
            expect((error as Error).message).not.toContain(registry.directory);
          }
          const errors = (await collect(registry.verify())).filter(
            ({ severity, kind }) => severity === "error" && kind !== "missing-blob",
          );
          expect(errors.map(({ repository }) => repository)).toEqual(
            expect.arrayContaining(["b", "deep"]) as string[],
          );
          expect(errors.filter(({ repository }) => repository === "a")).toEqual([]);
          expect((await registry.gc({ graceMs: 0 })).refused).toEqual(expect.arrayContaining(["b", "deep"]));
        } finally {
          for (const [name] of modes) chmodSync(join(registry.directory, name), 0o755);
        }
      });
    },
  );

  it("but a failure of the whole call still ends the call", async () => {
    const writer = await open();
    for (const name of ["a", "b"]) await pushArtifact(writer, name, "one", ["v1"]);
    const reader = await open({ readOnly: true }, writer.directory);
    await expect(reader.gc()).rejects.toMatchObject({ code: "DENIED" });
    const findings = writer.verify()[Symbol.asyncIterator]();
    const controller = new AbortController();
    controller.abort("enough");
    await expect(collect(writer.verify({ signal: controller.signal }))).rejects.toBe("enough");
    await expect(writer.gc({ signal: controller.signal })).rejects.toBe("enough");
    await findings.return?.();
  });
});

// clause 28
describe("the root of a tree", () => {
  it.each<readonly [string, (root: string) => void]>([
    ["a layout", () => undefined],
    [
      "a layout that lost its oci-layout",
      (root) => {
        rmSync(join(root, "oci-layout"));
      },
    ],
  ])("is rejected by every call with a message that names it if it is %s", async (_what, spoil) => {
    const registry = await open();
    await pushArtifact(registry, "there", "one", ["v1"]);
    await using layout = await openLayout(registry.directory, { durability: "none" });
    await layout.pushBlob("a", blob, content);
    spoil(registry.directory);
    const more: Readonly<Record<string, (it: Registry) => Promise<unknown>>> = {
      ...Object.fromEntries(
        Object.entries(calls).map(([name, call]) => [name, () => call(registry, "there")]),
      ),
      repositories: () => collect(registry.repositories()),
      verify: () => collect(registry.verify()),
      gc: () => registry.gc(),
    };
    const before = everything(registry.directory);
    for (const [name, call] of Object.entries(more)) {
      await expect(call(registry), name).rejects.toMatchObject({
        code: "LAYOUT_INVALID",
        message: expect.stringMatching(/one layout, not a directory|itself a layout/) as string,
      });
    }
    expect(everything(registry.directory)).toEqual(before);
  });

  it("is rejected by every call with a message that names it if it is a file", async () => {
    const root = join(temporaryDirectory(), "file");
    const registry = await open({}, root);
    writeFileSync(root, "");
    const lists = [
      () => collect(registry.repositories()),
      () => collect(registry.verify()),
      () => registry.gc(),
      () => registry.mountBlob(undefined, "there", blob.digest),
    ];
    for (const call of [...Object.values(calls).map((it) => () => it(registry, "there")), ...lists]) {
      await expect(call(), call.toString()).rejects.toMatchObject({
        code: "LAYOUT_INVALID",
        message: "the directory of layouts is not a directory",
      });
    }
  });

  it("may itself be a link", async () => {
    const registry = await open();
    await pushArtifact(registry, "a/b", "one", ["v1"]);
    const link = join(temporaryDirectory(), "link");
    symlinkSync(registry.directory, link);
    const other = await open({}, link);
    expect(await collect(other.repositories())).toEqual(["a/b"]);
    await pushArtifact(other, "a/b", "two", ["v2"]);
    expect(await collect(registry.tags("a/b"))).toEqual(["v1", "v2"]);
  });

  // clause 33
  it("must exist when it is opened with readOnly", async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, "file"), "");
    for (const path of ["nothing", "file"]) {
      await expect(openPerRepository(join(root, path), { readOnly: true })).rejects.toMatchObject({
        code: "LAYOUT_INVALID",
      });
      await expect(openLayout(join(root, path), { readOnly: true })).rejects.toMatchObject({
        code: "LAYOUT_INVALID",
      });
    }
    const reader = await open({ readOnly: true }, root);
    await expect(collect(reader.tags("no/such"))).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
    expect(existsSync(join(root, "no"))).toBe(false);
  });
});

// clause 30
describe("links in a repository's blobs", () => {
  it("are followed by reads, pushes and mounts if blobs itself is one", async () => {
    const registry = await open();
    await pushArtifact(registry, "a", "one", ["v1"]);
    const shared = join(temporaryDirectory(), "shared");
    renameSync(join(registry.directory, "a/blobs"), shared);
    symlinkSync(shared, join(registry.directory, "a/blobs"));
    await registry.pushBlob("a", blob, content);
    expect(existsSync(join(shared, ...blob.digest.split(":")))).toBe(true);
    expect(await registry.mountBlob(undefined, "b", blob.digest)).toMatchObject({ digest: blob.digest });
    expect(statSync(blobPath(registry, "b", blob.digest)).isFile()).toBe(true);
  });

  it("are not mounted from any repository if a blob is a link out of the tree", async () => {
    const { registry, outside } = await openBesideOutside();
    await registry.deleteBlob("there", blob.digest);
    symlinkSync(
      join(outside, "app/blobs", ...blob.digest.split(":")),
      blobPath(registry, "there", blob.digest),
    );
    await expect(registry.mountBlob(undefined, "b", blob.digest)).rejects.toMatchObject({
      code: "BLOB_UNKNOWN",
    });
  });
});
