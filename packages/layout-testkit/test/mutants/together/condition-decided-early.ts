import type { Mutant } from "../mutant.ts";
import { mutant, moment } from "../mutant.ts";

const it: Mutant = mutant(
  "checks preconditions before its transaction",
  ["TOGETHER-02", "TOGETHER-03"],
  (whole) => ({
    pushManifest: async (repo, content, mediaType, options) => {
      const { ifMatch, ifNoneMatch, tags = [] } = options ?? {};
      if ((ifMatch === undefined && ifNoneMatch === undefined) || tags.length !== 1)
        return whole.pushManifest(repo, content, mediaType, options);
      const current = await whole.resolveTag(repo, tags[0] ?? "").then(
        ({ digest }) => digest,
        () => undefined,
      );
      await moment();
      const holds =
        ifNoneMatch === "*"
          ? current === undefined
          : ifMatch === "*"
            ? current !== undefined
            : current === ifMatch;
      return whole.pushManifest(
        repo,
        content,
        mediaType,
        holds ? { ...options, ifMatch: undefined, ifNoneMatch: undefined } : options,
      );
    },
  }),
);

export default it;
