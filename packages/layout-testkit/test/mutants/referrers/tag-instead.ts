import type { Mutant } from "../mutant.ts";
import { documentOf, mutant } from "../mutant.ts";

const it: Mutant = mutant(
  "lists only the children of the referrers tag if it exists",
  ["REFERRER-09"],
  (whole) => ({
    async *referrers(repo, digest, options) {
      const content = await whole.getTag(repo, digest.replace(":", "-")).then(
        async (reader) => reader.bytes(),
        () => undefined,
      );
      const listed = JSON.stringify(documentOf(content));
      for await (const it of whole.referrers(repo, digest, options))
        if (content === undefined || listed.includes(it.digest)) yield it;
    },
  }),
);

export default it;
