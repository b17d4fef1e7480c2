import { createBlobReader } from "@ocilayout/oci-backend";
import { computeDigest, octetStream } from "@ocilayout/oci-types";

import { letPass } from "../../../src/case/content.ts";
import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("hashes content before it copies it", ["SOURCE-85"], (whole) => {
  const kept: Map<string, Uint8Array> = new Map();
  return {
    pushBlob: async (repo, expected, content, options) => {
      if (!(content instanceof Uint8Array) || (await computeDigest(content)).digest !== expected.digest)
        return whole.pushBlob(repo, expected, content, options);
      const pushed = await whole.pushBlob(repo, expected, content.slice(), options);
      await letPass(20);
      kept.set(`${repo} ${pushed.digest}`, content.slice());
      return pushed;
    },
    getBlob: async (repo, digest, options) => {
      const content = kept.get(`${repo} ${digest}`);
      const reader = await whole.getBlob(repo, digest, options);
      if (content === undefined) return reader;
      await reader.close();
      return createBlobReader(
        { mediaType: octetStream, digest: reader.descriptor.digest, size: content.length },
        content,
        { verify: false },
      );
    },
  };
});

export default it;
