import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";

import { parseMirror } from "../../src/mirrors/mirror-list.ts";
import { mirrorsOf } from "../../src/mirrors/mirrors-of.ts";
import { readRegistriesConf } from "../../src/mirrors/node/read-registries-conf.ts";
import type { RegistriesConf } from "../../src/mirrors/registries-conf.ts";
import { readTables } from "../../src/mirrors/registries-conf.ts";
import { readRegistriesConf as readInBrowser } from "../../src/mirrors/web/read-registries-conf.ts";

const digest = `sha256:${"a".repeat(64)}`;
const conf = (text: string): RegistriesConf => readTables(parse(text), "registries.conf");

/** Asks the rules as the client does. */
function asked(tables: RegistriesConf, host: string, repository: string, reference = "latest"): string[] {
  return mirrorsOf(tables, host).flatMap(({ host: at, insecure, rewrite }) => {
    const name = rewrite(repository, reference);
    return name === undefined ? [] : [`${insecure === true ? "http:" : ""}${at}/${name}`];
  });
}

describe("the tables of registries.conf", () => {
  const manual = conf(`
    unqualified-search-registries = ["example.com"]
    [[registry]]
    prefix = "example.com/foo"
    location = "internal-registry-for-example.com/bar"
    [[registry.mirror]]
    location = "example-mirror-0.local/mirror-for-foo"
    [[registry.mirror]]
    location = "example-mirror-1.local/mirrors/foo/"
    insecure = true
  `);

  it("give the mirrors in order, then the location, as the manual of podman shows", () => {
    const expected = [
      "example-mirror-0.local/mirror-for-foo/image",
      "http:example-mirror-1.local/mirrors/foo/image",
      "internal-registry-for-example.com/bar/image",
    ];
    expect(asked(manual, "example.com", "foo/image")).toEqual(expected);
  });

  it("are for whole components of names, and for the exact host", () => {
    for (const [host, repository] of [
      ["example.com", "foobar/image"],
      ["example.com", "fo"],
      ["example.com:5000", "foo/image"],
      ["xexample.com", "foo/image"],
      ["example.com.evil.example", "foo/image"],
    ] as const) {
      expect(asked(manual, host, repository)).toEqual([]);
    }
  });

  it("are chosen by the longest prefix, and one alone counts", () => {
    const tables = conf(`
      [[registry]]
      location = "docker.io"
      [[registry.mirror]]
      location = "hub.local"
      [[registry]]
      prefix = "docker.io/library/alpine"
      location = "docker.io/library/alpine"
      [[registry.mirror]]
      location = "alpine.local/a"
      [[registry]]
      location = "docker.io/library"
    `);
    expect(asked(tables, "docker.io", "library/alpine")).toEqual(["alpine.local/a"]);
    expect(asked(tables, "docker.io", "library/alpine-extra")).toEqual([]);
    expect(asked(tables, "docker.io", "team/app")).toEqual(["hub.local/team/app"]);
  });

  it("can be for all hosts below a domain", () => {
    const tables = conf(`
      [[registry]]
      prefix = "*.example.com"
      [[registry.mirror]]
      location = "wild.local/m"
      [[registry]]
      prefix = "*.b.example.com"
      location = "moved.local"
      [[registry]]
      location = "own.example.com"
    `);
    expect(asked(tables, "a.example.com", "x")).toEqual(["wild.local/m/x"]);
    expect(asked(tables, "a.example.com:5000", "x")).toEqual(["wild.local/m/x"]);
    expect(asked(tables, "a.b.example.com", "x")).toEqual(["moved.local/x"]);
    for (const host of ["example.com", "aexample.com", "own.example.com", "a.example.com.evil.example"])
      expect(asked(tables, host, "x")).toEqual([]);
  });

  it("can have mirrors for digests only, or for tags only", () => {
    const each = conf(`
      [[registry]]
      location = "a.example"
      [[registry.mirror]]
      location = "tags.local"
      pull-from-mirror = "tag-only"
      [[registry.mirror]]
      location = "digests.local"
      pull-from-mirror = "digest-only"
      [[registry.mirror]]
      location = "all.local"
      pull-from-mirror = "all"
    `);
    expect(asked(each, "a.example", "x", "v1")).toEqual(["tags.local/x", "all.local/x"]);
    expect(asked(each, "a.example", "x", digest)).toEqual(["digests.local/x", "all.local/x"]);
    const all = conf(`
      [[registry]]
      location = "a.example"
      mirror-by-digest-only = true
      [[registry.mirror]]
      location = "m.local"
    `);
    expect([asked(all, "a.example", "x", "v1"), asked(all, "a.example", "x", digest)]).toEqual([
      [],
      ["m.local/x"],
    ]);
  });

  it("can block a part of a host, which then has no mirrors, or all of it", () => {
    const tables = conf(`
      [[registry]]
      location = "a.example"
      [[registry.mirror]]
      location = "m.local"
      insecure = true
      [[registry]]
      location = "a.example/bad"
      blocked = true
      [[registry.mirror]]
      location = "m.local"
      [[registry]]
      location = "b.example"
      blocked = true
    `);
    expect([asked(tables, "a.example", "x"), asked(tables, "a.example", "bad/x")]).toEqual([
      ["http:m.local/x"],
      [],
    ]);
    expect(() => mirrorsOf(tables, "b.example")).toThrow(expect.objectContaining({ code: "DENIED" }));
  });

  it("for a single image, and moved to what is not a name, are left out", () => {
    const tables = conf(`
      [[registry]]
      prefix = "a.example/x:v1"
      location = "b.example/x:v2"
      [[registry]]
      prefix = "a.example/y"
      location = "b.example"
    `);
    expect(asked(tables, "a.example", "x", "v1")).toEqual([]);
    expect(asked(tables, "a.example", "y")).toEqual([]);
    expect(asked(tables, "a.example", "y/z")).toEqual(["b.example/z"]);
  });

  it.each([
    ['registry = "x"', "registry is not a list of tables"],
    ["[[registry]]", "a registry has neither prefix nor location"],
    ['[[registry]]\nprefix = "a.example"', 'the registry "a.example" has no location'],
    [
      '[[registry]]\nlocation = "https://a.example"',
      '"https://a.example" is not a host with an optional path',
    ],
    ['[[registry]]\nlocation = "a.example/../b"', '"a.example/../b" is not a host with an optional path'],
    ["[[registry]]\nlocation = 1", "location is not a string"],
    ['[[registry]]\nlocation = "a"\nblocked = "no"', "blocked is not true or false"],
    ['[[registry]]\nlocation = "a.example"\n[[registry.mirror]]', '"" is not a host with an optional path'],
    [
      '[[registry]]\nlocation = "a.example"\n[[registry.mirror]]\nlocation = "b.example"\npull-from-mirror = "x"',
      '"x" is not a value of pull-from-mirror',
    ],
    [
      '[[registry]]\nlocation = "a.example"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "b.example"\npull-from-mirror = "all"',
      "pull-from-mirror and mirror-by-digest-only cannot be used together",
    ],
  ])("that are malformed are an error: %j", (text, reason) => {
    expect(() => conf(text)).toThrow(
      expect.objectContaining({ code: "STORAGE_FAILED", message: `cannot read registries.conf: ${reason}` }),
    );
  });
});

