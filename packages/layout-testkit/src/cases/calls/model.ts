import { createMemoryRegistry } from "../../memory/index.ts";
import { compareWithModel, ModelMismatch } from "../../model/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { everyClause } from "../../case/cites.ts";
import { ConformanceFailure } from "../../case/failure.ts";

/** What no single case thought of. */
export const modelCases: readonly ConformanceCase[] = [
  {
    id: "MODEL-01",
    title: "random calls come out as they do in memory",
    level: "MUST",
    cites: [everyClause],
    needs: ["checksReferences"],
    isLong: true,
    why: "defects hide in the order of calls",
    lookFor: "the last of the calls above: the sequence is as short as it could be made",
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
          `${error.expected}, of the last of these calls:\n           ${error.calls.join("\n           ")}`,
          error.received,
        );
      }
    },
  },
];
