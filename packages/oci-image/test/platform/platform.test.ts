import type { Platform } from "@ocilayout/oci-types";
import { rejection } from "@ocilayout/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { formatPlatform, parsePlatform } from "../../src/index.ts";
import { normalizePlatform, requirePlatform } from "../../src/platform/platform.ts";

describe("normalizePlatform", () => {
  it.each([
    ["Linux/AMD64", "linux/amd64"],
    ["macos/arm64", "darwin/arm64"],
    ["linux/x86-64/v1", "linux/amd64"],
    ["linux/i386/x", "linux/386"],
    ["linux/armhf", "linux/arm/v7"],
    ["linux/armel", "linux/arm/v6"],
    ["linux/arm", "linux/arm/v7"],
    ["linux/arm/6", "linux/arm/v6"],
    ["linux/aarch64/8", "linux/arm64"],
    ["linux/arm64/v9", "linux/arm64/v9"],
    ["linux/arm64/v9.0", "linux/arm64/v9"],
  ])("turns %s into %s", (text, expected) => {
    expect(formatPlatform(normalizePlatform(parsePlatform(text)))).toBe(expected);
  });

  it("keeps other members and is idempotent", () => {
    const once = normalizePlatform({
      ...parsePlatform("windows/x86_64"),
      "os.version": "10.0.1",
      "os.features": ["win32k"],
    });
    expect(once).toEqual({
      os: "windows",
      architecture: "amd64",
      "os.version": "10.0.1",
      "os.features": ["win32k"],
    });
    expect(normalizePlatform(once)).toEqual(once);
  });
});

describe("parsePlatform", () => {
  it.each([
    "",
    "linux",
    "linux/",
    "/amd64",
    "linux/amd64/v1/x",
    "linux/amd 64",
    "linux/amd64/",
    `linux/${"a".repeat(300)}`,
  ])("rejects %j with NAME_INVALID", async (text) => {
    expect(await rejection(Promise.resolve().then(() => parsePlatform(text)))).toMatchObject({
      code: "NAME_INVALID",
    });
  });

  it("parses what formatPlatform writes", () => {
    for (const text of ["linux/amd64", "linux/arm/v6"])
      expect(formatPlatform(parsePlatform(text))).toBe(text);
  });

  it("is the inverse of formatPlatform, for any parts", () => {
    const part = fc.stringMatching(/^[A-Za-z0-9_.-]{1,80}$/);
    const any = fc.record(
      { os: part, architecture: part, variant: part },
      { requiredKeys: ["os", "architecture"] },
    );
    fc.assert(
      fc.property(any, (platform) => {
        expect(parsePlatform(formatPlatform(platform))).toEqual(platform);
      }),
    );
  });

  // clause 1
  it("rejects a value that is not text with a TypeError", () => {
    expect(() => parsePlatform({ os: "linux", architecture: "arm" } as unknown as string)).toThrow(TypeError);
  });

  it("quotes hostile text in one line", () => {
    expect(() => parsePlatform("\u001b[2J\n".repeat(1000))).toThrow(/^"\\u001b\[2J\\n[^\n]{0,300}$/);
  });
});

it("formatPlatform leaves out an empty variant", () => {
  expect(formatPlatform({ os: "linux", architecture: "amd64", variant: "" })).toBe("linux/amd64");
});

describe("requirePlatform", () => {
  const windows: Platform = {
    os: "windows",
    architecture: "amd64",
    "os.version": "10.0.20348.1",
    "os.features": ["win32k"],
  };

  it("parses text", () => {
    expect(requirePlatform("linux/arm/v6")).toEqual({ os: "linux", architecture: "arm", variant: "v6" });
  });

  // clause 3
  it("copies an object", () => {
    const copy = requirePlatform(windows);
    expect(copy).toEqual(windows);
    expect(copy).not.toBe(windows);
    expect(copy["os.features"]).not.toBe(windows["os.features"]);
  });

  // clause 1
  it.each([
    null,
    7,
    {},
    { ...windows, os: 7 },
    { ...windows, architecture: undefined },
    { ...windows, variant: 7 },
    { ...windows, variant: null },
    { ...windows, "os.version": 10 },
    { ...windows, "os.features": "win32k" },
    { ...windows, "os.features": [7] },
  ])("rejects %j with a TypeError", (value) => {
    expect(() => requirePlatform(value as unknown as Platform)).toThrow(
      expect.objectContaining({
        name: "TypeError",
        message: expect.stringMatching(/platform must be/) as string,
      }),
    );
  });
});
