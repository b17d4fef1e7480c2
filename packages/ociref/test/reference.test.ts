import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";

import {
  formatReference,
  isValidDigest,
  isValidHost,
  isValidRepository,
  isValidTag,
  parseReference,
  parseHostlessReference,
  parseRelativeReference,
  tryParseHostlessReference,
  type Reference,
} from "../src/index.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

/** Any text, also with halves of surrogate pairs. The unit "binary" of fast-check builds a table of all characters first. */
const anyText = fc.string({ unit: fc.nat(0x10ffff).map((code) => String.fromCodePoint(code)) });

describe("parseReference", () => {
  it.each<[string, Reference]>([
    ["ghcr.io/a/b/c/d", { host: "ghcr.io", repository: "a/b/c/d" }],
    ["ghcr.io/a/b:v1", { host: "ghcr.io", repository: "a/b", tag: "v1" }],
    ["localhost/a", { host: "localhost", repository: "a" }],
    ["localhost:5000/a/b/c:v1", { host: "localhost:5000", repository: "a/b/c", tag: "v1" }],
    ["127.0.0.1:5000/a", { host: "127.0.0.1:5000", repository: "a" }],
    ["[::1]/a:b", { host: "[::1]", repository: "a", tag: "b" }],
    ["[fd00::1]:5000/a@" + digest, { host: "[fd00::1]:5000", repository: "a", digest }],
    ["quay.io/a:v1@" + digest, { host: "quay.io", repository: "a", tag: "v1", digest }],
    ["example.com/a@foo+bar:x_y", { host: "example.com", repository: "a", digest: "foo+bar:x_y" }],
    ["HOST/a", { host: "HOST", repository: "a" }],
  ])("parses %s", (text, reference) => {
    expect(parseReference(text)).toEqual(reference);
  });

  it.each([
    ["ubuntu", "host"],
    ["user/app:1", "host"],
    ["ghcr.io/", "repository"],
    ["ghcr.io/A", "repository"],
    ["ghcr.io/a//b", "repository"],
    ["ghcr.io/a/", "repository"],
    ["ghcr.io/../etc/passwd", "repository"],
    ["ghcr.io/a:", "tag"],
    ["ghcr.io/a:-x", "tag"],
    ["ghcr.io/a:b:c", "tag"],
    ["ghcr.io:port/a", "host"],
    ["ghcr.io:65536/a", "host"],
    ["-ghcr.io/a", "host"],
    ["[::1/a", "host"],
    ["[1::2::3]/a", "host"],
    ["ghcr.io/a b", "repository"],
    ["ghcr.io/a\0", "repository"],
    ["", "host"],
  ])("rejects %j with NAME_INVALID and names the %s", (text, part) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: "NAME_INVALID", detail: expect.objectContaining({ part }) as unknown }),
    );
  });

  it.each([
    "ghcr.io/a@",
    "ghcr.io/a@sha256:abc",
    "ghcr.io/a@sha256:" + "A".repeat(64),
    `ghcr.io/a@${digest}@${digest}`,
  ])("rejects %s with DIGEST_INVALID", (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: "DIGEST_INVALID" }));
  });

  it("names the reason: too long, upper case, empty", () => {
    expect(() => parseReference("ghcr.io/Foo")).toThrow("it has upper-case letters");
    expect(() => parseReference(`ghcr.io/a:${"b".repeat(129)}`)).toThrow("it is longer than 128 bytes");
    expect(() => parseReference("ghcr.io/")).toThrow("it is empty");
  });

  // clause 1
  it("rejects values that are not strings with a TypeError", () => {
    expect(() => parseReference(7 as unknown as string)).toThrow(TypeError);
    expect(() => parseRelativeReference(undefined as unknown as string)).toThrow(TypeError);
    expect(() => tryParseHostlessReference(["a"] as unknown as string)).toThrow(TypeError);
  });
});

