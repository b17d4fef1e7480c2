import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect, ociMediaTypes } from "@ocilayout/oci-types";
import { artifact, bytes, descriptorOf, freshLayout, pushArtifact } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openLayout, type LayoutOptions, type LayoutRegistry } from "../src/index.ts";
import { readIndex, refNames } from "./helpers.ts";

const { imageManifest: mediaType } = ociMediaTypes;
const refName = "org.opencontainers.image.ref.name";
const one = descriptorOf(artifact("one"), mediaType);
const two = descriptorOf(artifact("two"), mediaType);

/** Creates a layout with the manifests "one" and "two", whose index has these entries as JSON text. */
async function layoutWith(entries: readonly string[], members = ""): Promise<string> {
  const directory = freshLayout();
  const registry = await openLayout(directory);
  for (const name of ["one", "two"]) await pushArtifact(registry, "x", name);
  await registry.close();
  writeFileSync(
    join(directory, "index.json"),
    `{"schemaVersion":2,"manifests":[${entries.join(",")}]${members}}`,
  );
  return directory;
}

function entry(name: string | undefined, descriptor = one, more: object = {}): string {
  return JSON.stringify({
    ...descriptor,
    ...more,
    annotations: name === undefined ? undefined : { [refName]: name },
  });
}

/** Lists every tag as `repository:tag`, and a repository without tags as `repository`. */
async function contents(registry: LayoutRegistry): Promise<string[]> {
  const all: string[] = [];
  for await (const repository of registry.repositories()) {
    const tags = await collect(registry.tags(repository));
    all.push(...(tags.length === 0 ? [repository] : tags.map((tag) => `${repository}:${tag}`)));
  }
  return all;
}

async function read(entries: readonly string[], options: LayoutOptions = {}): Promise<string[]> {
  await using registry = await openLayout(await layoutWith(entries), options);
  return await contents(registry);
}

// clause 22
describe("an entry that cannot be understood", () => {
  const foreign: Record<string, string> = {
    "a digest of another algorithm": entry("a:b3", { ...one, digest: `blake3:${"0".repeat(64)}` }),
    "a digest of an unknown algorithm": entry("a:x", { ...one, digest: "foo+bar:abc" }),
    "a digest that is a path": entry("a:path", { ...one, digest: "sha256:../../x" }),
    "a digest that is a number": '{"digest":1}',
    "a negative size": entry("a:neg", { ...one, size: -1 }),
    "a size beyond 2^53": `{"mediaType":"${mediaType}","digest":"${one.digest}","size":9007199254740993}`,
    null: "null",
    "a string": '"sha256:x"',
    "an array": "[1, 2.0]",
    __proto__: `{"__proto__":{"digest":"${one.digest}"},"size":1}`,
  };

  it.each(Object.entries(foreign))(
    "is skipped, disturbs no call, and is kept byte for byte: %s",
    async (_name, odd) => {
      const directory = await layoutWith([entry("good/app:v1"), odd, entry("good/app:v2", two)]);
      await using registry = await openLayout(directory);
      expect(await contents(registry)).toEqual(["good/app:v1", "good/app:v2"]);
      await pushArtifact(registry, "good/app", "two", ["v1"]);
      const text = readFileSync(join(directory, "index.json"), "utf8");
      expect(text).toContain(`,${odd},`);
      expect((await registry.getTag("good/app", "v1")).descriptor).toEqual(two);
    },
  );

  const unnamed: Record<string, string> = {
    "no name": entry(undefined),
    "an empty name": entry(""),
    "a bare tag": entry("latest"),
    "a name with a plus": entry("v1.0+build"),
    "a name with host and port": entry("localhost:5000/foo:bar"),
    "a name in upper case": entry("Foo/Bar:1"),
    "a name with two colons": entry("a:b:c"),
    "a name with another digest": entry(`a@${two.digest}`),
  };

  it.each(Object.entries(unnamed))(
    "is skipped without a default repository, and kept byte for byte: %s",
    async (_name, odd) => {
      const directory = await layoutWith([entry("good/app:v1"), odd, entry("good/app:v2", two)]);
      await using registry = await openLayout(directory, { defaultRepository: null });
      expect(await contents(registry)).toEqual(["good/app:v1", "good/app:v2"]);
      await pushArtifact(registry, "good/app", "two", ["v1"]);
      expect(readFileSync(join(directory, "index.json"), "utf8")).toContain(`,${odd},`);
    },
  );

  // clause 22
  it("keeps its unknown members at every level, in their order and spelling", async () => {
    const odd = `{ "vendor":{"n":1.0e2,"__proto__":1}, "digest":"${one.digest}","size":${one.size}, "mediaType":"${mediaType}","platform":{"architecture":"x","os":"y","features":["z"]},"annotations":{"${refName}":"a:t","x":"\\u00e9"}}`;
    const directory = await layoutWith(
      [odd, entry("b:t", two)],
      ',"org.olareg.history":[1.50],"__proto__":{"a":1}',
    );
    await using registry = await openLayout(directory);
    await pushArtifact(registry, "b", "one", ["t"]);
    const text = readFileSync(join(directory, "index.json"), "utf8");
    expect(text).toContain(odd);
    expect(text).toContain('],"org.olareg.history":[1.50],"__proto__":{"a":1}}');
  });

  // clauses 22, 24
  it("keeps its other annotations when its tag moves to another manifest", async () => {
    const odd = `{"mediaType":"${mediaType}","digest":"${one.digest}","size":${one.size},"annotations":{"a":"1","${refName}":"a:t","z":"2"},"x":1.0}`;
    const directory = await layoutWith([odd]);
    await using registry = await openLayout(directory);
    await pushArtifact(registry, "a", "two", ["t"]);
    const text = readFileSync(join(directory, "index.json"), "utf8");
    expect(text).toContain(odd.replace("a:t", `a@${one.digest}`));
    expect(refNames(directory)).toEqual([`a@${one.digest}`, "a:t"]);
    expect(text.slice(text.indexOf("a:t") - 100)).not.toContain('"z":"2"');
  });

  // clause 22
  it("may have members that differ from known ones only in case", async () => {
    const directory = await layoutWith([], `,"Manifests":[${entry("a:t")}]`);
    await using registry = await openLayout(directory);
    expect(await contents(registry)).toEqual([]);
  });

  it("is not one that merely has an unknown media type", async () => {
    expect(
      await read([
        entry("a:t", one, { mediaType: "application/x-thing" }),
        entry("a:u", two, { mediaType: "" }),
      ]),
    ).toEqual(["a:t", "a:u"]);
  });
});

