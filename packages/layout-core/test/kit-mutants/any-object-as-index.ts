import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import type { Registry } from "@ocilayout/oci-types";
import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import { readIndex } from "../helpers.ts";
import { mutant } from "../kit-mutant.ts";

export default mutant(
  "takes any object for an index, which is empty if it lists no manifests",
  ["LAYOUT-102", "LAYOUT-103"],
  (whole, directory) => {
    const entries = (): readonly unknown[] =>
      (readIndex(directory) as { manifests?: readonly unknown[] }).manifests ?? [];
    const isEmpty = (error: unknown): boolean =>
      isRegistryError(error, "LAYOUT_INVALID") && entries().length === 0;
    const faults: Partial<Registry> & { readonly gc: () => Promise<void> } = {
      async *tags(...args) {
        try {
          yield* whole.tags(...args);
        } catch (error) {
          if (!isEmpty(error)) throw error;
        }
      },
      resolveTag: (...args) =>
        whole.resolveTag(...args).catch((error: unknown) => {
          throw isEmpty(error) ? new RegistryError("MANIFEST_UNKNOWN") : error;
        }),
      gc: async (): Promise<void> => {
        const blobs = join(directory, "blobs", "sha256");
        if (entries().length === 0) for (const name of readdirSync(blobs)) rmSync(join(blobs, name));
      },
    };
    return faults;
  },
);
