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

/** How long a write may wait for the lock, in milliseconds. */
const PATIENCE_MS = 20_000;

/** The lock of a layout, and the dates of stored blobs. */
export const layoutLockCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-80",
    title:
      "an obstacle at the path of the lock neither blocks reads, nor hangs writes, nor changes files outside",
    level: "MUST",
    cites: [clause(30, "outside"), clause(32, "lock")],
    needsLayout,
    why: "an untrusted layout could hang a server or make it write elsewhere",
    lookFor: "a lock file that is opened without checking its type, or a loop without a deadline",
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
          // Windows permits only some users to create links.
          if (
            !(await make().then(
              () => true,
              () => false,
            ))
          )
            continue;
          await ends(pushArtifact(registry, `obstacle ${i}`, ["b"]));
          await resolves(
            async () => (await registry.getTag(repo, "a")).bytes(),
            "a read beside the obstacle",
          );
          equal(await readdir(outside), [], "the files outside");
          const found = await lstat(lock).catch(() => undefined);
          if (found !== undefined) await rm(lock, { recursive: true });
        }
        await resolves(() => pushArtifact(registry, "two", ["c"]), "a push after the obstacle was removed");
      } finally {
        await rm(outside, { recursive: true });
      }
    },
  },
  {
    id: "LAYOUT-81",
    title: "a repeated push sets the date of the blob file to now",
    level: "MUST",
    cites: [clause(10, "age"), clause(32, "ages")],
    needsLayout,
    why: "garbage collection removes old blobs, and could remove this one before its manifest is pushed",
    lookFor:
      "a push that returns early if the file exists, or a date from another clock than the file system's",
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

/** Fails unless a write ends in time, with a result or an error that has a code. */
async function ends(write: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience: Promise<string> = new Promise((resolve) => {
    timer = setTimeout(() => {
      resolve(`no result within ${PATIENCE_MS} ms`);
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
