import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { image, index } from "@ocilayout/layout-testkit/content";
import { collect, isRegistryError } from "@ocilayout/oci-types";
import { readTar } from "@ocilayout/oci-image/tar";
import { bytes, digestOf, rejection } from "@ocilayout/testing";
import { describe, expect, it, onTestFinished } from "vitest";

import { openArchive, type ArchiveRegistry, type OpenArchiveOptions } from "../src/index.ts";
import {
  archiveFixtures,
  archiveOf,
  blobsOf,
  everythingIn,
  fixturePath,
  fixtures,
  layoutOf,
  membersOf,
} from "./archives.ts";

interface Expected {
  readonly ociLayoutVersion: string | null;
  readonly gzip?: boolean;
  readonly entries: readonly { readonly digest: string; readonly refName: string | null }[];
  readonly reachable: {
    readonly manifests: readonly { digest: string; size: number; missing?: boolean }[];
    readonly blobs: readonly { digest: string; size: number }[];
  };
}

function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(join(fixtures, name, "expected.json"), "utf8")) as Expected;
}

async function open(path: string, options?: OpenArchiveOptions): Promise<ArchiveRegistry> {
  const registry = await openArchive(path, options);
  onTestFinished(() => registry.close());
  return registry;
}

const layouts = archiveFixtures.filter(
  (name) => expectedOf(name).ociLayoutVersion !== null && name !== "x-tar-truncated",
);

it("manifests() of an archive lists what manifests() of the layout lists, with the children of indexes", async () => {
  const directory = await layoutOf({
    "app:multi": await index([image({ layers: ["one"] }), image({ layers: ["two"] })]),
    "app:single": await image({ layers: ["three"] }),
  });
  const layout = await openLayout(directory);
  const archive = await open(await archiveOf(membersOf(directory)));
  const listed = await collect(archive.manifests("app"));
  expect(listed).toEqual(await collect(layout.manifests("app")));
  expect(listed.map(({ tags }) => tags).sort()).toEqual([[], [], ["multi"], ["single"]]);
  await layout.close();
});

describe("an archive of a real program", () => {
  it("is among the fixtures", () => {
    expect(layouts.length).toBeGreaterThan(9);
  });

  it.each(layouts)("%s has every manifest and blob that an independent reading found", async (name) => {
    const registry = await open(fixturePath(name));
    const { reachable, entries } = expectedOf(name);
    const repositories = await collect(registry.repositories());
    const digests: Set<string> = new Set();
    for (const repository of repositories)
      for await (const { descriptor } of registry.manifests(repository)) digests.add(descriptor.digest);
    expect([...digests].sort()).toEqual(reachable.manifests.map(({ digest }) => digest).sort());
    for (const { digest } of entries) expect(digests).toContain(digest);
    for (const { digest, size } of [...reachable.blobs, ...reachable.manifests]) {
      const reader = await registry.getBlob(repositories[0] ?? "", digest);
      const content = await reader.bytes();
      expect(content.length).toBe(size);
      expect(digestOf(content)).toBe(digest);
    }
  });

  it.each(layouts.filter((name) => name !== "x-tar-gzip"))(
    "%s reads as the same layout in a directory",
    async (name) => {
      const members: [string, Buffer][] = [];
      for await (const entry of readTar(readFileSync(fixturePath(name))))
        if (entry.type === "file") members.push([entry.path, Buffer.concat(await collect(entry.content))]);
      const archived = await everythingIn(await open(fixturePath(name)));
      const directory = await layoutOf({});
      for (const [path, content] of members) {
        mkdirSync(join(directory, path, ".."), { recursive: true });
        writeFileSync(join(directory, path), content);
      }
      const layout = await openLayout(directory, { readOnly: true });
      onTestFinished(() => layout.close());
      expect(archived).toEqual(await everythingIn(layout));
    },
  );
});

