import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

import type { ConformanceCase } from "../../case/case.ts";
import { clause, imageSpec } from "../../case/cites.ts";
import type { CaseContext } from "../../case/context.ts";
import { equal, reads, rejects, resolves } from "../../case/context.ts";
import { bytes, nowhere, pushArtifact, repo } from "../../case/content.ts";
import { areWhole, listTags, putFile, putIndex, readParts } from "./disk.ts";

const needsLayout = true;
const needsReopen = true;
const overwrites = "a read error treated as an empty layout";

/** Files that make up a layout. */
export const layoutPartCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-36",
    title: "an index.json without members or with null manifests reads as empty",
    level: "MUST",
    cites: [clause(22, "lenient")],
    needsLayout,
    needsReopen,
    why: "real tools write such files",
    lookFor: "a validation that requires every member of the specification",
    run: async ({ reopen, layoutDirectory }) => {
      for (const [i, index] of [
        '{"manifests":null}',
        "{}",
        '{"schemaVersion":2}',
        '{ "manifests" : [ ] }\n',
      ].entries()) {
        await putIndex(layoutDirectory(repo), index);
        const registry = await reopen();
        equal(await resolves(() => listTags(registry), `tags() with ${index}`), [], `the tags of ${index}`);
        const content = bytes(`m${i}`);
        await resolves(
          () => registry.pushManifest(repo, content, "application/x-a", { tags: ["t"] }),
          `a push to ${index}`,
        );
        await reads(await (await reopen()).getTag(repo, "t"), content, "the pushed content");
      }
    },
  },
  ...(
    [
      [
        "LAYOUT-37",
        "index.json is missing and blobs is empty",
        async (directory: string) => {
          await mkdir(join(directory, "blobs"), { recursive: true });
          await putFile(directory, "oci-layout", '{"imageLayoutVersion":"1.0.0"}');
        },
      ],
      [
        "LAYOUT-38",
        "blobs is missing and index.json has no entries",
        async (directory: string) => {
          await putIndex(directory, '{"schemaVersion":2,"manifests":[]}');
          await rm(join(directory, "blobs"), { recursive: true });
        },
      ],
    ] as const
  ).map(([id, lacks, write]): ConformanceCase => ({
    id,
    title: `if ${lacks}, the layout reads as empty and the next write completes it`,
    level: "MUST",
    cites: [clause(25, "unfinished")],
    needsLayout,
    needsReopen,
    why: "an interrupted first write, or a tool that drops empty directories, leaves such a layout",
    lookFor: "every missing file treated as corruption",
    run: async ({ reopen, layoutDirectory }) => {
      await write(layoutDirectory(repo));
      const registry = await reopen();
      equal(await resolves(() => listTags(registry), "tags()"), [], "the tags");
      await resolves(() => pushArtifact(registry, "one", ["a"]), "a push");
      await areWhole(layoutDirectory(repo));
    },
  })),
  {
    id: "LAYOUT-39",
    title:
      "calls fail with LAYOUT_INVALID if index.json is not one JSON object or has two manifests members, and change nothing",
    level: "MUST",
    cites: [clause(22, "rejected")],
    needsLayout,
    needsReopen,
    why: "the rest of the file is the only record of the names",
    lookFor: overwrites,
    run: async (context) => {
      await pushArtifact(context.registry, "one", ["a"]);
      for (const index of [
        "[]",
        '{"schemaVersion":2,"manifests":[{"mediaType":',
        '{"manifests":[],"manifests":[]}',
      ]) {
        await putFile(context.layoutDirectory(repo), "index.json", index);
        await isRefused(context);
      }
    },
  },
  ...["oci-layout", "index.json", "blobs"].map((part, i): ConformanceCase => ({
    id: `LAYOUT-${40 + i}`,
    title: `calls fail with LAYOUT_INVALID if ${part} is missing beside the other files, and change nothing`,
    level: "MUST",
    cites: [clause(25, "damage")],
    needsLayout,
    needsReopen,
    why: "treating a damaged layout as empty would overwrite data that can still be recovered",
    lookFor: overwrites,
    run: async (context) => {
      await pushArtifact(context.registry, "one", ["a"]);
      await rm(join(context.layoutDirectory(repo), part), { recursive: true });
      await isRefused(context);
    },
  })),
  {
    id: "LAYOUT-43",
    title: "calls fail with LAYOUT_INVALID if imageLayoutVersion is not 1.0.0, and change nothing",
    level: "MUST",
    cites: [clause(25, "version"), imageSpec("image-layout.md#oci-layout-file")],
    needsLayout,
    needsReopen,
    why: "the meaning of other versions is unknown",
    lookFor: "an oci-layout file that is not read",
    run: async (context) => {
      await pushArtifact(context.registry, "one", ["a"]);
      for (const header of ['{"imageLayoutVersion":"2.0.0"}', '{"imageLayoutVersion":1}', "{}"]) {
        await putFile(context.layoutDirectory(repo), "oci-layout", header);
        await isRefused(context);
      }
    },
  },
];

/** Fails unless another registry rejects all reads and writes of the layout and leaves it unchanged. */
export async function isRefused({ reopen, layoutDirectory }: CaseContext): Promise<void> {
  const before = await readParts(layoutDirectory(repo));
  const registry = await reopen();
  await rejects(() => listTags(registry), "LAYOUT_INVALID");
  await rejects(() => registry.resolveTag(repo, "a"), "LAYOUT_INVALID");
  await rejects(() => registry.getManifest(repo, nowhere), "LAYOUT_INVALID");
  await rejects(
    () => registry.pushManifest(repo, bytes("m"), "application/x-a", { tags: ["b"] }),
    "LAYOUT_INVALID",
  );
  await rejects(() => pushArtifact(registry, "two", ["b"]), "LAYOUT_INVALID");
  equal(await readParts(layoutDirectory(repo)), before, "the files of the layout");
}
