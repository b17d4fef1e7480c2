import { lstat, mkdir, mkdtemp, readdir, rm, symlink, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isRegistryError } from "@ocilayout/oci-types";

import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, resolves } from "../../case/context.ts";
import { ConformanceFailure } from "../../case/failure.ts";
import { pushArtifact, pushText, repo } from "../../case/content.ts";
import { blobPath, isDatedNow } from "./disk.ts";

const needsLayout = true;

/** How long a write may take that cannot have the lock, in milliseconds. */
const PATIENCE_MS = 20_000;

/** What a layout's lock must withstand, and how a stored blob is dated. */
export const layoutLockCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-80",
    title: "whatever stands at the lock's name, a write ends, reads go on, and nothing outside changes",
    level: "MUST",
    cites: [clause(30, "outside"), clause(32, "lock")],
    needsLayout,
    why: "a layout from anybody would hang a server, or have it write elsewhere",
    lookFor: "a lock file that is opened without a look at what it is; a loop without a deadline",
    run: async ({ registry, layoutDirectory }) => {
      await pushArtifact(registry, "one", ["a"]);
      const lock = join(layoutDirectory(repo), ".index.json.lock");
      const outside = await mkdtemp(join(tmpdir(), "outside-"));
      try {
        const obstacles: readonly (() => Promise<unknown>)[] = [
          () => mkdir(lock),
          () => symlink(join(outside, "nowhere"), lock),
          () => symlink(lock, lock),
          () => symlink(outside, lock),
        ];
        for (const [i, make] of obstacles.entries()) {
          // Windows lets only some users make links.
          if (
            !(await make().then(
              () => true,
              () => false,
            ))
          )
            continue;
          await ends(pushArtifact(registry, `obstacle ${i}`, ["b"]));
          await resolves(async () => (await registry.getTag(repo, "a")).bytes(), "a read beside it");
          equal(await readdir(outside), [], "what is outside");
          const found = await lstat(lock).catch(() => undefined);
          if (found !== undefined) await rm(lock, { recursive: true });
        }
        await resolves(() => pushArtifact(registry, "two", ["c"]), "a push once it is gone");
      } finally {
        await rm(outside, { recursive: true });
      }
    },
  },
  {
    id: "LAYOUT-81",
    title: "a stored blob that is pushed again is dated as if it were written now",
    level: "MUST",
    cites: [clause(10, "age"), clause(32, "ages")],
    needsLayout,
    why: "a garbage collection takes what is old: the blob would be gone before the manifest comes that needs it",
    lookFor: "a push that ends when the file is there; a date from a clock that is not the file system's",
    run: async ({ registry, layoutDirectory }) => {
      const directory = layoutDirectory(repo);
      const { descriptor } = await pushText(registry, "hello");
      const path = blobPath(directory, descriptor.digest);
      await utimes(path, 1, 1);
      await pushText(registry, "hello");
      await isDatedNow(directory, descriptor.digest);
    },
  },
];

/** Fails unless a write ends in time, well or in a code. */
async function ends(write: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience: Promise<string> = new Promise((resolve) => {
    timer = setTimeout(() => {
      resolve(`nothing within ${PATIENCE_MS} ms`);
    }, PATIENCE_MS);
  });
  const outcome = write.then(
    () => undefined,
    (error: unknown) => (isRegistryError(error) ? undefined : String(error)),
  );
  const received = await Promise.race([outcome, patience]);
  clearTimeout(timer);
  if (received !== undefined) throw new ConformanceFailure("a result, or an error with a code", received);
}
