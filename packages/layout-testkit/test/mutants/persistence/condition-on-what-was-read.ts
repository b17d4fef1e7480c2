import type { Mutant } from "../mutant.ts";
import { mutant } from "../mutant.ts";

const it: Mutant = mutant("checks preconditions against its own cache", ["OPEN-06"], () => ({}), {
  reopen: (whole) => {
    let seen: string | undefined;
    return {
      ...whole,
      async resolveTag(...args) {
        const descriptor = await whole.resolveTag(...args);
        seen = descriptor.digest;
        return descriptor;
      },
      pushManifest: (repo, content, mediaType, options) =>
        whole.pushManifest(
          repo,
          content,
          mediaType,
          options?.ifMatch === seen ? { ...options, ifMatch: undefined } : options,
        ),
    };
  },
});

export default it;
