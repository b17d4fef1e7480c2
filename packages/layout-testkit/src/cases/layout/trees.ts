import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { collect } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, rejects, resolves } from "../../case/context.ts";
import { bytes, pushArtifact, pushText } from "../../case/content.ts";
import { entryOf, indexOf, listFiles, putArtifact, putBlob, putIndex } from "./disk.ts";

const needsLayout = true;
const needsReopen = true;

/** Trees of layouts, one for each repository. */
export const layoutTreeCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-95",
    title: "a repository directory that is a link is not read, written or listed",
    level: "MUST",
    cites: [clause(28, "links"), clause(30, "outside")],
    needsLayout,
    needsReopen,
    needs: ["repositoryScopedBlobs"],
    why: "a link among the layouts could make the registry write and delete files anywhere",
    lookFor: "a path that is joined from a name and used without a check",
    run: async ({ registry, reopen, layoutDirectory, promises }) => {
      const { content, descriptor } = await blob("from elsewhere");
      await pushText(registry, "hello");
      const outside = await mkdtemp(join(tmpdir(), "outside-"));
      try {
        await putIndex(outside, indexOf(entryOf(await putArtifact(outside, "outside"), "t")));
        await putBlob(outside, descriptor.digest, content);
        const before = await filesOf(outside);
        for (const [name, at] of [
          ["linked", "linked"],
          ["way/app", "way"],
        ] as const) {
          const link = at === name ? layoutDirectory(name) : dirname(layoutDirectory(name));
          await mkdir(dirname(link), { recursive: true });
          // Without the privilege to create links, which Windows restricts, no link exists to follow.
          if (
            !(await symlink(outside, link).then(
              () => true,
              () => false,
            ))
          )
            return;
          const again = await reopen();
          await rejects(() => again.getTag(name, "t"), "LAYOUT_INVALID");
          await rejects(() => again.resolveBlob(name, descriptor.digest), "LAYOUT_INVALID");
          await rejects(() => collect(again.tags(name)), "LAYOUT_INVALID");
          await rejects(() => again.pushBlob(name, descriptor, content), "LAYOUT_INVALID");
          await rejects(
            () => again.pushManifest(name, bytes("m"), "application/x-a", { tags: ["u"] }),
            "LAYOUT_INVALID",
          );
          if (promises("repositories"))
            equal(
              (await collect(again.repositories())).filter((it) => it === name),
              [],
              "the linked repository in the list",
            );
          await resolves(() => pushArtifact(again, "one", ["a"]), "a push to another repository");
          equal(await filesOf(outside), before, "the files outside");
        }
      } finally {
        await rm(outside, { recursive: true });
      }
    },
  },
  {
    id: "LAYOUT-96",
    title: "repositories() lists the other layouts if one cannot be read",
    level: "MUST",
    cites: [clause(28, "list"), clause(31)],
    needsLayout,
    needsReopen,
    needs: ["repositoryScopedBlobs", "repositories"],
    why: "one bad directory would make every image unavailable",
    lookFor: "a loop over directories that stops at the first error",
    run: async ({ registry, reopen, layoutDirectory }) => {
      for (const name of ["a", "b", "c"])
        await registry.pushManifest(name, bytes(name), "application/x-a", { tags: ["t"] });
      await rm(join(layoutDirectory("b"), "oci-layout"));
      await mkdir(join(layoutDirectory("b"), "oci-layout"));
      const again = await reopen();
      const names = await resolves(
        () => collect(again.repositories()),
        "repositories() with a damaged layout",
      );
      equal(
        names.filter((name) => name !== "b"),
        ["a", "c"],
        "the other repositories",
      );
      for (const name of ["a", "c"])
        equal(
          await resolves(() => collect(again.tags(name)), `tags() of ${name}`),
          ["t"],
          `the tags of ${name}`,
        );
      await rejects(() => collect(again.tags("b")), "LAYOUT_INVALID");
    },
  },
];

/** Returns the content of each file below `directory`. */
async function filesOf(directory: string): Promise<Readonly<Record<string, string>>> {
  const files = (await listFiles(directory)).map(
    async (path) => [path, await readFile(join(directory, path), "latin1")] as const,
  );
  return Object.fromEntries(await Promise.all(files));
}
