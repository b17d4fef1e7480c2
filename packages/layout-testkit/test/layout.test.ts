import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import type { Descriptor } from "@ocilayout/oci-types";
import { ociMediaTypes } from "@ocilayout/oci-types";
import { blobPath, temporaryDirectory } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { artifact, image, index, layer, type ManifestContent } from "../src/content/index.ts";
import { checkLayoutDirectory, type LayoutProblem } from "../src/layout/index.ts";

function put(directory: string, item: ManifestContent): void {
  mkdirSync(join(directory, "blobs", "sha256"), { recursive: true });
  for (const { descriptor, content } of [...item.blobs, item])
    writeFileSync(blobPath(directory, descriptor.digest), content);
  for (const child of item.children) put(directory, child);
}

function entry({ mediaType, digest, size }: Descriptor, name?: string): object {
  return {
    mediaType,
    digest,
    size,
    ...(name === undefined ? {} : { annotations: { "org.opencontainers.image.ref.name": name } }),
  };
}

/** Writes a layout with these manifests. The keys are the names of the entries. */
async function layoutOf(items: Readonly<Record<string, Promise<ManifestContent>>>): Promise<string> {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "blobs"));
  const entries: object[] = [];
  for (const [name, item] of Object.entries(items)) {
    put(directory, await item);
    entries.push(entry((await item).descriptor, name));
  }
  writeFileSync(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  putIndex(directory, ...entries);
  return directory;
}

