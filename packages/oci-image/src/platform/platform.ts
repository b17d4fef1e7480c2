import type { Platform } from "@ocilayout/oci-types";
import { RegistryError } from "@ocilayout/oci-types";
import { cloneJson, excerpt, requireArray, requireObject, requireString } from "@ocilayout/oci-types/authors";

/** Other names of an architecture, and the variant that the name implies. */
const ARCHITECTURES: ReadonlyMap<string, readonly [architecture: string, variant?: string]> = new Map([
  ["i386", ["386"]],
  ["x86_64", ["amd64"]],
  ["x86-64", ["amd64"]],
  ["aarch64", ["arm64"]],
  ["armhf", ["arm", "v7"]],
  ["armel", ["arm", "v6"]],
]);

/** The default variant of an architecture, which normalisation removes. */
const IMPLIED_VARIANT: Readonly<Record<string, string>> = { amd64: "v1", arm64: "v8" };

/**
 * Returns `platform` in the form that container runtimes compare:
 *
 * - Names are in lower case.
 * - Aliases of architectures are resolved: `x86_64` is `amd64`.
 * - Default variants are removed: `arm64/v8` is `arm64`.
 * - `arm` without a variant is `arm/v7`.
 */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const name = platform.architecture.toLowerCase();
  const [architecture, impliedVariant] = ARCHITECTURES.get(name) ?? [name];
  const said = impliedVariant ?? (platform.variant ?? "").toLowerCase();
  const variant = normalizeVariant(architecture, said);
  return {
    ...platform,
    os: os === "macos" ? "darwin" : os,
    architecture,
    variant: variant === "" ? undefined : variant,
  };
}

function normalizeVariant(architecture: string, said: string): string {
  if (architecture === "386") return "";
  if (architecture === "arm" && said === "") return "v7";
  let variant = /^[0-9]/.test(said) && architecture.startsWith("arm") ? `v${said}` : said;
  if (architecture === "arm64") variant = variant.replace(/^(v[89])\.0$/, "$1");
  return variant === IMPLIED_VARIANT[architecture] ? "" : variant;
}

/** The form of `os/architecture[/variant]`. */
const NAME = /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+){1,2}$/;

/** The maximum length of a name, in characters. */
const MAX_NAME_LENGTH = 255;

/** Whether `text` is a platform of the form `os/architecture[/variant]`. */
export function isPlatformName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && NAME.test(text);
}

/**
 * Parses `os/architecture[/variant]`: `linux/amd64`, `linux/arm/v6`.
 *
 * @throws `RegistryError` `NAME_INVALID` if `text` has another form.
 */
export function parsePlatform(text: string): Platform {
  requireString(text, "a platform");
  const [os, architecture, variant] = isPlatformName(text) ? text.split("/") : [];
  if (os === undefined || architecture === undefined) {
    const reason = "it does not have the form os/architecture[/variant], such as linux/arm64";
    throw new RegistryError("NAME_INVALID", `${excerpt(text)} is not a platform: ${reason}`, {
      detail: { reason },
    });
  }
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** Formats a platform as {@link parsePlatform} parses it. Version, features and an empty variant are left out. */
export function formatPlatform({ os, architecture, variant = "" }: Platform): string {
  return variant === "" ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/**
 * Returns a copy of `platform`, parsed if it is text.
 *
 * @throws `RegistryError` `NAME_INVALID` if text has another form; TypeError if a member has the wrong type.
 */
export function requirePlatform(platform: Platform | string): Platform {
  if (typeof platform === "string") return parsePlatform(platform);
  requireObject(platform, "a platform");
  const {
    os,
    architecture,
    variant = "",
    "os.version": version = "",
    "os.features": features = [],
  } = platform;
  const texts = { os, architecture, variant, "os.version": version };
  for (const [name, value] of Object.entries(texts)) requireString(value, `${name} of a platform`);
  requireArray(features, "os.features of a platform");
  for (const feature of features) requireString(feature, "a feature of a platform");
  return cloneJson(platform);
}
