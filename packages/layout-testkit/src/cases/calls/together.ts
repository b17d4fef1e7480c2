import { collect, isRegistryError } from "@ocilayout/oci-types";
import { emptyDescriptor } from "@ocilayout/oci-types";

import { artifact, emptyBlob, index, pushContent } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause } from "../../case/cites.ts";
import { equal, holds, resolves } from "../../case/context.ts";
import {
  bytes,
  imageManifest,
  letPass,
  other,
  pushText,
  repo,
  emptyList,
  nameIn,
} from "../../case/content.ts";

/** Concurrent calls. */
export const togetherCases: readonly ConformanceCase[] = [
  {
    id: "TOGETHER-01",
    title: "concurrent pushes keep every tag",
    level: "MUST",
    cites: [clause(26, "lossless")],
    why: "builds run in parallel",
    lookFor: "a list that is read, changed and written back without a lock",
    run: async ({ registry }) => {
      const tags = Array.from({ length: 20 }, (_, i) => `t${String(i).padStart(2, "0")}`);
      await Promise.all(tags.map((tag) => registry.pushManifest(repo, ...emptyList(tag), { tags: [tag] })));
      equal(await collect(registry.tags(repo)), tags, "the tags");
    },
  },
  {
    id: "TOGETHER-02",
    title: "exactly one of several concurrent pushes with ifNoneMatch succeeds",
    level: "MUST",
    cites: [clause(15, "transaction")],
    needs: ["conditionalTags"],
    why: "a precondition exists to decide between concurrent writers",
    lookFor: "a precondition checked outside the transaction that makes the change",
    run: async ({ registry }) => {
      await pushContent(registry, repo, emptyBlob);
      const pushes = Array.from({ length: 10 }, (_, i) =>
        registry.pushManifest(repo, ...emptyList(`m${i}`), { tags: ["t"], ifNoneMatch: "*" }),
      );
      const results = await Promise.allSettled(pushes);
      const first = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.digest] : []));
      equal(first.length, 1, "the number of pushes that succeeded");
      equal((await registry.resolveTag(repo, "t")).digest, first[0], "the digest of the tag");
      const others = results.flatMap((result) =>
        result.status === "rejected" ? [isRegistryError(result.reason, "PRECONDITION_FAILED")] : [],
      );
      equal(others.every(Boolean), true, "every other push rejected with PRECONDITION_FAILED");
    },
  },
  {
    id: "TOGETHER-03",
    title: "concurrent pushes with ifMatch never overwrite each other",
    level: "MUST",
    cites: [clause(15, "transaction")],
    needs: ["conditionalTags"],
    why: "clients keep counters, locks and catalogs by a read, a change and a conditional write",
    lookFor: "a precondition checked outside the transaction that makes the change",
    run: async ({ registry }) => {
      await registry.pushManifest(repo, ...emptyList("0"), { tags: ["t"] });
      const increment = async (): Promise<void> => {
        for (let attempt = 0; attempt < 100; attempt += 1) {
          const reader = await registry.getTag(repo, "t");
          const next = Number(await nameIn(reader)) + 1;
          try {
            await registry.pushManifest(repo, ...emptyList(String(next)), {
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
          "one of a hundred attempts to succeed, with at most sixteen changes by others",
          "PRECONDITION_FAILED each time",
        );
      };
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          for (let i = 0; i < 4; i += 1) await increment();
        }),
      );
      equal(
        await nameIn(await registry.getTag(repo, "t")),
        "16",
        "the counter after four clients incremented it four times each",
      );
    },
  },
  {
    id: "TOGETHER-04",
    title: "a blob is not deleted while a manifest that references it is pushed",
    level: "MUST",
    cites: [clause(15, "transaction"), clause(16, "blob")],
    needs: ["deleteBlob", "checksReferences", "deniesReferenced"],
    why: "if both succeed, the image cannot be pulled",
    lookFor: "references checked outside the transaction that makes the change",
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
        holds(!both, "the push or the deletion to fail", "both succeeded");
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
    needs: ["deleteManifest", "checksReferences", "deniesReferenced"],
    why: "if both succeed, the index lists a missing manifest",
    lookFor: "references checked outside the transaction that makes the change",
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
        holds(isThere || !isListed, "an index whose child exists", [first.status, second.status]);
      }
    },
  },
  {
    id: "TOGETHER-06",
    title: "concurrent pushes and deletions of tags all take effect",
    level: "MUST",
    cites: [clause(26, "lossless")],
    needs: ["deleteTag"],
    why: "a release may be pushed while an old one is deleted",
    lookFor: "a list that is read, changed and written back without a lock",
    run: async ({ registry }) => {
      const names = (letter: string): string[] => Array.from({ length: 8 }, (_, i) => `${letter}${i}`);
      for (const tag of names("old")) await registry.pushManifest(repo, ...emptyList(tag), { tags: [tag] });
      const deletions = names("old").map((tag) => registry.deleteTag(repo, tag));
      const pushes = names("new").map((tag) =>
        registry.pushManifest(repo, ...emptyList(tag), { tags: [tag] }),
      );
      await resolves(
        () => Promise.all([...deletions, ...pushes]),
        "eight concurrent pushes and eight deletions",
      );
      equal(await collect(registry.tags(repo)), names("new"), "the tags");
    },
  },
  {
    id: "TOGETHER-07",
    title: "deleteTag with ifMatch does not delete a tag that moved concurrently",
    level: "MUST",
    cites: [clause(15, "transaction")],
    needs: ["conditionalTags", "deleteTag"],
    why: "a client that deletes an old release would delete the new one",
    lookFor: "a precondition checked outside the transaction that makes the change",
    run: async ({ registry }) => {
      for (let i = 0; i < 8; i += 1) {
        const { digest } = await registry.pushManifest(repo, ...emptyList(`old ${i}`), { tags: ["t"] });
        const remove = (): Promise<unknown> => registry.deleteTag(repo, "t", { ifMatch: digest });
        const move = (): Promise<unknown> =>
          registry.pushManifest(repo, ...emptyList(`new ${i}`), { tags: ["t"] });
        await Promise.allSettled(i % 2 === 0 ? [remove(), move()] : [move(), remove()]);
        equal(
          await resolves(async () => nameIn(await registry.getTag(repo, "t")), "getTag of the moved tag"),
          `new ${i}`,
          "the content of the tag",
        );
      }
    },
  },
  {
    id: "TOGETHER-08",
    title: "a manifest pushed to several repositories at once is tagged in each",
    level: "MUST",
    cites: [clause(26, "lossless")],
    why: "a release may go to several repositories at once",
    lookFor: "concurrent pushes that are merged by tag or content alone, without the repository",
    run: async ({ registry }) => {
      const places = [repo, other, `${repo}/below`, `${other}/below`];
      for (let i = 0; i < 4; i += 1) {
        const pushes = places.map((place) =>
          registry.pushManifest(place, ...emptyList(`of all ${i}`), { tags: i % 2 === 0 ? [`t${i}`] : [] }),
        );
        const [{ digest } = { digest: "" }] = await resolves(
          () => Promise.all(pushes),
          "four concurrent pushes to four repositories",
        );
        for (const place of places) {
          await resolves(() => registry.resolveManifest(place, digest), `resolveManifest in ${place}`);
          if (i % 2 === 0)
            equal(
              (await resolves(() => registry.resolveTag(place, `t${i}`), `resolveTag in ${place}`)).digest,
              digest,
              "the digest of the tag",
            );
        }
      }
    },
  },
  {
    id: "TOGETHER-09",
    title: "a tag moved in two repositories at once is moved in both",
    level: "MUST",
    cites: [clause(15, "together"), clause(26, "lossless")],
    why: 'every repository may have a tag "latest"',
    lookFor: "pending changes of a tag that are looked up without the repository",
    run: async ({ registry }) => {
      for (let i = 0; i < 4; i += 1) {
        const move = (place: string): Promise<unknown> =>
          registry.pushManifest(place, ...emptyList(`${place} ${i}`), { tags: ["latest"] });
        await resolves(() => Promise.all([repo, other].map(move)), "concurrent pushes to two repositories");
        for (const place of [repo, other]) {
          equal(await collect(registry.tags(place)), ["latest"], `the tags of ${place}`);
          equal(
            await nameIn(await registry.getTag(place, "latest")),
            `${place} ${i}`,
            `the content of latest in ${place}`,
          );
        }
      }
    },
  },
  {
    id: "TOGETHER-10",
    title: "an abort ends only the push that it belongs to",
    level: "MUST",
    cites: [clause(2, "others"), clause(26, "lossless")],
    why: "a client that disconnects must not affect other clients",
    lookFor: "changes that are written together and aborted together",
    run: async ({ registry }) => {
      const reason = new Error("aborted by the case");
      // Stored before, so that only the tags are left to be changed.
      const content = emptyList("stored");
      await registry.pushManifest(repo, ...content);
      for (let round = 0; round < 12; round += 1) {
        const controller = new AbortController();
        // The order of the pushes must not matter.
        const kinds = round % 2 === 0 ? ["given-up", "kept"] : ["kept", "given-up"];
        const pushes = Array.from({ length: 8 }, (_, i) => ({
          tag: `${kinds[i % 2] ?? ""}-${round}-${i}`,
          signal: kinds[i % 2] === "kept" ? undefined : controller.signal,
        }));
        const pushing = Promise.allSettled(
          pushes.map(({ tag, signal }) => registry.pushManifest(repo, ...content, { tags: [tag], signal })),
        );
        await letPass(Math.floor(round / 2));
        controller.abort(reason);
        const outcomes = await pushing;
        for (const [i, outcome] of outcomes.entries()) {
          if (outcome.status === "fulfilled") continue;
          holds(pushes[i]?.signal !== undefined, "a push without a signal to succeed", outcome.reason);
          holds(
            outcome.reason === reason,
            "an aborted push to reject with the signal's own reason",
            outcome.reason,
          );
        }
        const tags = new Set(await collect(registry.tags(repo)));
        const lost = pushes.filter(({ tag }, i) => outcomes[i]?.status === "fulfilled" && !tags.has(tag));
        equal(
          lost.map(({ tag }) => tag),
          [],
          "the missing tags of successful pushes",
        );
      }
    },
  },
];
