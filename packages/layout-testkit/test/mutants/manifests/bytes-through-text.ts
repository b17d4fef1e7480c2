import type { Mutant } from "../mutant.ts";
import { changeReader, mutant } from "../mutant.ts";

const it: Mutant = mutant("decodes and encodes manifests as text", ["MANIFEST-07"], (whole) => ({
  async getManifest(...args) {
    const reader = await whole.getManifest(...args);
    return changeReader(reader, { bytes: async () => new TextEncoder().encode(await reader.text()) });
  },
}));

export default it;
