import type { Descriptor, Platform } from "@ocilayout/oci-types";

import { normalizePlatform } from "./platform.ts";

/**
 * Returns the manifest of an index that runs best on the platform `wanted`, or `undefined` if none runs. It chooses as
 * container runtimes do:
 *
 * - The operating system must be the same.
 * - The architecture and variant must run on `wanted`, and the closest wins. `arm/v7` also runs `v6` and `v5`. `amd64/v3`
 *   also runs `v2`, `v1` and then `386`. `arm64` also runs `arm`.
 * - On Windows, `os.version` must fit the build of the host, and the newest that fits wins.
 * - An image that requires an `os.features` value that `wanted` lacks is skipped, except for `win32k`. Among images that
 *   are equal otherwise, the one with more features wins.
 * - Attestations and manifests without a platform are skipped.
 * - Among equal images, the first wins.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/image-index.md#image-index-property-descriptions}
 */
export function selectPlatform(manifests: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
  const host = normalizePlatform(wanted);
  const order = [...runnable(host)];
  let best: { descriptor: Descriptor; rank: number; platform: Platform } | undefined;
  for (const descriptor of manifests) {
    if (descriptor.platform === undefined || isAttestation(descriptor)) continue;
    const platform = normalizePlatform(descriptor.platform);
    const rank = order.indexOf(nameOf(platform));
    if (rank < 0 || !fits(platform, host)) continue;
    const isBetter =
      best === undefined || rank < best.rank || (rank === best.rank && suitsBetter(platform, best.platform));
    if (isBetter) best = { descriptor, rank, platform };
  }
  return best?.descriptor;
}

/** Whether `descriptor` describes an attestation, which a build tool adds beside an image. It cannot be run. */
export function isAttestation({ platform, annotations }: Descriptor): boolean {
  const isUnknown = platform?.os === "unknown" && platform.architecture === "unknown";
  return isUnknown || annotations?.["vnd.docker.reference.type"] === "attestation-manifest";
}

/** Returns the digest of the image that an attestation is about, if its descriptor names it, as BuildKit writes it. */
export function attestedDigest({ annotations }: Descriptor): string | undefined {
  return annotations?.["vnd.docker.reference.digest"];
}

function nameOf({ architecture, variant = "" }: Pick<Platform, "architecture" | "variant">): string {
  return `${architecture}/${variant}`;
}

/** Yields the architectures and variants that a host runs, the best first. */
function* runnable({ architecture, variant = "" }: Platform): Generator<string, void, undefined> {
  yield nameOf({ architecture, variant });
  switch (architecture) {
    case "amd64":
      yield* variants("amd64", variant, 2);
      yield "amd64/";
      yield "386/";
      break;
    case "arm":
      yield* variants("arm", variant, 5);
      break;
    case "arm64":
      yield* arm64Variants(variant);
      yield "arm64/";
      yield "arm/v8";
      yield* variants("arm", "v8", 5);
      break;
  }
}

/** Yields the variants below `variant`, down to `least`. */
function* variants(architecture: string, variant: string, least: number): Generator<string, void, undefined> {
  if (!/^v[0-9]$/.test(variant)) return;
  for (let version = Number(variant.slice(1)) - 1; version >= least; version -= 1)
    yield `${architecture}/v${version}`;
}

/** Yields the arm64 variants below `variant`. They have a minor number, and v9.x includes v8.(x + 5). */
function* arm64Variants(variant: string): Generator<string, void, undefined> {
  const match = /^v([89])(?:\.([0-9]))?$/.exec(variant);
  if (match === null) return;
  let minor = Number(match[2] ?? 0);
  if (match[1] === "9") {
    for (minor -= 1; minor >= 0; minor -= 1) yield minor === 0 ? "arm64/v9" : `arm64/v9.${minor}`;
    minor = Number(match[2] ?? 0) + 5 + 1;
  }
  for (minor -= 1; minor > 0; minor -= 1) yield `arm64/v8.${minor}`;
}

/** Whether an image for `platform`, of a fitting architecture, runs on `host`. */
function fits(platform: Platform, host: Platform): boolean {
  if (platform.os !== host.os) return false;
  const has = new Set(host["os.features"]);
  if (!(platform["os.features"] ?? []).every((feature) => feature === "win32k" || has.has(feature)))
    return false;
  return platform.os !== "windows" || fitsWindows(platform["os.version"], host["os.version"]);
}

/** Windows Server 2022 and 2025. A later build runs images from the last of these builds before it onward. */
const LONG_TERM_BUILDS = [20348, 26100] as const;

function fitsWindows(image: string | undefined, host: string | undefined): boolean {
  const [wanted, offered] = [parseVersion(host), parseVersion(image)];
  if (wanted === undefined || image === undefined || image === "") return true;
  if (offered === undefined) return false;
  if (wanted[0] !== offered[0] || wanted[1] !== offered[1]) return false;
  const [first] = LONG_TERM_BUILDS;
  if (wanted[2] < first) return wanted[2] === offered[2];
  const oldest = LONG_TERM_BUILDS.findLast((build) => build < wanted[2]) ?? first;
  return offered[2] >= oldest && offered[2] <= wanted[2];
}

type Version = readonly [major: number, minor: number, build: number, revision: number];

/** Parses a version. Returns `undefined` if it is missing or has no build number. */
function parseVersion(version: string | undefined): Version | undefined {
  const match = /^([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})(?:\.([0-9]{1,9}))?/.exec(version ?? "");
  if (match === null) return undefined;
  const [, major, minor, build, revision = 0] = match;
  return [Number(major), Number(minor), Number(build), Number(revision)];
}

/** Whether `platform` wins over `than`, if both fit the processor equally well. */
function suitsBetter(platform: Platform, than: Platform): boolean {
  if (isNewer(platform, than) || isNewer(than, platform)) return isNewer(platform, than);
  return (platform["os.features"]?.length ?? 0) > (than["os.features"]?.length ?? 0);
}

function isNewer(platform: Platform, than: Platform): boolean {
  const [a, b] = [parseVersion(platform["os.version"]), parseVersion(than["os.version"])];
  if (a === undefined || b === undefined) return a !== undefined;
  const at = a.findIndex((part, place) => part !== b[place]);
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
}
