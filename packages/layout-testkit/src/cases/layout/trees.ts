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

/** What a registry does with a directory of layouts, one for each repository. */
export const layoutTreeCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-95",
    title: "a repository's directory that is a link is neither read, written nor listed",
    level: "MUST",
    cites: [clause(28, "links"), clause(30, "outside")],
    needsLayout,
    needsReopen,
    needs: ["repositoryScopedBlobs"],
    why: "whoever may create a link among the layouts would have files written and deleted anywhere",
    lookFor: "a path that is joined from a name and used",
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
          // Windows lets only some users make links: where there can be none, there is nothing to be followed.
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
          equal(await filesOf(outside), before, "what is outside");
        }
      } finally {
        await rm(outside, { recursive: true });
      }
    },
  },
  {
    id: "LAYOUT-96",
    title: "a layout that cannot be read hides no other",
    level: "MUST",
    cites: [clause(28, "list"), clause(31)],
    needsLayout,
    needsReopen,
    needs: ["repositoryScopedBlobs", "repositories"],
    why: "one bad directory would take every image from everybody",
    lookFor: "a loop over directories that ends with the first error",
    run: async ({ registry, reopen, layoutDirectory }) => {
      for (const name of ["a", "b", "c"])
        await registry.pushManifest(name, bytes(name), "application/x-a", { tags: ["t"] });
      await rm(join(layoutDirectory("b"), "oci-layout"));
      await mkdir(join(layoutDirectory("b"), "oci-layout"));
      const again = await reopen();
      const names = await resolves(
        () => collect(again.repositories()),
        "the repositories beside a damaged layout",
      );
      equal(
        names.filter((name) => name !== "b"),
        ["a", "c"],
        "the repositories beside the damaged one",
      );
      for (const name of ["a", "c"])
        equal(
          await resolves(() => collect(again.tags(name)), `the tags of ${name}`),
          ["t"],
          `the tags of ${name}`,
        );
      await rejects(() => collect(again.tags("b")), "LAYOUT_INVALID");
    },
  },
];

/** Every file below `directory`, and what it holds. */
async function filesOf(directory: string): Promise<Readonly<Record<string, string>>> {
  const files = (await listFiles(directory)).map(
    async (path) => [path, await readFile(join(directory, path), "latin1")] as const,
  );
  return Object.fromEntries(await Promise.all(files));
}
