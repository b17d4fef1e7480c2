import type { Mutant } from "../mutant.ts";
import { mutant, changeReader } from "../mutant.ts";

const it: Mutant = mutant("decodes each chunk separately", ["READ-01"], (whole) => ({
  getBlob: async (repo, digest, options) => {
    const reader = await whole.getBlob(repo, digest, options);
    const text = async (): Promise<string> => {
      const content = await reader.bytes();
      let decoded = "";
      for (let at = 0; at < content.length; at += 7)
        decoded += new TextDecoder().decode(content.subarray(at, at + 7));
      return decoded;
    };
    return changeReader(reader, { text });
  },
}));

export default it;
