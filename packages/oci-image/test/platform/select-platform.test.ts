import type { Descriptor, Platform } from "@ocilayout/oci-types";
import { bytes, descriptorOf } from "@ocilayout/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parsePlatform, selectPlatform } from "../../src/index.ts";
import { isAttestation } from "../../src/platform/select-platform.ts";

/** Parses `linux/arm/v7` or `windows/amd64@10.0.17763.1`, with an optional `+feature` at the end. */
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

/** Returns the one of `offered` that is chosen. */
function choose(wanted: string, ...offered: readonly string[]): string | undefined {
  const manifests = offered.map(manifestFor);
  const chosen = selectPlatform(manifests, platform(wanted));
  return chosen === undefined ? undefined : offered[manifests.indexOf(chosen)];
}

describe("selectPlatform", () => {
  it.each([
    ["chooses the same platform", "linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"],
    [
      "chooses the first of several equal platforms",
      "linux/amd64",
      ["linux/amd64", "linux/amd64"],
      "linux/amd64",
    ],
    ["never chooses another operating system", "linux/amd64", ["windows/amd64", "freebsd/amd64"], undefined],
    ["never chooses another architecture", "linux/riscv64", ["linux/amd64", "linux/arm64"], undefined],
    [
      "treats aliases of an architecture as equal",
      "linux/x86_64",
      ["linux/aarch64", "linux/amd64"],
      "linux/amd64",
    ],
    ["treats a missing arm64 variant as v8", "linux/arm64/v8", ["linux/arm64"], "linux/arm64"],
    ["treats a wanted arm64 without a variant as v8", "linux/arm64", ["linux/arm64/v8"], "linux/arm64/v8"],
    ["treats arm without a variant as v7", "linux/arm", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"],
    [
      "lets arm/v7 run v6 and v5, the closest first",
      "linux/arm/v7",
      ["linux/arm/v5", "linux/arm/v6"],
      "linux/arm/v6",
    ],
    ["never lets arm/v6 run v7", "linux/arm/v6", ["linux/arm/v7", "linux/arm/v5"], "linux/arm/v5"],
    ["never lets arm/v5 run another variant", "linux/arm/v5", ["linux/arm/v6", "linux/arm/v7"], undefined],
    ["lets arm64 run arm, v8 before v7", "linux/arm64", ["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7"],
    ["prefers arm64 over arm on arm64", "linux/arm64", ["linux/arm/v7", "linux/arm64"], "linux/arm64"],
    [
      "lets arm64/v9.1 run v8.6",
      "linux/arm64/v9.1",
      ["linux/arm64/v8.6", "linux/arm64/v8.7"],
      "linux/arm64/v8.6",
    ],
    [
      "prefers v9 over v8.6 on arm64/v9.1",
      "linux/arm64/v9.1",
      ["linux/arm64/v8.6", "linux/arm64/v9"],
      "linux/arm64/v9",
    ],
    [
      "lets arm64/v8.2 run arm64 without a variant",
      "linux/arm64/v8.2",
      ["linux/arm64", "linux/arm64/v8.3"],
      "linux/arm64",
    ],
    ["treats v8.0 as v8", "linux/arm64", ["linux/arm64/v8.0"], "linux/arm64/v8.0"],
    [
      "treats architectures named like members of Object.prototype as unknown ones",
      "linux/amd64",
      ["linux/constructor", "linux/__proto__", "linux/amd64"],
      "linux/amd64",
    ],
    [
      "compares a variant with a huge number exactly",
      "linux/amd64/v99999999999",
      ["linux/amd64/v2", "linux/amd64/v99999999999"],
      "linux/amd64/v99999999999",
    ],
    ["terminates on a variant called vInfinity", "linux/arm/vInfinity", ["linux/arm/v7"], undefined],
    [
      "lets amd64/v3 run v2",
      "linux/amd64/v3",
      ["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"],
      "linux/amd64/v2",
    ],
    ["never lets amd64 without a variant run v2", "linux/amd64", ["linux/amd64/v2"], undefined],
    ["lets amd64 run 386 as a last resort", "linux/amd64", ["linux/386"], "linux/386"],
    ["never lets 386 run amd64", "linux/386", ["linux/amd64"], undefined],
    ["skips manifests without a platform", "linux/amd64", ["", "linux/amd64"], "linux/amd64"],
    ["chooses nothing from an empty list", "linux/amd64", [], undefined],
    [
      "compares variants of other architectures exactly",
      "linux/s390x/z14",
      ["linux/s390x", "linux/s390x/z14"],
      "linux/s390x/z14",
    ],
  ])("%s", (_name, wanted, offered, expected) => {
    expect(choose(wanted, ...offered)).toBe(expected);
  });

  it.each([
    [
      "chooses the same Windows build",
      "windows/amd64@10.0.17763.5",
      ["windows/amd64@10.0.14393.1", "windows/amd64@10.0.17763.1"],
      "windows/amd64@10.0.17763.1",
    ],
    [
      "chooses the newest revision of the build, compared as numbers",
      "windows/amd64@10.0.17763.5",
      ["windows/amd64@10.0.17763.9", "windows/amd64@10.0.17763.10"],
      "windows/amd64@10.0.17763.10",
    ],
    [
      "never chooses another build before Server 2022",
      "windows/amd64@10.0.17763",
      ["windows/amd64@10.0.14393", "windows/amd64@10.0.20348"],
      undefined,
    ],
    [
      "chooses older builds from Server 2022 on, the newest first",
      "windows/amd64@10.0.26100",
      ["windows/amd64@10.0.20348.9", "windows/amd64@10.0.25398.1"],
      "windows/amd64@10.0.25398.1",
    ],
    [
      "never chooses a build from before Server 2022 on a later one",
      "windows/amd64@10.0.26100",
      ["windows/amd64@10.0.17763"],
      undefined,
    ],
    ["never chooses a newer build", "windows/amd64@10.0.20348", ["windows/amd64@10.0.26100"], undefined],
    [
      "never chooses a build from before Server 2025 on a later one",
      "windows/amd64@10.0.26200",
      ["windows/amd64@10.0.20348"],
      undefined,
    ],
    [
      "chooses builds from Server 2025 on",
      "windows/amd64@10.0.26200",
      ["windows/amd64@10.0.26100"],
      "windows/amd64@10.0.26100",
    ],
    [
      "skips versions without a build number",
      "windows/amd64@10.0.20348",
      ["windows/amd64@ltsc2022"],
      undefined,
    ],
    [
      "prefers a manifest that uses the host's os.features",
      "windows/amd64@10.0.20348+x",
      ["windows/amd64@10.0.20348.1", "windows/amd64@10.0.20348.1+x"],
      "windows/amd64@10.0.20348.1+x",
    ],
    [
      "prefers a newer revision over matching os.features",
      "windows/amd64@10.0.20348+x",
      ["windows/amd64@10.0.20348.9", "windows/amd64@10.0.20348.1+x"],
      "windows/amd64@10.0.20348.9",
    ],
    [
      "chooses the newest when no version is wanted",
      "windows/amd64",
      ["windows/amd64@10.0.1.1", "windows/amd64@10.0.2.1"],
      "windows/amd64@10.0.2.1",
    ],
    ["chooses an image without a version", "windows/amd64@10.0.17763", ["windows/amd64"], "windows/amd64"],
    ["never chooses an image whose feature the host lacks", "windows/amd64", ["windows/amd64+x"], undefined],
    [
      "chooses an image whose feature the host has",
      "windows/amd64+x",
      ["windows/amd64+x"],
      "windows/amd64+x",
    ],
    [
      "ignores win32k, which runtimes do not check",
      "windows/amd64",
      ["windows/amd64+win32k"],
      "windows/amd64+win32k",
    ],
    ["ignores a version on Linux", "linux/amd64@1", ["linux/amd64@2"], "linux/amd64@2"],
  ])("by os.version and os.features: %s", (_name, wanted, offered, expected) => {
    expect(choose(wanted, ...offered)).toBe(expected);
  });

  it("skips BuildKit's attestation manifests", () => {
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

  it("returns one of the given manifests or undefined, for any input", () => {
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
        // A manifest for exactly the wanted platform always fits.
        const exact = { ...descriptorOf(bytes("exact")), platform: wanted };
        expect(selectPlatform([...manifests, exact], wanted)).toBeDefined();
      }),
    );
  });
});