// clause 23
describe("names in index.json", () => {
  it("are read in every form", async () => {
    const names = [
      "a/b:t",
      `a@${one.digest}`,
      `a:u@${one.digest}`,
      "just/repo",
      "ghcr.io/x/y:v1",
      "a__b:_v..1",
      "a---b:x",
    ];
    const found = ["a:u", "a---b:x", "a/b:t", "a__b:_v..1", "ghcr.io/x/y:v1", "just/repo"];
    expect(await read(names.map((name) => entry(name)))).toEqual(found);
  });

  it("are taken from io.containerd.image.name before the ref name", async () => {
    const containerd = JSON.stringify({
      ...one,
      annotations: { "io.containerd.image.name": "docker.io/library/app:1.0", [refName]: "1.0" },
    });
    expect(await read([containerd], { defaultRepository: "x" })).toEqual(["docker.io/library/app:1.0"]);
  });

  it("belong to the default repository, if there is one, when they are bare tags or missing", async () => {
    const names = [entry("latest"), entry(undefined), entry(""), entry("other/repo:v1")];
    expect(await read(names, { defaultRepository: "app" })).toEqual(["app:latest", "other/repo:v1"]);
    expect(await read(names)).toEqual(["default:latest", "other/repo:v1"]);
    expect(await read(names, { defaultRepository: null })).toEqual(["other/repo:v1"]);
  });

  describe("an entry whose name cannot be read", () => {
    const names = [
      "v1.0+build",
      "localhost:5000/foo:bar",
      "Foo/Bar:1",
      "a:b:c",
      "app/org.gnome.Maps/x86_64/stable",
      `a@${two.digest}`,
    ];

    it.each(names)(
      "is found by digest in the default repository, and listed there without a tag: %s",
      async (name) => {
        const directory = await layoutWith([entry("good/app:v2", two), entry(name)]);
        await using registry = await openLayout(directory);
        expect(await registry.resolveManifest("default", one.digest)).toEqual(one);
        expect(await (await registry.getManifest("default", one.digest)).bytes()).toEqual(artifact("one"));
        expect(await collect(registry.repositories())).toEqual(["default", "good/app"]);
        expect(await collect(registry.tags("default"))).toEqual([]);
        expect(await collect(registry.manifests("default"))).toEqual([
          { descriptor: one, tags: [], unreadableNames: [name] },
        ]);
        await expect(registry.resolveManifest("good/app", one.digest)).rejects.toMatchObject({
          code: "MANIFEST_UNKNOWN",
        });
      },
    );

    it.each(names)(
      "is kept byte for byte when its manifest is tagged, untagged and collected: %s",
      async (name) => {
        const odd = entry(name);
        const directory = await layoutWith([odd, entry("good/app:v2", two)]);
        await using registry = await openLayout(directory);
        const text = (): string => readFileSync(join(directory, "index.json"), "utf8");
        await pushArtifact(registry, "default", "one", ["t"]);
        expect(text()).toContain(odd);
        await pushArtifact(registry, "default", "two", ["t"]);
        expect(text()).toContain(odd);
        await registry.deleteTag("default", "t");
        for (const untagged of [true, "all"] as const) await registry.gc({ untagged, graceMs: 0 });
        expect(text()).toContain(odd);
        expect(await registry.resolveManifest("default", one.digest)).toEqual(one);
      },
    );

    it("is removed with its manifest", async () => {
      const directory = await layoutWith([entry("v1+x"), entry("v1"), entry("v2", two)]);
      await using registry = await openLayout(directory);
      await registry.deleteManifest("default", one.digest);
      expect(refNames(directory)).toEqual(["v2"]);
    });

    it("shows containerd's name if it has one", async () => {
      const annotations = { "io.containerd.image.name": "127.0.0.1:5000/team/app:v1", [refName]: "v1" };
      await using registry = await openLayout(await layoutWith([JSON.stringify({ ...one, annotations })]));
      const [listing] = await collect(registry.manifests("default"));
      expect(listing).toEqual({ descriptor: one, tags: [], unreadableNames: ["127.0.0.1:5000/team/app:v1"] });
    });
  });

  it("are read by nameEntry instead, and its result is validated", async () => {
    const options: LayoutOptions = {
      nameEntry(descriptor) {
        const { annotations } = descriptor as { annotations?: Record<string, string> };
        const name = annotations?.[refName];
        return name === undefined
          ? undefined
          : { repository: name === "bad" ? "BAD" : "by-rule", tag: name.replaceAll("+", "-") };
      },
    };
    const names = [entry("v1+x"), entry("bad"), entry(undefined)];
    expect(await read(names, { ...options, defaultRepository: null })).toEqual(["by-rule:v1-x"]);
    expect(await read(names, options)).toEqual(["by-rule:v1-x", "default"]);
  });

  it("may be duplicates: the first wins on read, and a write replaces all of them", async () => {
    const directory = await layoutWith([entry("a:t"), entry("a:t", two), entry("a:t")]);
    await using registry = await openLayout(directory);
    expect(await collect(registry.tags("a"))).toEqual(["t"]);
    expect(await registry.resolveTag("a", "t")).toEqual(one);
    const three = await pushArtifact(registry, "a", "three", ["t"]);
    expect(await registry.resolveTag("a", "t")).toEqual(three);
    expect(refNames(directory)).toEqual(
      expect.arrayContaining([`a@${one.digest}`, `a@${two.digest}`, "a:t"]),
    );
    expect(refNames(directory)).toHaveLength(3);
    for (const { digest } of [one, two])
      expect((await registry.getManifest("a", digest)).descriptor.digest).toBe(digest);
  });
});

