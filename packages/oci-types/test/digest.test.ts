import { createHash } from "node:crypto";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  collect,
  computeDigest,
  isDigest,
  isDigestAlgorithm,
  parseDigest,
  verifyStream,
  type Hasher,
} from "../src/index.ts";
import { excerpt, maxDigestLength, requireDigest } from "../src/authors.ts";
import { createOneShotHasher } from "../src/content/hasher.ts";
import { bytes, chunked, probe, rejection } from "./helpers.ts";

const hex64 = "a".repeat(64);

describe("parseDigest", () => {
  it("splits a digest into algorithm and encoded part", () => {
    expect(parseDigest(`sha256:${hex64}`)).toEqual({ algorithm: "sha256", encoded: hex64 });
  });

  it.each([
    `sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g`,
    "multihash+base58:QmRZ",
    "foo+bar.baz_x-y:A=_-",
    `sha384:${hex64}`,
  ])("accepts %s, of an unregistered algorithm", (digest) => {
    expect(isDigest(digest)).toBe(true);
  });

  it.each([
    ["an empty string", ""],
    ["a digest without a colon", "sha256"],
    ["a digest without an algorithm", `:${hex64}`],
    ["a digest without an encoded part", "sha256:"],
    ["upper-case hexadecimal", `sha256:${"A".repeat(64)}`],
    ["too few digits", `sha256:${"a".repeat(63)}`],
    ["too many digits", `sha256:${"a".repeat(65)}`],
    ["a sha512 digest of the length of sha256", `sha512:${hex64}`],
    ["a blake3 digest of the wrong length", "blake3:abc"],
    ["an upper-case algorithm", `SHA256:${hex64}`],
    ["a double separator", "sha256++b64:abc"],
    ["a path", "sha256:../../outside"],
    ["a NUL", `sha256:${"a".repeat(63)}\0`],
    ["a line break behind", `sha256:${hex64}\n`],
  ])("rejects %s", (_what, digest) => {
    expect(parseDigest(digest)).toBeUndefined();
  });

  it("rejects a digest that is too long before it matches a pattern", () => {
    expect(isDigest(`x:${"a".repeat(maxDigestLength - 2)}`)).toBe(true);
    expect(isDigest(`x:${"a".repeat(maxDigestLength - 1)}`)).toBe(false);
  });

  it("returns undefined for values that are not strings", () => {
    expect([undefined, null, 7, {}].map(isDigest)).toEqual([false, false, false, false]);
    expect(() => parseDigest([`sha256:${hex64}`] as unknown as string)).toThrow(TypeError);
  });
});

