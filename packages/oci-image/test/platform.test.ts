import type { Descriptor, Platform } from "@ocilayout/oci-types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  formatPlatform,
  hostPlatform,
  isAttestation,
  normalizePlatform,
  parsePlatform,
  selectPlatform,
} from "../src/index.ts";
import { bytes, describe as descriptorOf, rejection } from "./helpers.ts";

/** `linux/arm/v7`, or `windows/amd64@10.0.17763.1`, and `+feature` at the end. */
function platform(text: string): Platform {
  const [rest = "", ...features] = text.split("+");
  const [name = "", version] = rest.split("@");
  return {
    ...parsePlatform(name),
    ...(version === undefined ? {} : { "os.version": version }),
    ...(features.length === 0 ? {} : { "os.features": features }),
  };
}

function manifestFor(text: string): Descriptor {
  return { ...descriptorOf(bytes(text)), ...(text === "" ? {} : { platform: platform(text) }) };
}

/** Which of `offered` is chosen. */
function choose(wanted: string, ...offered: readonly string[]): string | undefined {
  const manifests = offered.map(manifestFor);
  const chosen = selectPlatform(manifests, platform(wanted));
  return chosen === undefined ? undefined : offered[manifests.indexOf(chosen)];
}

describe("selectPlatform", () => {
  it.each([
    ["the same", "linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"],
    ["the first of several that are the same", "linux/amd64", ["linux/amd64", "linux/amd64"], "linux/amd64"],
    ["none of another operating system", "linux/amd64", ["windows/amd64", "freebsd/amd64"], undefined],
    ["none of another architecture", "linux/riscv64", ["linux/amd64", "linux/arm64"], undefined],
    ["whatever it is called", "linux/x86_64", ["linux/aarch64", "linux/amd64"], "linux/amd64"],
    ["a variant that goes without saying", "linux/arm64/v8", ["linux/arm64"], "linux/arm64"],
    ["and the other way round", "linux/arm64", ["linux/arm64/v8"], "linux/arm64/v8"],
    ["arm without a variant is v7", "linux/arm", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"],
    [
      "arm/v7 runs v6 and v5, the closest first",
      "linux/arm/v7",
      ["linux/arm/v5", "linux/arm/v6"],
      "linux/arm/v6",
    ],
    ["arm/v6 does not run v7", "linux/arm/v6", ["linux/arm/v7", "linux/arm/v5"], "linux/arm/v5"],
    ["arm/v5 runs nothing else", "linux/arm/v5", ["linux/arm/v6", "linux/arm/v7"], undefined],
    ["arm64 runs arm, v8 before v7", "linux/arm64", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"],
    ["but rather arm64", "linux/arm64", ["linux/arm/v7", "linux/arm64"], "linux/arm64"],
    [
      "arm64/v9.1 runs what v8.6 has",
      "linux/arm64/v9.1",
      ["linux/arm64/v8.6", "linux/arm64/v8.7"],
      "linux/arm64/v8.6",
    ],
    [
      "arm64/v9.1 rather runs v9",
      "linux/arm64/v9.1",
      ["linux/arm64/v8.6", "linux/arm64/v9"],
      "linux/arm64/v9",
    ],
    ["arm64/v8.2 runs plain arm64", "linux/arm64/v8.2", ["linux/arm64", "linux/arm64/v8.3"], "linux/arm64"],
    ["v8.0 is v8", "linux/arm64", ["linux/arm64/v8.0"], "linux/arm64/v8.0"],
    [
      "an architecture called like a member of every object is just another",
      "linux/amd64",
      ["linux/constructor", "linux/__proto__", "linux/amd64"],
      "linux/amd64",
    ],
    [
      "a variant beyond counting is compared exactly",
      "linux/amd64/v99999999999",
      ["linux/amd64/v2", "linux/amd64/v99999999999"],
      "linux/amd64/v99999999999",
    ],
    ["a variant without end has an end", "linux/arm/vInfinity", ["linux/arm/v7"], undefined],
    [
      "amd64/v3 runs v2",
      "linux/amd64/v3",
      ["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"],
      "linux/amd64/v2",
    ],
    ["amd64 does not run v2", "linux/amd64", ["linux/amd64/v2"], undefined],
    ["amd64 runs 386 in need", "linux/amd64", ["linux/386"], "linux/386"],
    ["386 does not run amd64", "linux/386", ["linux/amd64"], undefined],
    ["none that says no platform", "linux/amd64", ["", "linux/amd64"], "linux/amd64"],
    ["nothing from nothing", "linux/amd64", [], undefined],
    [
      "what is compared exactly is compared exactly",
      "linux/s390x/z14",
      ["linux/s390x", "linux/s390x/z14"],
      "linux/s390x/z14",
    ],
  ])("%s", (_name, wanted, offered, expected) => {
    expect(choose(wanted, ...offered)).toBe(expected);
  });

  it.each([
    [
      "the same build",
      "windows/amd64@10.0.17763.5",
      ["windows/amd64@10.0.14393.1", "windows/amd64@10.0.17763.1"],
      "windows/amd64@10.0.17763.1",
    ],
    [
      "the newest of the build, by number",
      "windows/amd64@10.0.17763.5",
      ["windows/amd64@10.0.17763.9", "windows/amd64@10.0.17763.10"],
      "windows/amd64@10.0.17763.10",
    ],
    [
      "no other build before Server 2022",
      "windows/amd64@10.0.17763",
      ["windows/amd64@10.0.14393", "windows/amd64@10.0.20348"],
      undefined,
    ],
    [
      "older builds from Server 2022 on, the newest first",
      "windows/amd64@10.0.26100",
      ["windows/amd64@10.0.20348.9", "windows/amd64@10.0.25398.1"],
      "windows/amd64@10.0.25398.1",
    ],
    ["and none before that", "windows/amd64@10.0.26100", ["windows/amd64@10.0.17763"], undefined],
    ["and none that is newer", "windows/amd64@10.0.20348", ["windows/amd64@10.0.26100"], undefined],
    [
      "after Server 2025 none from before it",
      "windows/amd64@10.0.26200",
      ["windows/amd64@10.0.20348"],
      undefined,
    ],
    [
      "but what is from since then",
      "windows/amd64@10.0.26200",
      ["windows/amd64@10.0.26100"],
      "windows/amd64@10.0.26100",
    ],
    ["none whose version says no build", "windows/amd64@10.0.20348", ["windows/amd64@ltsc2022"], undefined],
    [
      "rather what makes use of what is there",
      "windows/amd64@10.0.20348+x",
      ["windows/amd64@10.0.20348.1", "windows/amd64@10.0.20348.1+x"],
      "windows/amd64@10.0.20348.1+x",
    ],
    [
      "but what is newer before that",
      "windows/amd64@10.0.20348+x",
      ["windows/amd64@10.0.20348.9", "windows/amd64@10.0.20348.1+x"],
      "windows/amd64@10.0.20348.9",
    ],
    [
      "the newest where no version is wanted",
      "windows/amd64",
      ["windows/amd64@10.0.1.1", "windows/amd64@10.0.2.1"],
      "windows/amd64@10.0.2.1",
    ],
    ["an image that says none", "windows/amd64@10.0.17763", ["windows/amd64"], "windows/amd64"],
    ["none that needs what is not there", "windows/amd64", ["windows/amd64+x"], undefined],
    ["what needs what is there", "windows/amd64+x", ["windows/amd64+x"], "windows/amd64+x"],
    [
      "win32k, which runtimes do not ask for",
      "windows/amd64",
      ["windows/amd64+win32k"],
      "windows/amd64+win32k",
    ],
    ["on Linux a version says nothing", "linux/amd64@1", ["linux/amd64@2"], "linux/amd64@2"],
  ])("os.version and os.features: %s", (_name, wanted, offered, expected) => {
    expect(choose(wanted, ...offered)).toBe(expected);
  });

  it("skips attestations, as BuildKit writes them", () => {
    const image = manifestFor("linux/amd64");
    const annotations = {
      "vnd.docker.reference.digest": image.digest,
      "vnd.docker.reference.type": "attestation-manifest",
    };
    const attestation = { ...manifestFor("unknown/unknown"), annotations };
    expect([attestation, image].map(isAttestation)).toEqual([true, false]);
    expect(isAttestation(manifestFor("unknown/unknown"))).toBe(true);
    expect(selectPlatform([attestation, image], platform("linux/amd64"))).toBe(image);
    expect(selectPlatform([attestation], platform("unknown/unknown"))).toBeUndefined();
    expect(selectPlatform([{ ...image, annotations }], platform("linux/amd64"))).toBeUndefined();
  });

  it("chooses only what it was given, whatever that is", () => {
    const part = fc.constantFrom(
      "linux",
      "windows",
      "amd64",
      "arm",
      "arm64",
      "386",
      "v6",
      "v7",
      "v8.3",
      "v9.9",
      "v99",
      "",
      "V7",
      "x",
    );
    const any = fc.record({
      os: part,
      architecture: part,
      variant: fc.option(part, { nil: undefined }),
      "os.version": fc.option(fc.string(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(any), any, (offered, wanted) => {
        const manifests = offered.map((it, i) => ({ ...descriptorOf(bytes(String(i))), platform: it }));
        const chosen = selectPlatform(manifests, wanted);
        expect(chosen === undefined || manifests.includes(chosen as (typeof manifests)[0])).toBe(true);
        // What is wanted is there: then something fits.
        const exact = { ...descriptorOf(bytes("exact")), platform: wanted };
        expect(selectPlatform([...manifests, exact], wanted)).toBeDefined();
      }),
    );
  });
});

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
  ])("%s is %s", (text, expected) => {
    expect(formatPlatform(normalizePlatform(parsePlatform(text)))).toBe(expected);
  });

  it("keeps what else there is, and is the same a second time", () => {
    const once = normalizePlatform(platform("windows/x86_64@10.0.1+win32k"));
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
  ])("%j is NAME_INVALID", async (text) => {
    expect(await rejection(Promise.resolve().then(() => parsePlatform(text)))).toMatchObject({
      code: "NAME_INVALID",
    });
  });

  it("reads what formatPlatform writes", () => {
    for (const text of ["linux/amd64", "linux/arm/v6"])
      expect(formatPlatform(parsePlatform(text))).toBe(text);
  });

  it("the host's platform is one", () => {
    const host = hostPlatform();
    expect(parsePlatform(formatPlatform(host))).toEqual(host);
    expect(host.os).not.toBe("win32");
    expect(host.architecture).not.toBe("x64");
  });
});