describe("parseRelativeReference", () => {
  it.each<[string, Reference]>([
    ["ubuntu", { host: "docker.io", repository: "library/ubuntu" }],
    ["ubuntu:24.04", { host: "docker.io", repository: "library/ubuntu", tag: "24.04" }],
    ["user/app:1", { host: "docker.io", repository: "user/app", tag: "1" }],
    ["docker.io/ubuntu", { host: "docker.io", repository: "library/ubuntu" }],
    ["index.docker.io/library/ubuntu", { host: "docker.io", repository: "library/ubuntu" }],
    ["registry-1.docker.io/user/app", { host: "docker.io", repository: "user/app" }],
    [
      "registry.hub.docker.com/ubuntu:24.04",
      { host: "docker.io", repository: "library/ubuntu", tag: "24.04" },
    ],
    ["ubuntu@" + digest, { host: "docker.io", repository: "library/ubuntu", digest }],
    ["ghcr.io/app", { host: "ghcr.io", repository: "app" }],
    ["localhost:5000/app", { host: "localhost:5000", repository: "app" }],
  ])("parses %s", (text, reference) => {
    expect(parseRelativeReference(text)).toEqual(reference);
  });

  it("adds no tag", () => {
    expect(parseRelativeReference("ubuntu")).not.toHaveProperty("tag");
  });

  it("rejects 64 hexadecimal digits, which mean a local image in Docker, but accepts them within a name", () => {
    const id = digest.slice("sha256:".length);
    expect(() => parseRelativeReference(id)).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
    expect(parseRelativeReference(`docker.io/${id}`).repository).toBe(`library/${id}`);
    expect(parseRelativeReference(`${id}:v1`)).toMatchObject({ repository: `library/${id}`, tag: "v1" });
  });

  it("rejects a name that is too long once library/ is added", () => {
    expect(() => parseRelativeReference("a".repeat(250))).toThrow(
      expect.objectContaining({ code: "NAME_INVALID" }),
    );
  });
});

describe("parseHostlessReference", () => {
  it("takes a dotted name as part of the repository, and rejects a port", () => {
    expect(parseHostlessReference("ghcr.io/a/b:v1")).toEqual({ repository: "ghcr.io/a/b", tag: "v1" });
    expect(tryParseHostlessReference("localhost:5000/foo:bar")).toBeUndefined();
    expect(() => parseHostlessReference("localhost:5000/foo:bar")).toThrow(
      expect.objectContaining({ code: "NAME_INVALID" }),
    );
  });

  it("parses the forms of a ref name", () => {
    expect(["a", "a:b", `a@${digest}`, `a:b@${digest}`].map(tryParseHostlessReference)).toEqual([
      { repository: "a" },
      { repository: "a", tag: "b" },
      { repository: "a", digest },
      { repository: "a", tag: "b", digest },
    ]);
  });

  it.each(["", "Foo/Bar:1", "a:b:c", "v1.0+build", "a@b", ":b", "a/../b"])("rejects %j", (text) => {
    expect(tryParseHostlessReference(text)).toBeUndefined();
  });
});

