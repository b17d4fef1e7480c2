import type { Platform } from "@ocilayout/oci-types";

import { builtinModule } from "./builtin-module.ts";

/** The parts of Node's `process` that this module uses. Bundlers for browsers may replace it by one without them. */
interface HostProcess {
  readonly platform?: string;
  readonly arch?: string;
}

/** The parts of `node:os` that this module uses. */
interface HostSystem {
  machine(): string;
  release(): string;
}

/** Go's names, by Node's, if they differ. */
const NODE_NAMES: Readonly<Record<string, string>> = {
  win32: "windows",
  sunos: "solaris",
  x64: "amd64",
  ia32: "386",
  mipsel: "mipsle",
  ppc64: "ppc64le",
};

/**
 * Returns the platform of this process: on 32-bit ARM with the variant of the processor, on Windows with `os.version`. Other
 * systems do not need them to choose an image.
 *
 * @throws TypeError in a browser, which does not report its platform.
 */
export function hostPlatform(): Platform {
  const { process } = globalThis as { process?: HostProcess };
  const { platform, arch } = process ?? {};
  if (platform === undefined || arch === undefined)
    throw new TypeError("cannot detect the platform in a browser: pass one");
  return describeHost({ platform, arch }, builtinModule("node:os") as HostSystem | undefined);
}

/** Returns the platform of a process, in Node's names, on a system. */
export function describeHost(
  { platform, arch }: { readonly platform: string; readonly arch: string },
  system: HostSystem | undefined,
): Platform {
  const os = NODE_NAMES[platform] ?? platform;
  const architecture = NODE_NAMES[arch] ?? arch;
  const variant = architecture === "arm" ? armVariant(system?.machine() ?? "") : undefined;
  const version = os === "windows" ? system?.release() : undefined;
  return {
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { "os.version": version }),
  };
}

/** Returns the variant of a 32-bit process, from `uname -m`: `armv6l`, `armv7l`, or `aarch64` below a 64-bit kernel. */
function armVariant(machine: string): string | undefined {
  if (machine.startsWith("aarch64")) return "v8";
  const version = /^armv([5-8])/.exec(machine)?.[1];
  return version === undefined ? undefined : `v${version}`;
}
