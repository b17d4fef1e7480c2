import { describe, expect, it } from "vitest";

import { formatPlatform, hostPlatform, parsePlatform } from "../../src/index.ts";
import { describeHost } from "../../src/platform/host-platform.ts";

const system = { machine: () => "armv7l", release: () => "10.0.20348" };

/** Runs `run` while the global `process` is `value`, as in a browser. */
function withProcess(value: unknown, run: () => void): void {
  const original = Object.getOwnPropertyDescriptor(globalThis, "process");
  if (original === undefined) throw new Error("Node has a global process");
  Object.defineProperty(globalThis, "process", { value, configurable: true, writable: true });
  try {
    run();
  } finally {
    Object.defineProperty(globalThis, "process", original);
  }
}

describe("describeHost", () => {
  it.each([
    ["linux", "x64", "linux/amd64"],
    ["linux", "ia32", "linux/386"],
    ["linux", "arm64", "linux/arm64"],
    ["linux", "s390x", "linux/s390x"],
    ["linux", "riscv64", "linux/riscv64"],
    ["linux", "loong64", "linux/loong64"],
    ["linux", "mipsel", "linux/mipsle"],
    ["linux", "ppc64", "linux/ppc64le"],
    ["darwin", "arm64", "darwin/arm64"],
    ["freebsd", "x64", "freebsd/amd64"],
    ["sunos", "x64", "solaris/amd64"],
    ["win32", "x64", "windows/amd64"],
  ])("calls Node's %s on %s what Go calls it: %3$s", (platform, arch, expected) => {
    expect(formatPlatform(describeHost({ platform, arch }, system))).toBe(expected);
  });

  it.each([
    ["armv5tejl", "v5"],
    ["armv6l", "v6"],
    ["armv7l", "v7"],
    ["armv8l", "v8"],
    ["aarch64", "v8"],
    ["aarch64_be", "v8"],
    ["armv4tl", undefined],
    ["arm", undefined],
    ["", undefined],
  ])("reads the variant of 32-bit ARM from the machine %j: %s", (machine, variant) => {
    const host = describeHost({ platform: "linux", arch: "arm" }, { ...system, machine: () => machine });
    expect(host).toStrictEqual({
      os: "linux",
      architecture: "arm",
      ...(variant === undefined ? {} : { variant }),
    });
  });

  it("has os.version on Windows, and there only", () => {
    expect(describeHost({ platform: "win32", arch: "x64" }, system)).toStrictEqual({
      os: "windows",
      architecture: "amd64",
      "os.version": "10.0.20348",
    });
    expect(describeHost({ platform: "darwin", arch: "arm64" }, system)).toStrictEqual({
      os: "darwin",
      architecture: "arm64",
    });
  });

  it("leaves out what a runtime without node:os does not report", () => {
    expect(describeHost({ platform: "linux", arch: "arm" }, undefined)).toStrictEqual({
      os: "linux",
      architecture: "arm",
    });
    expect(describeHost({ platform: "win32", arch: "arm64" }, undefined)).toStrictEqual({
      os: "windows",
      architecture: "arm64",
    });
  });
});

describe("hostPlatform", () => {
  it("returns a platform that parsePlatform parses, in Go's names", () => {
    const host = hostPlatform();
    expect(parsePlatform(formatPlatform(host))).toMatchObject({
      os: host.os,
      architecture: host.architecture,
    });
    expect(host.os).not.toBe("win32");
    expect(host.architecture).not.toBe("x64");
  });

  it("reads the machine and the release from node:os", () => {
    const asked: string[] = [];
    const getBuiltinModule = (name: string): unknown => {
      asked.push(name);
      return system;
    };
    withProcess({ platform: "linux", arch: "arm", getBuiltinModule }, () => {
      expect(hostPlatform()).toEqual({ os: "linux", architecture: "arm", variant: "v7" });
    });
    expect(asked).toEqual(["node:os"]);
  });

  it("works in a runtime that cannot load node:os", () => {
    for (const getBuiltinModule of [undefined, () => undefined])
      withProcess({ platform: "win32", arch: "x64", getBuiltinModule }, () => {
        expect(hostPlatform()).toEqual({ os: "windows", architecture: "amd64" });
      });
  });

  it.each([undefined, {}, { browser: true, env: {} }, { platform: "browser" }, { arch: "x64" }])(
    "throws a TypeError in a browser, where process is %j",
    (value) => {
      withProcess(value, () => {
        expect(() => hostPlatform()).toThrow(
          new TypeError("cannot detect the platform in a browser: pass one"),
        );
      });
    },
  );
});
