import type { RegistryCapabilities } from "@ocilayout/oci-types";

import type { ConformanceFailure, Hint } from "../case/failure.ts";

/** Which capability a method belongs to. */
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
 * What a backend that is just being written gets wrong in every case at once, whatever the case is about: a case's own hint
 * would lead astray. `calls` are those that were made.
 */
export function findUsualSuspect(
  { expected, received }: Pick<ConformanceFailure, "expected" | "received">,
  calls: readonly string[],
): Hint | undefined {
  if (/RegistryError UNSUPPORTED\b/.test(received) && !expected.includes("UNSUPPORTED"))
    return unsupported(received, calls);
  if (received === "undefined" && /^rejection with RegistryError \w+_UNKNOWN/.test(expected)) {
    return {
      why: "a caller that goes on with undefined fails far from here, or never finds out",
      lookFor: "a lookup that answers undefined for what is not there: throw a RegistryError of this code",
    };
  }
  return undefined;
}

function unsupported(received: string, calls: readonly string[]): Hint | undefined {
  // The error names the method; of calls beside each other the last one need not be it.
  const methods = [/does not support (\w+)/.exec(received)?.[1], calls.at(-1)?.split("(")[0]];
  const name = methods.map((method) => CAPABILITY_OF[method ?? ""]).find((it) => it !== undefined);
  if (name === undefined) return undefined;
  return {
    why: "what `capabilities` does not exclude is promised, and asked for",
    lookFor: `a method that is not there: write it, or give the registry \`capabilities\` with \`${name}: false\``,
  };
}