describe("openArchive", () => {
  it("reads members in any order, below ./ and after other members", async () => {
    const directory = await layoutOf({
      "team/app:v1": await image({ layers: ["one"] }),
      "team/app:v2": await index([image({ layers: ["two"] })]),
      "other:v1": await image({ layers: ["one", "three"] }),
    });
    const members = membersOf(directory).reverse();
    const path = await archiveOf([
      ["README", "not a part of it"],
      { path: "blobs", type: "directory" },
      ...members.map(([name, content]): [string, Uint8Array] => [`./${name}`, content]),
      { path: "a-symlink", type: "symlink", linkName: "../../outside" },
    ]);
    const registry = await open(path);
    const layout = await openLayout(directory);
    onTestFinished(() => layout.close());
    expect(registry.format).toBe("oci");
    const found = await everythingIn(registry);
    expect(found).toEqual(await everythingIn(layout));
    expect(Object.keys(found)).toEqual(["other", "team/app"]);
    for (const { manifests } of Object.values(found))
      for (const digest of blobsOf(manifests))
        expect(digestOf(await (await registry.getBlob("other", digest)).bytes())).toBe(digest);
  });

  it("finds blobs behind hard links and symlinks to other members", async () => {
    const directory = await layoutOf({ "default:v1": await image({ layers: ["one"] }) });
    const members = membersOf(directory);
    const [, first] = members.find(([name]) => name.startsWith("blobs/")) ?? [];
    if (first === undefined) throw new Error("no blob");
    const digest = digestOf(first);
    const name = `blobs/${digest.replace(":", "/")}`;
    const others = members.filter(([other]) => other !== name);
    for (const link of [
      { path: name, type: "link", linkName: "./store/one" },
      { path: name, type: "symlink", linkName: "../../store/one" },
    ] as const) {
      const registry = await open(await archiveOf([...others, link, ["store/one", first]]));
      expect(Buffer.from(await (await registry.getBlob("default", digest)).bytes())).toEqual(first);
    }
  });

  it("reads ranges from the place of a blob in the file", async () => {
    const content = await image({ layers: ["0123456789"] });
    const directory = await layoutOf({ "default:v1": content });
    const registry = await open(await archiveOf(membersOf(directory)));
    const digest = digestOf(bytes("0123456789"));
    const range = await registry.getBlobRange("default", digest, { start: 3, end: 6 });
    expect(await range.text()).toBe("345");
    expect((await registry.getBlobRange("default", digest, { start: 8 })).descriptor.size).toBe(10);
  });

  it("applies defaultRepository and nameEntry as openLayout does", async () => {
    const path = fixturePath("skopeo-1.22.0-archive");
    const named = await open(path, { defaultRepository: "app" });
    expect(await collect(named.tags("app"))).toEqual(["1.0"]);
    const renamed = await open(path, { nameEntry: () => ({ repository: "mine", tag: "x" }) });
    expect(await collect(renamed.tags("mine"))).toEqual(["x"]);
  });

  it("rejects every write with UNSUPPORTED", async () => {
    const registry = await open(fixturePath("skopeo-1.22.0-archive"));
    const content = bytes("x");
    const { digest } = await registry.resolveTag("default", "1.0");
    const calls = [
      () => registry.pushBlob("default", { digest: digestOf(content), size: 1 }, content),
      () => registry.pushManifest("default", content, "text/plain"),
      () => registry.pushBlobChunked("default"),
      () => registry.mountBlob("default", "other", digest),
      () => registry.deleteTag("default", "1.0"),
      () => registry.deleteManifest("default", digest),
    ];
    for (const call of calls) expect(await rejection(call())).toMatchObject({ code: "UNSUPPORTED" });
  });

  it("fails with CLOSED after close, and open readers can be read to their end", async () => {
    const registry = await openArchive(fixturePath("skopeo-1.22.0-archive"));
    const reader = await registry.getTag("default", "1.0");
    await registry.close();
    await registry.close();
    expect((await reader.bytes()).length).toBe(666);
    const error = await rejection(registry.getTag("default", "1.0"));
    expect(isRegistryError(error, "CLOSED")).toBe(true);
  });

  it("stops before it opens the file if the signal is aborted", async () => {
    const reason = new Error("stop");
    const signal = AbortSignal.abort(reason);
    expect(await rejection(openArchive("/missing/archive.tar", { signal }))).toBe(reason);
  });

  it("names no path in the error for a missing file or a directory", async () => {
    const missing = await rejection(openArchive(join(fixtures, "missing.tar")));
    expect(missing).toMatchObject({ code: "STORAGE_FAILED" });
    expect(String(missing)).not.toContain("/");
    const directory = await rejection(openArchive(fixtures));
    expect(directory).toMatchObject({ code: "ARCHIVE_INVALID" });
    expect(String(directory)).not.toContain(fixtures);
  });

  it.each([
    [{ format: "tar" }, TypeError],
    [{ limits: { members: -1 } }, RangeError],
    [{ limits: 1 }, TypeError],
    [{ temporaryDirectory: 1 }, TypeError],
    [{ maxManifestBytes: 1 }, RangeError],
  ])("rejects the options %j", async (options, type) => {
    const path = fixturePath("skopeo-1.22.0-archive");
    expect(await rejection(openArchive(path, options as OpenArchiveOptions))).toBeInstanceOf(type);
  });
});
