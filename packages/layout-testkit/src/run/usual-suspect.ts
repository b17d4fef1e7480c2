import type { RegistryCapabilities } from "@ocilayout/oci-types";

import type { ConformanceFailure, Hint } from "../case/failure.ts";

/** The capability that each method belongs to. */
const CAPABILITY_OF: Readonly<Record<string, keyof RegistryCapabilities>> = {
  deleteBlob: "deleteBlob",
  deleteManifest: "deleteManifest",
  deleteTag: "deleteTag",
  pushBlobChunked: "resumableUploads",
  pushBlobChunkedResume: "resumableUploads",
  resolveUpload: "resumableUploads",
  cancelUpload: "resumableUploads",
  mountBlob: "mount",
  repositories: "repositories",
  referrers: "referrers",
};

/**
 * Returns the hint for a mistake that makes many cases of a new backend fail at once, because each
 * case's own hint would mislead.
 *
 * @param calls - The calls of the case.
 */
export function findUsualSuspect(
  { expected, received }: Pick<ConformanceFailure, "expected" | "received">,
  calls: readonly string[],
): Hint | undefined {
  if (/RegistryError UNSUPPORTED\b/.test(received) && !expected.includes("UNSUPPORTED"))
    return unsupported(received, calls);
  if (received === "undefined" && /^rejection with RegistryError \w+_UNKNOWN/.test(expected)) {
    return {
      why: "a caller that continues with undefined fails later, or never notices",
      lookFor: "a lookup that returns undefined for missing content: throw a RegistryError with this code",
    };
  }
  return undefined;
}

function unsupported(received: string, calls: readonly string[]): Hint | undefined {
  // The error names the method. If calls run concurrently, the last one need not be the one that failed.
  const methods = [/does not support (\w+)/.exec(received)?.[1], calls.at(-1)?.split("(")[0]];
  const name = methods.map((method) => CAPABILITY_OF[method ?? ""]).find((it) => it !== undefined);
  if (name === undefined) return undefined;
  return {
    why: "everything that `capabilities` does not exclude is promised and tested",
    lookFor: `a missing method: write it, or set \`${name}: false\` in the registry's \`capabilities\``,
  };
}