describe("requireDigest", () => {
  it.each([
    ["", "it is empty"],
    ["v1", 'it has no algorithm, such as "sha256:"'],
    ["0".repeat(64), 'it has no algorithm, such as "sha256:"'],
    ["sha256:abc", "a sha256 digest has 64 lower-case hexadecimal digits"],
    [`sha256:${"A".repeat(64)}`, "a sha256 digest has 64 lower-case hexadecimal digits"],
    [`sha512:${"0".repeat(64)}`, "a sha512 digest has 128 lower-case hexadecimal digits"],
    [`SHA256:${"0".repeat(64)}`, "its algorithm has upper-case letters"],
    [`other:${"0".repeat(300)}`, "it is longer than 255 characters"],
    ["other:a b", "it does not fit the grammar of digests"],
  ])("names the reason why %j is not a digest", (digest, reason) => {
    expect(() => requireDigest(digest)).toThrow(
      expect.objectContaining({
        code: "DIGEST_INVALID",
        message: expect.stringContaining(` is not a digest: ${reason}`) as string,
        detail: { part: "digest", reason },
      }),
    );
  });

  // clause 5
  it("rejects invalid digests and unsupported algorithms with DIGEST_INVALID", () => {
    expect(() => requireDigest("sha256:zz")).toThrow(expect.objectContaining({ code: "DIGEST_INVALID" }));
    expect(() => requireDigest(`blake3:${hex64}`)).toThrow(
      expect.objectContaining({ code: "DIGEST_INVALID" }),
    );
  });

  // clause 1
  it("rejects values that are not strings with a TypeError", () => {
    expect(() => requireDigest(7 as unknown as string)).toThrow(TypeError);
  });

  it("accepts sha256 and sha512", () => {
    expect(requireDigest(`sha512:${"0".repeat(128)}`).algorithm).toBe("sha512");
    expect(["sha256", "sha512", "sha384", "toString"].map(isDigestAlgorithm)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("excerpt", () => {
  it("shortens any value to fit into a message", () => {
    expect(excerpt("a\nb\0")).toBe('"a\\nb\\u0000"');
    expect(excerpt("x".repeat(1_000_000)).length).toBeLessThan(100);
  });

  it("escapes control characters and invisible characters", () => {
    expect(excerpt("\u009b31m\u007f\u202e\u2028\u{e0001}ä")).toBe(
      '"\\u009b31m\\u007f\\u202e\\u2028\\udb40\\udc01ä"',
    );
  });
});

describe("computeDigest", () => {
  it("returns what Node's hash returns, however the content is cut into chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2000 }),
        fc.integer({ min: 1, max: 64 }),
        async (content, size) => {
          for (const algorithm of ["sha256", "sha512"]) {
            const expected = createHash(algorithm).update(content).digest("hex");
            const result = await computeDigest(chunked(content, size), { algorithm });
            expect(result).toEqual({ digest: `${algorithm}:${expected}`, size: content.length });
          }
        },
      ),
    );
  });

  // clause 5
  it("rejects an unsupported algorithm with DIGEST_INVALID", async () => {
    const source = probe([bytes("x")]);
    expect(await rejection(computeDigest(source, { algorithm: "md5" }))).toMatchObject({
      code: "DIGEST_INVALID",
    });
    expect(source.log).toEqual(["return"]);
  });

  it("uses the given hasher", async () => {
    const seen: string[] = [];
    const createHasher = (): Hasher => ({
      update: (chunk) => void seen.push(new TextDecoder().decode(chunk)),
      digest: () => "00",
    });
    expect(await computeDigest(bytes("hi"), { createHasher })).toEqual({ digest: "sha256:00", size: 2 });
    expect(seen).toEqual(["hi"]);
  });
});

describe("a one-shot hasher", () => {
  it("hashes with WebCrypto what Node hashes incrementally", async () => {
    for (const algorithm of ["sha256", "sha512"] as const) {
      const { digest } = await computeDigest(chunked(bytes("hello world"), 3), {
        algorithm,
        createHasher: (name) => createOneShotHasher(name),
      });
      expect(digest).toBe(`${algorithm}:${createHash(algorithm).update("hello world").digest("hex")}`);
    }
  });

  it("rejects content over its limit with UNSUPPORTED", () => {
    const hasher = createOneShotHasher("sha256", 4);
    hasher.update(bytes("1234"));
    expect(() => {
      hasher.update(bytes("5"));
    }).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
  });

  it("does not keep the caller's memory", async () => {
    const hasher = createOneShotHasher("sha256");
    const chunk = bytes("hello");
    hasher.update(chunk);
    chunk.fill(0);
    expect(await hasher.digest()).toBe(createHash("sha256").update("hello").digest("hex"));
  });
});

describe("verifyStream", () => {
  const content = bytes("hello world");

  it("passes on content that matches", async () => {
    const expected = await computeDigest(content);
    const chunks = await collect(verifyStream(chunked(content, 4), expected));
    expect(Buffer.concat(chunks).toString()).toBe("hello world");
  });

  // clause 6
  it("fails with DIGEST_INVALID before the last chunk on a digest mismatch", async () => {
    const expected = { ...(await computeDigest(bytes("HELLO WORLD"))), size: 11 };
    const seen: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of verifyStream(chunked(content, 4), expected)) seen.push(chunk);
    })();
    expect(await rejection(reading)).toMatchObject({ code: "DIGEST_INVALID" });
    expect(Buffer.concat(seen).length).toBeLessThan(content.length);
  });

  // clause 6
  it("stops reading one chunk past the declared size, with SIZE_INVALID", async () => {
    let given = 0;
    function* endless(): Generator<Uint8Array> {
      for (;;) yield Uint8Array.of((given += 1));
    }
    const expected = { digest: `sha256:${hex64}`, size: 10 };
    expect(await rejection(collect(verifyStream(endless(), expected)))).toMatchObject({
      code: "SIZE_INVALID",
    });
    expect(given).toBe(11);
  });

  // clause 6
  it("fails with SIZE_INVALID when the content ends early", async () => {
    const { digest } = await computeDigest(content);
    const failure = await rejection(collect(verifyStream(content, { digest, size: 12 })));
    expect(failure).toMatchObject({ code: "SIZE_INVALID", detail: { expected: 12, received: 11 } });
  });

  // clause 6
  it("verifies the digest alone when no size is given", async () => {
    const { digest } = await computeDigest(content);
    expect(Buffer.concat(await collect(verifyStream(chunked(content, 5), { digest }))).toString()).toBe(
      "hello world",
    );
  });

  // clause 3
  it("is not affected by later changes to the expectation", async () => {
    const expected = { ...(await computeDigest(content)) };
    const chunks = verifyStream(content, expected);
    expected.size = 1;
    expect(await collect(chunks)).toEqual([content]);
  });

  it("closes its source when it is returned before the first read", async () => {
    const source = probe([content]);
    await verifyStream(source, { digest: `sha256:${hex64}` }).return();
    expect(source.log).toEqual(["return"]);
  });

  // clause 1
  it.each([
    ["a negative size", -1, RangeError],
    ["NaN", Number.NaN, RangeError],
    ["a fraction", 0.5, RangeError],
    ["a string", "11", TypeError],
  ])("rejects %s as a size and closes its source", async (_what, size, type) => {
    const source = probe([content]);
    const { digest } = await computeDigest(content);
    expect(await rejection(collect(verifyStream(source, { digest, size: size as number })))).toBeInstanceOf(
      type,
    );
    expect(source.log).toEqual(["return"]);
  });
});
