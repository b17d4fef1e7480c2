import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ConformanceFailure } from "../case/failure.ts";

/** The directories above a target's own, outermost first. A path such as `../../victim` leads into one of them. */
const LEVELS = ["", "a", join("a", "b")] as const;
const VICTIM = "victim";
const CONTENT = "This file must not change.";

/** A temporary directory for one case, below directories that no backend may touch. */
export interface Arena {
  /** The target's own directory. */
  readonly tempDir: string;
  /** Fails if a file or directory outside `tempDir` was created, changed or removed. */
  check(): void;
  remove(): void;
}

/** Creates an arena. Synchronous, because creating a few small files takes less time than awaiting them. */
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
  if (strange !== undefined) throw touched(`${shown}${strange}, which was created`);
  const content = found.includes(VICTIM) ? readFileSync(join(directory, VICTIM), "utf8") : undefined;
  if (content !== CONTENT)
    throw touched(`${shown}${VICTIM}, which was ${content === undefined ? "removed" : "changed"}`);
}

function touched(what: string): ConformanceFailure {
  return new ConformanceFailure("nothing outside the temporary directory to change", what, {
    why: "a client that chooses the name could write to any file of the machine",
    lookFor: "an id, a name or a digest that becomes a path before it is validated",
  });
}