function putIndex(directory: string, ...manifests: readonly unknown[]): void {
  writeFileSync(join(directory, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
}

/** Returns the kinds and paths of the problems. */
function brief(problems: readonly LayoutProblem[]): string[] {
  return problems.map(({ kind, path }) => `${kind} ${path}`);
}

async function check(directory: string): Promise<string[]> {
  return brief(await checkLayoutDirectory(directory));
}

const one = image({ layers: ["one"] });
const isOrdinaryUser = process.getuid?.() !== 0 && process.platform !== "win32";

describe("checkLayout finds no problem in a layout", () => {
  it.each<[string, Readonly<Record<string, Promise<ManifestContent>>>]>([
    ["without entries", {}],
    ["of one image", { v1: one }],
    ["of an image with two names", { v1: one, "app:v1": one }],
    ["of an index", { v1: index([one, index([image({ layers: ["two"] })])]) }],
    ["of an index and a tagged child", { v1: index([one]), child: one }],
    ["of a referrer whose subject is elsewhere", { v1: artifact({ subject: one }) }],
  ])("%s", async (_name, items) => {
    expect(await checkLayoutDirectory(await layoutOf(items))).toEqual([]);
  });

  it("with an index and, in another repository, its children", async () => {
    const directory = await layoutOf({
      "app:v1": index([artifact()]),
      [`other@${(await artifact()).descriptor.digest}`]: artifact(),
    });
    expect(await check(directory)).toEqual([]);
  });

  it("with unreferenced blobs and extra files", async () => {
    const directory = await layoutOf({});
    put(directory, await one);
    mkdirSync(join(directory, "_uploads"));
    writeFileSync(join(directory, "_uploads", "1"), "");
    expect(await check(directory)).toEqual([]);
  });

  it("with a missing layer that has urls", async () => {
    const there = await layer("elsewhere");
    const elsewhere = { ...there, descriptor: { ...there.descriptor, urls: ["https://example.com/layer"] } };
    const directory = await layoutOf({ v1: artifact({ layers: [elsewhere] }) });
    rmSync(blobPath(directory, there.descriptor.digest));
    expect(await check(directory)).toEqual([]);
  });

  it("with a digest of an algorithm that is not computed here", async () => {
    const directory = await layoutOf({});
    mkdirSync(join(directory, "blobs", "md9"));
    writeFileSync(join(directory, "blobs", "md9", "abc"), "abc");
    putIndex(directory, { mediaType: "text/plain", digest: "md9:abc", size: 3 });
    expect(await check(directory)).toEqual([]);
  });

  it("with a link that stays inside", async () => {
    const directory = await layoutOf({ v1: one });
    const path = blobPath(directory, (await one).descriptor.digest);
    writeFileSync(join(directory, "elsewhere"), readFileSync(path));
    rmSync(path);
    symlinkSync(join("..", "..", "elsewhere"), path);
    expect(await check(directory)).toEqual([]);
  });
});

describe("checkLayout requires that", () => {
  it.each(["oci-layout", "index.json", "blobs"])("%s exists", async (part) => {
    const directory = await layoutOf({});
    rmSync(join(directory, part), { recursive: true });
    expect(await check(directory)).toEqual([`missing-part ${part}`]);
  });

  it("oci-layout and index.json are files, and blobs is a directory", async () => {
    const directory = temporaryDirectory();
    for (const name of ["oci-layout", "index.json"]) mkdirSync(join(directory, name));
    writeFileSync(join(directory, "blobs"), "");
    expect(await check(directory)).toEqual([
      "missing-part oci-layout",
      "missing-part index.json",
      "missing-part blobs",
    ]);
  });

  it.each([
    "",
    "[]",
    "{}",
    "null",
    '{"imageLayoutVersion":"1.1.0"}',
    '{"imageLayoutVersion":1}',
    '\uFEFF{"imageLayoutVersion":"1.0.0"}',
  ])("oci-layout is not %j", async (text) => {
    const directory = await layoutOf({});
    writeFileSync(join(directory, "oci-layout"), text);
    expect(await check(directory)).toEqual(["layout-file oci-layout"]);
  });

  it.each([
    "",
    "[]",
    "null",
    '{"schemaVersion":2}',
    '{"schemaVersion":2,"manifests":null}',
    '{"manifests":[]}',
    '{"schemaVersion":2,"manifests":[],"\\u006danifests":[]}',
    '{"schemaVersion":1,"manifests":[]}',
  ])("index.json is not %j", async (text) => {
    const directory = await layoutOf({});
    writeFileSync(join(directory, "index.json"), text);
    expect(await check(directory)).toEqual(["index index.json"]);
  });

  it("index.json has no other media type", async () => {
    const directory = await layoutOf({});
    writeFileSync(
      join(directory, "index.json"),
      `{"schemaVersion":2,"mediaType":"${ociMediaTypes.imageManifest}","manifests":[]}`,
    );
    expect(await check(directory)).toEqual(["index index.json"]);
  });

  it("index.json may be nested to any depth", async () => {
    const directory = await layoutOf({});
    writeFileSync(
      join(directory, "index.json"),
      `{"schemaVersion":2,"deep":${"[".repeat(100_000)}${"]".repeat(100_000)},"manifests":[]}`,
    );
    expect(await check(directory)).toEqual([]);
  });

  it("each entry is a descriptor, and checks the others all the same", async () => {
    const directory = await layoutOf({});
    putIndex(directory, { digest: "sha256:../../x" }, entry((await one).descriptor));
    const found = await checkLayoutDirectory(directory);
    expect(brief(found)).toContain("index index.json");
    expect(brief(found).at(-1)).toBe(`missing-blob blobs/${(await one).descriptor.digest.replace(":", "/")}`);
    expect(found[0]?.message).toContain("$.manifests[0]");
  });
});

describe("checkLayout requires of blobs that", () => {
  it("it contains only directories of blobs", async () => {
    const directory = await layoutOf({ v1: one });
    writeFileSync(join(directory, "blobs", "tmp-1"), "");
    writeFileSync(join(directory, "blobs", "sha256", "tmp-2"), "");
    mkdirSync(join(directory, "blobs", "sha256", "a".repeat(64)));
    mkdirSync(join(directory, "blobs", "uploads"));
    writeFileSync(join(directory, "blobs", "uploads", "3"), "");
    expect(await check(directory)).toEqual([
      `stray blobs/sha256/${"a".repeat(64)}`,
      "stray blobs/sha256/tmp-2",
      "stray blobs/tmp-1",
      "stray blobs/uploads/3",
    ]);
  });

  it.each(["sha256", "sha512"])("each file matches its name, with %s", async (algorithm) => {
    const directory = await layoutOf({});
    mkdirSync(join(directory, "blobs", algorithm), { recursive: true });
    const path = join("blobs", algorithm, createHash(algorithm).update("a").digest("hex"));
    writeFileSync(join(directory, path), "a");
    expect(await check(directory)).toEqual([]);
    appendFileSync(join(directory, path), "b");
    expect(await check(directory)).toEqual([`corrupt-blob ${path.replaceAll("\\", "/")}`]);
  });
});

describe("checkLayout requires that a referenced blob", () => {
  it("exists", async () => {
    const { blobs, descriptor } = await one;
    const directory = await layoutOf({ v1: one, list: index([one]) });
    const paths = [...blobs.map((it) => it.descriptor), descriptor].map(({ digest }) => digest);
    for (const digest of paths.slice(0, 2)) rmSync(blobPath(directory, digest));
    expect(await check(directory)).toEqual(
      paths.slice(0, 2).map((digest) => `missing-blob blobs/${digest.replace(":", "/")}`),
    );
    rmSync(blobPath(directory, descriptor.digest));
    expect(await check(directory)).toEqual([`missing-blob blobs/${descriptor.digest.replace(":", "/")}`]);
  });

  it("has the stated size", async () => {
    const { descriptor } = await one;
    const directory = await layoutOf({ v1: one });
    putIndex(directory, { ...descriptor, size: descriptor.size + 1 });
    expect(await check(directory)).toEqual([`wrong-size blobs/${descriptor.digest.replace(":", "/")}`]);
  });

  it("is valid for the stated media type", async () => {
    const { descriptor } = await one;
    const directory = await layoutOf({ v1: one });
    putIndex(
      directory,
      { ...descriptor, mediaType: ociMediaTypes.imageIndex },
      { ...descriptor, mediaType: "application/json" },
    );
    expect(await check(directory)).toEqual([`manifest blobs/${descriptor.digest.replace(":", "/")}`]);
  });

  it("is hashed, and parses it only if it is sound", async () => {
    const { descriptor } = await one;
    const directory = await layoutOf({ v1: one });
    writeFileSync(blobPath(directory, descriptor.digest), "{");
    expect(await check(directory)).toEqual([`corrupt-blob blobs/${descriptor.digest.replace(":", "/")}`]);
  });
});

describe("checkLayout requires that entries", () => {
  it.each(["v1", "app:v1", "any name"])("do not have the name %j twice", async (name) => {
    const directory = await layoutOf({ [name]: one });
    putIndex(directory, entry((await one).descriptor, name), entry((await one).descriptor, name));
    expect(await check(directory)).toEqual(["duplicate-name index.json"]);
  });

  it("may have the same short name if containerd's names differ", async () => {
    const directory = await layoutOf({ latest: one });
    const { descriptor } = await one;
    const named = (name: string): object => ({
      ...descriptor,
      annotations: { "org.opencontainers.image.ref.name": "latest", "io.containerd.image.name": name },
    });
    putIndex(directory, named("docker.io/library/a:latest"), named("docker.io/library/b:latest"));
    expect(await check(directory)).toEqual([]);
  });

  it.each([undefined, "app@digest"])("without a tag (%j) are not children of an index", async (form) => {
    const { descriptor } = await artifact();
    const list = await index([index([artifact()])]);
    const directory = await layoutOf({ any: Promise.resolve(list) });
    const name = form?.replace("digest", descriptor.digest);
    putIndex(
      directory,
      entry(list.descriptor, form === undefined ? "list" : "app:list"),
      entry(descriptor, name),
    );
    expect(await check(directory)).toEqual(["redundant-entry index.json"]);
    putIndex(directory, entry(list.descriptor, form === undefined ? "list" : "app:list"), {
      ...entry(descriptor, name),
      urls: [],
    });
    expect(await check(directory)).toEqual([]);
  });
});

describe("checkLayout reports links", () => {
  it("that leave the layout, and does not follow them", async () => {
    const outside = temporaryDirectory();
    writeFileSync(join(outside, "file"), "secret");
    const { descriptor } = await one;
    const directory = await layoutOf({ v1: one });
    const path = blobPath(directory, descriptor.digest);
    writeFileSync(join(outside, "blob"), readFileSync(path));
    rmSync(path);
    symlinkSync(join(outside, "blob"), path);
    mkdirSync(join(directory, "deep", "down"), { recursive: true });
    symlinkSync(join(outside, "file"), join(directory, "deep", "down", "link"));
    symlinkSync("nowhere", join(directory, "dangling"));
    const blob = `blobs/${descriptor.digest.replace(":", "/")}`;
    expect((await check(directory)).toSorted()).toEqual([
      `link ${blob}`,
      "link dangling",
      "link deep/down/link",
      `missing-blob ${blob}`,
    ]);
  });

  it("in the place of the three parts once", async () => {
    const outside = await layoutOf({ v1: one });
    const directory = temporaryDirectory();
    for (const part of ["oci-layout", "index.json", "blobs"])
      symlinkSync(join(outside, part), join(directory, part));
    expect((await check(directory)).toSorted()).toEqual(["link blobs", "link index.json", "link oci-layout"]);
  });
});

it.runIf(isOrdinaryUser)("checkLayout reports files that it may not read", async () => {
  const directory = await layoutOf({ v1: one });
  const { digest } = (await one).descriptor;
  chmodSync(blobPath(directory, digest), 0);
  expect(await check(directory)).toContain(`unreadable blobs/${digest.replace(":", "/")}`);
});
if (!isOrdinaryUser)
  console.info(
    "skipped: files that the system does not permit to read, because root and Windows may read every file",
  );

it("checkLayout's messages add to the kind and contain no path of the machine", async () => {
  const directory = await layoutOf({ v1: one });
  rmSync(join(directory, "blobs"), { recursive: true });
  for (const { path, message } of await checkLayoutDirectory(directory)) {
    expect(message.length).toBeGreaterThan(20);
    expect(path + message).not.toContain(directory);
  }
});

it("checkLayout of a missing directory rejects with the system's error", async () => {
  await expect(checkLayoutDirectory(join(temporaryDirectory(), "nowhere"))).rejects.toMatchObject({
    code: "ENOENT",
  });
  expect(existsSync("nowhere")).toBe(false);
});
