import { collect, isRegistryError } from "@ocilayout/oci-types";
import { emptyDescriptor } from "@ocilayout/oci-types";

import { artifact, emptyBlob, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, holds, resolves } from "../../case/context.ts";
import { bytes, imageManifest, letPass, other, pushText, repo } from "../../case/content.ts";

const type = "application/x-a";

/** What holds where many do something at once. */
export const togetherCases: readonly ConformanceCase[] = [
  {
    id: "TOGETHER-01",
    title: "pushes at once lose no tag",
    level: "MUST",
    cites: [clause(26, "lossless")],
    why: "builds run in parallel",
    lookFor: "a list that is read, changed and written back without a lock",
    run: async ({ registry }) => {
      const tags = Array.from({ length: 20 }, (_, i) => `t${String(i).padStart(2, "0")}`);
      await Promise.all(tags.map((tag) => registry.pushManifest(repo, bytes(tag), type, { tags: [tag] })));
      equal(await collect(registry.tags(repo)), tags, "the tags");
    },
  },
  {
    id: "TOGETHER-02",
    title: "of many that want to be first one is",
    level: "MUST",
    cites: [clause(15, "transaction")],
    needs: ["conditionalTags"],
    why: "this is what a precondition is for",
    lookFor: "a condition that is checked before, and not together with, the change",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const pushes = Array.from({ length: 10 }, (_, i) =>
        registry.pushManifest(repo, bytes(`m${i}`), type, { tags: ["t"], ifNoneMatch: "*" }),
      );
      const results = await Promise.allSettled(pushes);
      const first = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.digest] : []));
      equal(first.length, 1, "how many were first");
      equal((await registry.resolveTag(repo, "t")).digest, first[0], "what the tag points at");
      const others = results.flatMap((result) =>
        result.status === "rejected" ? [isRegistryError(result.reason, "PRECONDITION_FAILED")] : [],
      );
      equal(others.every(Boolean), true, "whether all others were rejected with PRECONDITION_FAILED");
    },
  },
  {
    id: "TOGETHER-03",
    title: "no change that was made on a condition is overwritten",
    level: "MUST",
    cites: [clause(15, "transaction")],
    needs: ["conditionalTags"],
    why: "read, change, write back if nobody else did: this is how counters, locks and catalogues are kept",
    lookFor: "a condition that is checked before, and not together with, the change",
    run: async ({ registry }) => {
      await registry.pushManifest(repo, bytes("0"), type, { tags: ["t"] });
      const increment = async (): Promise<void> => {
        for (let attempt = 0; attempt < 100; attempt += 1) {
          const reader = await registry.getTag(repo, "t");
          const next = Number(await reader.text()) + 1;
          try {
            await registry.pushManifest(repo, bytes(String(next)), type, {
              tags: ["t"],
              ifMatch: reader.descriptor.digest,
            });
            return;
          } catch (error) {
            if (!isRegistryError(error, "PRECONDITION_FAILED")) throw error;
          }
        }
        holds(
          false,
          "one of a hundred attempts to succeed, where others made sixteen changes at most",
          "PRECONDITION_FAILED each time",
        );
      };
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          for (let i = 0; i < 4; i += 1) await increment();
        }),
      );
      equal(
        await (await registry.getTag(repo, "t")).text(),
        "16",
        "the counter, which four incremented four times",
      );
    },
  },
  {
    id: "TOGETHER-04",
    title: "a blob is not deleted while a manifest that needs it is pushed",
    level: "MUST",
    cites: [clause(15, "transaction"), clause(16, "blob")],
    needs: ["deleteBlob", "checksReferences"],
    why: "both would succeed, and the image could not be pulled",
    lookFor: "references that are checked before, and not together with, the change",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      for (let i = 0; i < 8; i += 1) {
        const layer = await pushText(registry, `layer ${i}`);
        const document = {
          schemaVersion: 2,
          mediaType: imageManifest,
          config: emptyDescriptor,
          layers: [layer.descriptor],
        };
        const push = (): Promise<unknown> =>
          registry.pushManifest(repo, bytes(JSON.stringify(document)), imageManifest, { tags: [`t${i}`] });
        const remove = (): Promise<unknown> => registry.deleteBlob(repo, layer.descriptor.digest);
        const [first, second] = await Promise.allSettled(
          i % 2 === 0 ? [push(), remove()] : [remove(), push()],
        );
        const both = first.status === "fulfilled" && second.status === "fulfilled";
        holds(!both, "the push or the deletion to be refused", "both succeeded");
        const neither = first.status === "rejected" && second.status === "rejected";
        holds(
          !neither,
          "the push or the deletion to succeed",
          neither ? [first.reason, second.reason] : undefined,
        );
      }
    },
  },
  {
    id: "TOGETHER-05",
    title: "a child is not deleted while its index is pushed",
    level: "MUST",
    cites: [clause(15, "transaction"), clause(16, "contained")],
    needs: ["deleteManifest", "checksReferences"],
    why: "both would succeed, and the index would list what is not there",
    lookFor: "references that are checked before, and not together with, the change",
    run: async ({ registry }) => {
      for (let i = 0; i < 8; i += 1) {
        const child = await artifact({ artifactType: "a/b", annotations: { i: String(i) } });
        const list = await index([child]);
        await pushContent(registry, repo, child);
        const push = (): Promise<unknown> =>
          registry.pushManifest(repo, list.content, list.descriptor.mediaType, { tags: [`t${i}`] });
        const remove = (): Promise<unknown> => registry.deleteManifest(repo, child.descriptor.digest);
        const [first, second] = await Promise.allSettled(
          i % 2 === 0 ? [push(), remove()] : [remove(), push()],
        );
        const isThere = await registry.resolveManifest(repo, child.descriptor.digest).then(
          () => true,
          () => false,
        );
        const isListed = await registry.resolveTag(repo, `t${i}`).then(
          () => true,
          () => false,
        );
        holds(isThere || !isListed, "no index of what is not there", [first.status, second.status]);
      }
    },
  },
  {
    id: "TOGETHER-06",
    title: "tags are pushed and deleted at once, and none is lost or left",
    level: "MUST",
    cites: [clause(26, "lossless")],
    needs: ["deleteTag"],
    why: "releases are made and old ones removed at the same time",
    lookFor: "a list that is read, changed and written back without a lock",
    run: async ({ registry }) => {
      const names = (letter: string): string[] => Array.from({ length: 8 }, (_, i) => `${letter}${i}`);
      for (const tag of names("old")) await registry.pushManifest(repo, bytes(tag), type, { tags: [tag] });
      const deletions = names("old").map((tag) => registry.deleteTag(repo, tag));
      const pushes = names("new").map((tag) =>
        registry.pushManifest(repo, bytes(tag), type, { tags: [tag] }),
      );
      await resolves(
        () => Promise.all([...deletions, ...pushes]),
        "eight pushes and eight deletions at once",
      );
      equal(await collect(registry.tags(repo)), names("new"), "the tags");
    },
  },
  {
    id: "TOGETHER-07",
    title: "a tag that is moved is not deleted on a condition that held before",
    level: "MUST",
    cites: [clause(15, "transaction")],
    needs: ["conditionalTags", "deleteTag"],
    why: "who deletes what is old would delete what is new",
    lookFor: "a condition that is checked before, and not together with, the change",
    run: async ({ registry }) => {
      for (let i = 0; i < 8; i += 1) {
        const { digest } = await registry.pushManifest(repo, bytes(`old ${i}`), type, { tags: ["t"] });
        const remove = (): Promise<unknown> => registry.deleteTag(repo, "t", { ifMatch: digest });
        const move = (): Promise<unknown> =>
          registry.pushManifest(repo, bytes(`new ${i}`), type, { tags: ["t"] });
        await Promise.allSettled(i % 2 === 0 ? [remove(), move()] : [move(), remove()]);
        equal(
          await resolves(async () => (await registry.getTag(repo, "t")).text(), "the tag that was moved"),
          `new ${i}`,
          "what the tag points at",
        );
      }
    },
  },
  {
    id: "TOGETHER-08",
    title: "what is pushed to two repositories at once is in both, with its tag",
    level: "MUST",
    cites: [clause(26, "lossless")],
    why: "a release goes to several repositories at the same moment",
    lookFor: "pushes that wait for each other, told apart by their tag or by their content alone",
    run: async ({ registry }) => {
      const places = [repo, other, `${repo}/below`, `${other}/below`];
      for (let i = 0; i < 4; i += 1) {
        const pushes = places.map((place) =>
          registry.pushManifest(place, bytes(`of all ${i}`), type, { tags: i % 2 === 0 ? [`t${i}`] : [] }),
        );
        const [{ digest } = { digest: "" }] = await resolves(
          () => Promise.all(pushes),
          "a push to each of four repositories, at once",
        );
        for (const place of places) {
          await resolves(() => registry.resolveManifest(place, digest), `the manifest in ${place}`);
          if (i % 2 === 0)
            equal(
              (await resolves(() => registry.resolveTag(place, `t${i}`), `the tag in ${place}`)).digest,
              digest,
              "what it points at",
            );
        }
      }
    },
  },
  {
    id: "TOGETHER-09",
    title: "a tag that is moved in two repositories at once is moved in both",
    level: "MUST",
    cites: [clause(15, "together"), clause(26, "lossless")],
    why: '"latest" is a tag of every repository',
    lookFor:
      "what a tag points at, looked up among the changes that are made together without the repository",
    run: async ({ registry }) => {
      for (let i = 0; i < 4; i += 1) {
        const move = (place: string): Promise<unknown> =>
          registry.pushManifest(place, bytes(`${place} ${i}`), type, { tags: ["latest"] });
        await resolves(
          () => Promise.all([repo, other].map(move)),
          "a push to each of two repositories, at once",
        );
        for (const place of [repo, other]) {
          equal(await collect(registry.tags(place)), ["latest"], `the tags of ${place}`);
          equal(
            await (await registry.getTag(place, "latest")).text(),
            `${place} ${i}`,
            `what latest points at in ${place}`,
          );
        }
      }
    },
  },
  {
    id: "TOGETHER-10",
    title: "an abort ends the push that it is for, and no other",
    level: "MUST",
    cites: [clause(2, "others"), clause(26, "lossless")],
    why: "one client that goes away must not take others with it",
    lookFor: "changes that are made together and given up together",
    run: async ({ registry }) => {
      const reason = new Error("given up by the case");
      const content = bytes("stored before, so that only the tags are left to be changed");
      await registry.pushManifest(repo, content, type);
      for (let round = 0; round < 12; round += 1) {
        const controller = new AbortController();
        // Whose push comes first must not matter.
        const kinds = round % 2 === 0 ? ["given-up", "kept"] : ["kept", "given-up"];
        const pushes = Array.from({ length: 8 }, (_, i) => ({
          tag: `${kinds[i % 2] ?? ""}-${round}-${i}`,
          signal: kinds[i % 2] === "kept" ? undefined : controller.signal,
        }));
        const pushing = Promise.allSettled(
          pushes.map(({ tag, signal }) =>
            registry.pushManifest(repo, content, type, { tags: [tag], signal }),
          ),
        );
        await letPass(Math.floor(round / 2));
        controller.abort(reason);
        const outcomes = await pushing;
        for (const [i, outcome] of outcomes.entries()) {
          if (outcome.status === "fulfilled") continue;
          holds(pushes[i]?.signal !== undefined, "a push that nobody gave up to be made", outcome.reason);
          holds(
            outcome.reason === reason,
            "a push that was given up to be rejected with the signal's reason, itself",
            outcome.reason,
          );
        }
        const tags = new Set(await collect(registry.tags(repo)));
        const lost = pushes.filter(({ tag }, i) => outcomes[i]?.status === "fulfilled" && !tags.has(tag));
        equal(
          lost.map(({ tag }) => tag),
          [],
          "tags of pushes that resolved which are not there",
        );
      }
    },
  },
];
