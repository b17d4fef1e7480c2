import { isRegistryError, RegistryError } from "@ocilayout/oci-types";

import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("uses one code for every error", ["BLOB-02", "NAME-01", "NAME-04"], (whole) => {
  const recode = async <Value>(promise: Promise<Value>): Promise<Value> => {
    try {
      return await promise;
    } catch (error) {
      if (isRegistryError(error)) throw new RegistryError("BLOB_UNKNOWN");
      throw error;
    }
  };
  return {
    pushBlob: (...args) => recode(whole.pushBlob(...args)),
    resolveBlob: (...args) => recode(whole.resolveBlob(...args)),
    getBlob: (...args) => recode(whole.getBlob(...args)),
    pushManifest: (...args) => recode(whole.pushManifest(...args)),
  };
});

export default it;
