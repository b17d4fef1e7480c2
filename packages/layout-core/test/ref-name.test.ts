import { requireDigest } from "@ocilayout/oci-types/authors";
import { describe, expect, it } from "vitest";

import {
  createEntry,
  isForeign,
  isPlainEntry,
  parseEntry,
  untagEntry,
  type Entry,
} from "../src/index-json/entry.ts";
import { readEntryName, writeRefName, type NameRules } from "../src/index-json/ref-name.ts";

const { digest } = requireDigest(`sha256:${"0".repeat(64)}`);
const shared: NameRules = { refNameStyle: "tag" };
const app: NameRules = { refNameStyle: "tag", defaultRepository: "app" };

function read(annotations: unknown, rules: NameRules = app): unknown {
  return readEntryName({ mediaType: "a/b", digest, size: 1, annotations }, rules);
}

function named(refName: unknown): object {
  return { "org.opencontainers.image.ref.name": refName };
}

// clause 23
describe("a name that is read", () => {
  it.each([
    ["v1", { repository: "app", tag: "v1" }],
    ["_v..1", { repository: "app", tag: "_v..1" }],
    ["team/app:v1", { repository: "team/app", tag: "v1" }],
    ["a__b/c---d:v1", { repository: "a__b/c---d", tag: "v1" }],
    [`team/app@${digest}`, { repository: "team/app", tag: undefined }],
    [`team/app:v1@${digest}`, { repository: "team/app", tag: "v1" }],
    ["team/app", { repository: "team/app", tag: undefined }],
    ["ghcr.io/team/app:v1", { repository: "ghcr.io/team/app", tag: "v1" }],
    ["", { repository: "app", tag: undefined }],
    [null, { repository: "app", tag: undefined }],
  ])("is parsed from ref name %j", (refName, name) => {
    expect(read(named(refName))).toEqual(name);
  });

  it.each([undefined, null, {}, [], "x", { other: "x" }])(
    "is missing if the annotations are %j",
    (annotations) => {
      expect(read(annotations)).toEqual({ repository: "app", tag: undefined });
    },
  );

  // clause 23
  it("is foreign if it has another digest than the entry", () => {
    expect(read(named(`app@sha256:${"1".repeat(64)}`))).toBe("name of another digest");
    expect(read(named(`app:v1@sha256:${"1".repeat(64)}`))).toBe("name of another digest");
  });

  // clause 23
  it.each(["v1.0+build", "localhost:5000/foo:bar", "Foo/Bar:1", "a:b:c", "../../x", "a b", "a@b"])(
    "is foreign if it is %j",
    (refName) => {
      expect(read(named(refName))).toBe("name not understood");
    },
  );

  // clause 23
  it("belongs to no repository if it is a bare tag or missing, without a default", () => {
    expect(read(named("v1"), shared)).toBe("no default repository");
    expect(read({}, shared)).toBe("no default repository");
  });

  it("is containerd's before the image-spec's", () => {
    const annotations = { ...named("v1"), "io.containerd.image.name": "docker.io/library/web:v2" };
    expect(read(annotations)).toEqual({ repository: "docker.io/library/web", tag: "v2" });
    expect(read({ ...named("v1"), "io.containerd.image.name": "" })).toEqual({
      repository: "app",
      tag: "v1",
    });
  });

  it("is never read from a prototype", () => {
    expect(read(JSON.parse('{"__proto__":{"org.opencontainers.image.ref.name":"x"}}'))).toEqual({
      repository: "app",
      tag: undefined,
    });
  });

  it("is the result of nameEntry, validated by the same grammar", () => {
    const rules = (name: unknown): NameRules => ({ ...app, nameEntry: () => name as undefined });
    expect(read({}, rules({ repository: "x/y", tag: "z" }))).toEqual({ repository: "x/y", tag: "z" });
    expect(read(named("v1"), rules(undefined))).toBe("name not understood");
    expect(read({}, rules({ repository: "X" }))).toBe("name not understood");
    expect(read({}, rules({ repository: "x", tag: "" }))).toBe("name not understood");
  });
});