describe("validators of names", () => {
  it.each(["a", "a/b/c", "a__b", "a---b", "a.b_c-d/e", "0", "a-b", "ghcr.io/a"])(
    "accept %s as a repository",
    (name) => {
      expect(isValidRepository(name)).toBe(true);
    },
  );

  it.each([
    "",
    "A",
    "a//b",
    "/a",
    "a/",
    "a..b",
    "a___b",
    "_a",
    "a_",
    "-a",
    "a/.b",
    "a b",
    "ä",
    "a\n",
    "../x",
    "a:b",
  ])("reject %j as a repository", (name) => {
    expect(isValidRepository(name)).toBe(false);
  });

  it.each(["a", "_v..1", "1.0", "A-b_c.D", "-".padStart(2, "a")])("accept %s as a tag", (tag) => {
    expect(isValidTag(tag)).toBe(true);
  });

  it.each(["", "-a", ".a", "a+b", "a/b", "a:b", "a b", "ä", "a\n"])("reject %j as a tag", (tag) => {
    expect(isValidTag(tag)).toBe(false);
  });

  it("are limited to 255 and 128 bytes", () => {
    expect([255, 256].map((length) => isValidRepository("a".repeat(length)))).toEqual([true, false]);
    expect([128, 129].map((length) => isValidTag("a".repeat(length)))).toEqual([true, false]);
    expect([255, 256].map((length) => isValidHost("a".repeat(length)))).toEqual([true, false]);
  });

  it.each(["localhost", "a.b-c.d", "1.2.3.4:80", "[::]", "[1:2:3:4:5:6:7:8]", "a:0", "a:65535"])(
    "accept %s as a host",
    (host) => {
      expect(isValidHost(host)).toBe(true);
    },
  );

  it.each([
    "",
    "a_b",
    ".a",
    "a.",
    "a:",
    "a:b",
    "a:65536",
    "a:000001",
    "[::1",
    "::1",
    "[1:2]",
    "[1::2:3:4:5:6:7:8]",
    "[12345::]",
    "a/b",
    "[:]",
    "[fe80::1%25eth0]:443",
    "[::1.2.3.4]",
  ])("reject %j as a host", (host) => {
    expect(isValidHost(host)).toBe(false);
  });

  it("reject values that are not strings", () => {
    for (const check of [isValidHost, isValidRepository, isValidTag, isValidDigest]) {
      expect([undefined, null, 7, ["a"], {}].map(check)).toEqual([false, false, false, false, false]);
    }
  });

  it("accept valid digests of known and unknown algorithms", () => {
    expect([digest, "foo:bar", "sha256:abc", "sha256"].map(isValidDigest)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("for any reference", () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}$/);
  const repository = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  const host = fc.oneof(
    fc.domain(),
    fc.constant("localhost"),
    fc.tuple(fc.domain(), fc.nat(65535)).map(([name, port]) => `${name}:${port}`),
    fc
      .ipV6()
      .filter((address) => !address.includes("."))
      .map((address) => `[${address}]`),
  );
  const optional = {
    tag: fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/),
    digest: fc.constantFrom(digest, "foo+bar:x", `sha512:${"0".repeat(128)}`),
  };
  const full = fc.record({ host, repository, ...optional }, { requiredKeys: ["host", "repository"] });
  const hostless = fc.record({ repository, ...optional }, { requiredKeys: ["repository"] });

  it("formatting and parsing returns the same reference", () => {
    fc.assert(
      fc.property(full, (reference) => {
        expect(parseReference(formatReference(reference))).toEqual(reference);
      }),
    );
    fc.assert(
      fc.property(hostless, (reference) => {
        expect(parseHostlessReference(formatReference(reference))).toEqual(reference);
      }),
    );
  });

  it("parsing and formatting returns the same text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z.:@/[\]0-9-]{0,30}$/)), (text) => {
        const reference = tryParseHostlessReference(text);
        if (reference !== undefined) expect(formatReference(reference)).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });

  it("parsing returns a reference or fails with a code", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.stringMatching(/^[a-zA-Z.:@/[\]0-9_-]{0,40}$/)), (text) => {
        for (const read of [parseReference, parseRelativeReference, parseHostlessReference]) {
          try {
            read(text);
          } catch (error) {
            expect(error).toMatchObject({
              code: expect.stringMatching(/^(NAME|DIGEST)_INVALID$/) as string,
            });
          }
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("formatting rejects an invalid part", () => {
    expect(() => formatReference({ repository: "A" })).toThrow(
      expect.objectContaining({ code: "NAME_INVALID" }),
    );
    expect(() => formatReference({ repository: "a", host: "b/c" })).toThrow(
      expect.objectContaining({ code: "NAME_INVALID" }),
    );
    expect(() => formatReference({ repository: "a", tag: "" })).toThrow(
      expect.objectContaining({ code: "NAME_INVALID" }),
    );
    expect(() => formatReference({ repository: "a", digest: "b" })).toThrow(
      expect.objectContaining({ code: "DIGEST_INVALID" }),
    );
    expect(() => formatReference({} as Reference)).toThrow(TypeError);
  });

  it("formatting rejects a host that would be read as part of the repository", () => {
    expect(isValidHost("registry")).toBe(true);
    expect(() => formatReference({ host: "registry", repository: "a" })).toThrow(
      expect.objectContaining({
        code: "NAME_INVALID",
        detail: expect.objectContaining({ part: "host" }) as unknown,
      }),
    );
    expect(formatReference({ host: "registry:80", repository: "a" })).toBe("registry:80/a");
  });
});

describe("a megabyte of hostile input", () => {
  it.each(["a", "a/", "a-", "_", "[", ":", "@", "ä", "\0"])(
    "made of %j reaches no regular expression",
    (unit) => {
      const hostile = unit.repeat(1_000_000);
      // Every use of a pattern ends in RegExp.prototype.exec, or in one of the other methods below.
      const longest: number[] = [];
      const exec = RegExp.prototype.exec;
      const test = RegExp.prototype.test;
      const spies = [
        vi.spyOn(RegExp.prototype, "exec").mockImplementation(function (this: RegExp, text: string) {
          longest.push(text.length);
          return exec.call(this, text);
        }),
        vi.spyOn(RegExp.prototype, "test").mockImplementation(function (this: RegExp, text: string) {
          longest.push(text.length);
          return test.call(this, text);
        }),
      ];
      try {
        for (const check of [isValidHost, isValidRepository, isValidTag, isValidDigest])
          expect(check(hostile)).toBe(false);
        for (const read of [parseReference, parseRelativeReference, parseHostlessReference])
          expect(() => read(hostile)).toThrow();
        expect(tryParseHostlessReference(hostile)).toBeUndefined();
        expect(() => formatReference({ repository: hostile })).toThrow();
      } finally {
        for (const spy of spies) spy.mockRestore();
      }
      expect(Math.max(0, ...longest)).toBeLessThan(1000);
    },
  );
});
