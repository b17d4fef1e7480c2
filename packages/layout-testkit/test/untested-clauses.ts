/** A test of a clause that no case of the kit cites. */
export interface OtherTest {
  /** The path from the root of the repository. */
  readonly file: string;
  /** A text in the file, usually the name of a test. */
  readonly test: string;
}

/**
 * The clauses of `docs/contract.md`, by their anchors, that no case cites. They bind one implementation alone, or are about its
 * options, or the kit watches them in every case.
 */
export const untestedClauses: Readonly<Record<string, OtherTest>> = {
  "clause-1-paths": {
    file: "packages/layout-testkit/test/mutants/calls/path-in-message.ts",
    test: "exposes its directory in a message",
  },
  "clause-1-promise": {
    file: "packages/layout-testkit/test/mutants/calls/throws-at-once.ts",
    test: "throws before it returns a promise",
  },
  "clause-1-handled": {
    file: "packages/layout-testkit/test/mutants/calls/unhandled.ts",
    test: "leaves a rejection unhandled",
  },
  "clause-8-opt-out": {
    file: "packages/layout-core/test/blobs.test.ts",
    test: "yields a corrupt file unverified with %j and %j",
  },
  "clause-9-expiry": {
    file: "packages/layout-core/test/uploads.test.ts",
    test: "expire after the last write, and are removed over time",
  },
  "clause-10-link": {
    file: "packages/layout-per-repo/test/per-repository.test.ts",
    test: "links the file, and the mounted blob outlives its source",
  },
  "clause-23-rule": {
    file: "packages/layout-core/test/entries.test.ts",
    test: "are read by nameEntry instead, and its result is validated",
  },
  "clause-23-host": {
    file: "packages/layout-core/test/ref-name.test.ts",
    test: "is parsed from ref name %j",
  },
  "clause-23-default": {
    file: "packages/layout-core/test/entries.test.ts",
    test: "belong to the default repository, if there is one, when they are bare tags or missing",
  },
  "clause-24-shared": {
    file: "packages/layout-core/test/ref-name.test.ts",
    test: "is repo:tag or repo@digest, and for the default repository the tag or nothing",
  },
  "clause-24-default": {
    file: "packages/layout-core/test/entries.test.ts",
    test: "are the bare tag in the default repository, and none but our annotation when untagged",
  },
  "clause-28-root": {
    file: "packages/layout-per-repo/test/obstacles.deep.test.ts",
    test: "is rejected by every call with a message that names it if it is %s",
  },
  "clause-28-path": {
    file: "packages/layout-per-repo/test/per-repository.test.ts",
    test: "called a/b is the layout in <directory>/a/b, complete for other tools",
  },
  "clause-28-reserved": {
    file: "packages/layout-per-repo/test/per-repository.test.ts",
    test: "inside another repository's layout",
  },
  "clause-29": { file: "packages/layout-core/test/find-layout.test.ts", test: 'describe("findLayout"' },
  "clause-33": {
    file: "packages/layout-per-repo/test/obstacles.deep.test.ts",
    test: "must exist when it is opened with readOnly",
  },
  "rule-closed": {
    file: "packages/layout-core/test/opening.test.ts",
    test: "do not matter after close, which is idempotent: every call fails with CLOSED",
  },
  "rule-maintenance": {
    file: "packages/layout-core/test/gc.test.ts",
    test: "removes and reports unreachable blobs and keeps the rest",
  },
};