// clause 24
describe("a name that is written", () => {
  it("is repo:tag or repo@digest, and for the default repository the tag or nothing", () => {
    expect(writeRefName({ repository: "a/b", tag: "v1" }, digest, app)).toBe("a/b:v1");
    expect(writeRefName({ repository: "a/b" }, digest, app)).toBe(`a/b@${digest}`);
    expect(writeRefName({ repository: "app", tag: "v1" }, digest, app)).toBe("v1");
    expect(writeRefName({ repository: "app" }, digest, app)).toBeUndefined();
    expect(writeRefName({ repository: "app", tag: "v1" }, digest, { ...app, refNameStyle: "full" })).toBe(
      "app:v1",
    );
  });

  it("is read back as the same name", () => {
    for (const rules of [shared, app, { ...app, refNameStyle: "full" as const }]) {
      for (const name of [
        { repository: "a__b", tag: "_v..1" },
        { repository: "x/y", tag: undefined },
        { repository: "z", tag: "1" },
      ]) {
        const entry = createEntry({ mediaType: "a/b", digest, size: 1 }, name, rules);
        expect(parseEntry(entry.text, rules)).toEqual(entry);
      }
    }
  });
});

// clause 22
describe("an entry", () => {
  it.each([
    ["null", "not an object"],
    ["[]", "not an object"],
    ['{"size":1}', "digest not understood"],
    ['{"digest":"../../x","size":1}', "digest not understood"],
    [`{"digest":"blake3:${"0".repeat(64)}","size":1}`, "digest not understood"],
    [`{"digest":"sha256:${"A".repeat(64)}","size":1}`, "digest not understood"],
    [`{"digest":"${digest}"}`, "size not understood"],
    [`{"digest":"${digest}","size":-1}`, "size not understood"],
    [`{"digest":"${digest}","size":"1"}`, "size not understood"],
    [`{"digest":"${digest}","size":9007199254740993}`, "size not understood"],
  ])("%s is foreign", (text, foreign) => {
    expect(parseEntry(text, app)).toMatchObject({ text, foreign });
  });

  it("with an unknown media type, or none, is not foreign", () => {
    expect(isForeign(parseEntry(`{"digest":"${digest}","size":1}`, app))).toBe(false);
    expect(isForeign(parseEntry(`{"mediaType":"x","digest":"${digest}","size":1}`, app))).toBe(false);
  });

  // clause 22
  it("keeps everything else byte for byte when it loses its tag", () => {
    const text = `{ "size" : 1.0, "digest":"${digest}", "x": 9007199254740993, "__proto__": {"y": 1e2}, "annotations": {"a" : "b", "org.opencontainers.image.ref.name":"v1", "__proto__" : "c"} }`;
    const untagged = untagEntry(parseEntry(text, app) as Entry, app);
    expect(untagged.text).toBe(
      `{ "size" : 1.0, "digest":"${digest}", "x": 9007199254740993, "__proto__": {"y": 1e2}, "annotations":{"a" : "b", "__proto__" : "c", "dev.ocilayout.untagged":"true"} }`,
    );
    expect(untagged.tag).toBeUndefined();
  });

  it("loses containerd's name with its tag", () => {
    const text = `{"digest":"${digest}","size":1,"annotations":{"io.containerd.image.name":"a/b:c","org.opencontainers.image.ref.name":"c"}}`;
    const untagged = untagEntry(parseEntry(text, shared) as Entry, shared);
    expect(JSON.parse(untagged.text)).toMatchObject({
      annotations: { "org.opencontainers.image.ref.name": `a/b@${digest}` },
    });
    expect(parseEntry(untagged.text, shared)).toEqual(untagged);
  });

  it("is plain if it has nothing besides its descriptor and its name", () => {
    const plain = (extra: string): boolean =>
      isPlainEntry(parseEntry(`{"mediaType":"a/b","digest":"${digest}","size":1${extra}}`, app) as Entry);
    expect(plain("")).toBe(true);
    expect(plain(',"annotations":{"org.opencontainers.image.ref.name":"v1"}')).toBe(true);
    expect(plain(',"annotations":{"dev.ocilayout.untagged":"true"}')).toBe(true);
    expect(plain(',"annotations":{"org.opencontainers.image.ref.name":"not+a+name"}')).toBe(false);
    expect(plain(',"annotations":{"x":"y"}')).toBe(false);
    expect(plain(',"artifactType":"a/b"')).toBe(false);
  });
});
