import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ConformanceFailure } from "../case/failure.ts";

/** The directories above the one that a target gets, from the outermost in: `../../victim` ends in one of them. */
const LEVELS = ["", "a", join("a", "b")] as const;
const VICTIM = "victim";
const CONTENT = "nobody may touch this";

/** A temporary directory for one case, in the middle of others that nobody has any business in. */
export interface Arena {
  /** The target's own. */
  readonly tempDir: string;
  /** Fails where something beside it was made, changed or removed. */
  check(): void;
  remove(): void;
}

/** Makes an arena. Each case has one, and these few small files are made sooner than they are waited for. */
export function openArena(): Arena {
  const root = mkdtempSync(join(tmpdir(), "conformance-"));
  const tempDir = join(root, "a", "b", "target");
  mkdirSync(tempDir, { recursive: true });
  for (const level of LEVELS) writeFileSync(join(root, level, VICTIM), CONTENT);
  const inside = ["a", "b", "target"];
  return {
    tempDir,
    check: () => {
      for (const [i, level] of LEVELS.entries())
        checkLevel(join(root, level), "../".repeat(LEVELS.length - i), inside[i]);
    },
    remove: () => {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function checkLevel(directory: string, shown: string, inside: string | undefined): void {
  const found = readdirSync(directory);
  const strange = found.find((name) => name !== VICTIM && name !== inside);
  if (strange !== undefined) throw touched(`${shown}${strange}, which was made`);
  const content = found.includes(VICTIM) ? readFileSync(join(directory, VICTIM), "utf8") : undefined;
  if (content !== CONTENT)
    throw touched(`${shown}${VICTIM}, which was ${content === undefined ? "removed" : "changed"}`);
}

function touched(what: string): ConformanceFailure {
  return new ConformanceFailure("nothing outside the temporary directory", what, {
    why: "whoever may name something could write anywhere on the machine",
    lookFor: "an id, a name or a digest that becomes a path before it is checked",
  });
}