describe("the files of registries.conf", () => {
  function machine() {
    const root = temporaryDirectory();
    return {
      options: {
        home: join(root, "home"),
        systemDirectory: join(root, "etc"),
        env: {} as Record<string, string>,
      },
      write(path: string, text: string): string {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text);
        return join(root, path);
      },
    };
  }
  const mirror = (host: string, at: string): string =>
    `[[registry]]\nlocation="${host}"\n[[registry.mirror]]\nlocation="${at}"\n`;
  const first = async (
    options: Parameters<typeof readRegistriesConf>[0],
    host: string,
  ): Promise<string | undefined> => asked(await readRegistriesConf(options), host, "x")[0];

  it("are those of the system, whose additions replace tables with the same prefix, in the order of their names", async () => {
    const { options, write } = machine();
    expect(await readRegistriesConf(options)).toEqual([]);
    write(
      "etc/registries.conf",
      mirror("a.example", "main.local") +
        mirror("b.example", "main.local") +
        mirror("c.example", "main.local"),
    );
    write(
      "etc/registries.conf.d/10.conf",
      mirror("a.example", "ten.local") + mirror("b.example", "ten.local"),
    );
    write("etc/registries.conf.d/20.conf", mirror("a.example", "twenty.local"));
    write("etc/registries.conf.d/30.ignored", "not TOML");
    expect(await first(options, "a.example")).toBe("twenty.local/x");
    expect(await first(options, "b.example")).toBe("ten.local/x");
    expect(await first(options, "c.example")).toBe("main.local/x");
    write("home/.config/containers/registries.conf.d/1.conf", mirror("a.example", "user.local"));
    expect(await first(options, "a.example")).toBe("user.local/x");
  });

  it("of the user replace those of the system, and CONTAINERS_REGISTRIES_CONF replaces both main files", async () => {
    const { options, write } = machine();
    write("etc/registries.conf", mirror("a.example", "system.local"));
    write("etc/registries.conf.d/1.conf", mirror("b.example", "addition.local"));
    write("home/.config/containers/registries.conf", mirror("a.example", "user.local"));
    expect([await first(options, "a.example"), await first(options, "b.example")]).toEqual([
      "user.local/x",
      undefined,
    ]);
    const env = { CONTAINERS_REGISTRIES_CONF: write("named.conf", mirror("a.example", "named.local")) };
    expect(await first({ ...options, env }, "a.example")).toBe("named.local/x");
    expect(await first({ ...options, env }, "b.example")).toBe("addition.local/x");
  });

  it("that are malformed or large are an error without a path", async () => {
    for (const [text, reason] of [
      ["[[registry", "it is not valid TOML"],
      ["#".repeat(1024 * 1024 + 1), "it is larger than 1048576 bytes"],
    ] as const) {
      const { options, write } = machine();
      write("etc/registries.conf", text);
      await expect(readRegistriesConf(options)).rejects.toMatchObject({
        code: "STORAGE_FAILED",
        message: `cannot read registries.conf: ${reason}`,
      });
    }
  });

  it("are not read outside Node", async () => {
    expect(await readInBrowser()).toEqual([]);
  });
});

describe("the address of a mirror", () => {
  it.each([
    ["https://mirror.example", "mirror.example", false, "library/alpine"],
    ["http://10.0.0.1:5000/", "10.0.0.1:5000", true, "library/alpine"],
    ["mirror.example/hub", "mirror.example", undefined, "hub/library/alpine"],
  ])("%s has a host, a scheme and a path", (address, host, insecure, name) => {
    const rule = parseMirror(address);
    expect([rule.host, rule.insecure, rule.rewrite("library/alpine", "latest")]).toEqual([
      host,
      insecure,
      name,
    ]);
  });

  it.each([
    "",
    "https://",
    "ftp://a.example",
    "https://me:secret@a.example",
    "a.example?x",
    "a.example/A",
    "a b",
  ])("cannot be %j", (address) => {
    expect(() => parseMirror(address)).toThrow(TypeError);
  });
});
