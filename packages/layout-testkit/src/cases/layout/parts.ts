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
const overwrites = 'an error of reading that is taken for "there is nothing yet"';

/** What a registry takes for a layout. */
export const layoutPartCases: readonly ConformanceCase[] = [
  {
    id: "LAYOUT-36",
    title: "an index.json that lacks a member, or has null for its entries, is one without entries",
    level: "MUST",
    cites: [clause(22, "lenient")],
    needsLayout,
    needsReopen,
    why: "real tools write such files",
    lookFor: "a check against the letter of the specification",
    run: async ({ reopen, layoutDirectory }) => {
      for (const [i, index] of [
        '{"manifests":null}',
        "{}",
        '{"schemaVersion":2}',
        '{ "manifests" : [ ] }\n',
      ].entries()) {
        await putIndex(layoutDirectory(repo), index);
        const registry = await reopen();
        equal(await resolves(() => listTags(registry), `the tags of ${index}`), [], `the tags of ${index}`);
        const content = bytes(`m${i}`);
        await resolves(
          () => registry.pushManifest(repo, content, "application/x-a", { tags: ["t"] }),
          `a push to ${index}`,
        );
        await reads(await (await reopen()).getTag(repo, "t"), content, "what was pushed");
      }
    },
  },
  ...(
    [
      [
        "LAYOUT-37",
        "no index.json beside an empty blobs",
        async (directory: string) => {
          await mkdir(join(directory, "blobs"), { recursive: true });
          await putFile(directory, "oci-layout", '{"imageLayoutVersion":"1.0.0"}');
        },
      ],
      [
        "LAYOUT-38",
        "no blobs beside an index.json without entries",
        async (directory: string) => {
          await putIndex(directory, '{"schemaVersion":2,"manifests":[]}');
          await rm(join(directory, "blobs"), { recursive: true });
        },
      ],
    ] as const
  ).map(([id, lacks, write]): ConformanceCase => ({
    id,
    title: `where there is ${lacks}, a layout is unfinished: the next write completes it`,
    level: "MUST",
    cites: [clause(25, "unfinished")],
    needsLayout,
    needsReopen,
    why: "a first write that was killed, or a tool that drops empty directories, leaves this, and nothing is lost",
    lookFor: "every missing part taken for damage",
    run: async ({ reopen, layoutDirectory }) => {
      await write(layoutDirectory(repo));
      const registry = await reopen();
      equal(await resolves(() => listTags(registry), "the tags"), [], "the tags");
      await resolves(() => pushArtifact(registry, "one", ["a"]), "a push");
      await areWhole(layoutDirectory(repo));
    },
  })),
  {
    id: "LAYOUT-39",
    title:
      "an index.json that is not one JSON object, or has two lists of manifests, is LAYOUT_INVALID, and stays",
    level: "MUST",
    cites: [clause(22, "rejected")],
    needsLayout,
    needsReopen,
    why: "what is left of the file is all that is left of the names",
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
    title: `a layout that lost its ${part} is LAYOUT_INVALID, and stays as it is`,
    level: "MUST",
    cites: [clause(25, "damage")],
    needsLayout,
    needsReopen,
    why: "who takes damage for an empty layout writes over what could be saved",
    lookFor: overwrites,
    run: async (context) => {
      await pushArtifact(context.registry, "one", ["a"]);
      await rm(join(context.layoutDirectory(repo), part), { recursive: true });
      await isRefused(context);
    },
  })),
  {
    id: "LAYOUT-43",
    title: "a layout of another version is LAYOUT_INVALID, and stays as it is",
    level: "MUST",
    cites: [clause(25, "version"), imageSpec("image-layout.md#oci-layout-file")],
    needsLayout,
    needsReopen,
    why: "nobody knows what another version means",
    lookFor: "an oci-layout that is not read, or only written",
    run: async (context) => {
      await pushArtifact(context.registry, "one", ["a"]);
      for (const header of ['{"imageLayoutVersion":"2.0.0"}', '{"imageLayoutVersion":1}', "{}"]) {
        await putFile(context.layoutDirectory(repo), "oci-layout", header);
        await isRefused(context);
      }
    },
  },
];

/** Fails unless another registry refuses to read and to write the layout, and leaves it as it is. */
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
  equal(await readParts(layoutDirectory(repo)), before, "what is on disk");
}
