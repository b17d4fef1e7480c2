import { createMemoryRegistry } from "../../memory/index.ts";
import { compareWithModel, ModelMismatch } from "../../model/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { everyClause } from "../../case/cites.ts";
import { ConformanceFailure } from "../../case/failure.ts";

/** Random sequences of calls. */
export const modelCases: readonly ConformanceCase[] = [
  {
    id: "MODEL-01",
    title: "random calls have the same results as in the registry in memory",
    level: "MUST",
    cites: [everyClause],
    needs: [
      "checksReferences",
      "comparesReferences",
      "deniesReferenced",
      "emptyBlobs",
      "knowsManifests",
      "opaqueManifests",
    ],
    isLong: true,
    why: "some errors appear only after certain sequences of calls",
    lookFor: "the last call listed above: the sequence has been shortened as far as possible",
    run: async ({ createAnother, promises, seed, runs, timeoutMs }) => {
      const repositoryScopedBlobs = promises("repositoryScopedBlobs");
      const createModel = (): ReturnType<typeof createMemoryRegistry> =>
        createMemoryRegistry({ repositoryScopedBlobs });
      try {
        await compareWithModel({
          create: createAnother,
          createModel,
          promises,
          seed,
          runs,
          timeoutMs,
          isLenient: true,
        });
      } catch (error) {
        if (!(error instanceof ModelMismatch)) throw error;
        throw new ConformanceFailure(
          `${error.expected}, from the last of these calls:\n           ${error.calls.join("\n           ")}`,
          error.received,
        );
      }
    },
  },
];
