import { describe, expect, it } from "vitest";

import { clause } from "../src/case/cites.ts";
import { advise } from "../src/command/advice.ts";

const begin = "begin with A-0: later cases build on earlier ones";

function failures(count: number, cite = clause(7)): Parameters<typeof advise>[0] {
  return Array.from({ length: count }, (_, at) => ({ id: `A-${at}`, cites: [cite] }));
}

describe("the advice after many failures", () => {
  it("names the case to begin with, and nothing if few cases fail", () => {
    expect(advise([])).toEqual([]);
    expect(advise(failures(5))).toEqual([]);
    expect(advise(failures(6))).toEqual([begin]);
  });

  it.each([clause(12, "same-bytes"), clause(13, "sizes"), clause(14), clause(15, "transaction"), clause(16)])(
    "names the method `manifests` if many cases that cite $label fail",
    (cite) => {
      expect(advise(failures(4, cite))).toEqual([]);
      expect(advise(failures(5, cite))).toEqual([
        "5 of the failed cases are about checks before a change: defineBackend makes these checks for a backend that has the " +
          "method `manifests`",
      ]);
    },
  );

  it.each([clause(1), clause(12, "bytes"), clause(13), clause(17)])(
    "does not name `manifests` if they cite $label",
    (cite) => {
      expect(advise(failures(9, cite))).toEqual([begin]);
    },
  );
});