// clause 24
describe("names written to index.json", () => {
  // clause 24
  it("are the bare tag in the default repository, and none but our annotation when untagged", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { defaultRepository: "app" });
    await pushArtifact(registry, "app", "one", ["v1"]);
    await pushArtifact(registry, "app", "two");
    await pushArtifact(registry, "other", "one", ["v1"]);
    expect(refNames(directory)).toEqual(["v1", undefined, "other:v1"]);
    expect(readIndex(directory).manifests[1]).toEqual({
      ...two,
      annotations: { "dev.ocilayout.untagged": "true" },
    });
    await registry.deleteTag("app", "v1");
    expect(readIndex(directory).manifests[0]).toEqual({
      ...one,
      annotations: { "dev.ocilayout.untagged": "true" },
    });
  });

  it("are written in full with refNameStyle: full", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory, { defaultRepository: "app", refNameStyle: "full" });
    await pushArtifact(registry, "app", "one", ["v1"]);
    await pushArtifact(registry, "app", "two");
    expect(refNames(directory)).toEqual(["app:v1", `app@${two.digest}`]);
  });

  // clause 23
  it("leave one entry when `latest` and `app:latest` name the same tag of the default repository", async () => {
    const directory = await layoutWith([entry("latest"), entry("app:latest", two)]);
    await using registry = await openLayout(directory, { defaultRepository: "app" });
    expect(await registry.resolveTag("app", "latest")).toEqual(one);
    const three = await pushArtifact(registry, "app", "three", ["latest"]);
    expect(refNames(directory).filter((name) => name?.endsWith("latest"))).toEqual(["latest"]);
    await using other = await openLayout(directory, { defaultRepository: "app" });
    expect(await other.resolveTag("app", "latest")).toEqual(three);
  });

  // clause 24
  it("are read back even if the ref name's own grammar does not allow them", async () => {
    const directory = freshLayout();
    await using registry = await openLayout(directory);
    await pushArtifact(registry, "a__b", "one", ["_v..1"]);
    await pushArtifact(registry, "a---b", "one", ["x".repeat(128)]);
    await using other = await openLayout(directory);
    expect(await contents(other)).toEqual([`a---b:${"x".repeat(128)}`, "a__b:_v..1"]);
  });
});

// clause 22
it("a repository may be called __proto__, and tags may be called like members of every object", async () => {
  const directory = freshLayout();
  await using registry = await openLayout(directory);
  for (const tag of ["__proto__", "constructor", "toString", "hasOwnProperty"])
    await pushArtifact(registry, "constructor", tag, [tag]);
  expect(await collect(registry.tags("constructor"))).toEqual([
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "toString",
  ]);
  expect(await (await registry.getTag("constructor", "__proto__")).json()).toMatchObject({
    annotations: { name: "__proto__" },
  });
  await expect(registry.pushBlob("a", descriptorOf(bytes("x")), bytes("x"))).resolves.toBeDefined();
});
