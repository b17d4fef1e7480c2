import type { BlobReader } from "@ocilayout/oci-types";
import { collect, isRegistryError } from "@ocilayout/oci-types";

import { blob } from "../../content/index.ts";
import type { ConformanceCase } from "../../case/case.ts";
import { clause, rule } from "../../case/cites.ts";
import {
  equal,
  holds,
  reads,
  rejection,
  rejects,
  rejectsAborted,
  rejectsWith,
  resolves,
} from "../../case/context.ts";
import {
  bytes,
  letPass,
  nowhere,
  pushArtifact,
  pushText,
  repo,
  emptyList,
  absent,
  populate,
} from "../../case/content.ts";
import { everyCall } from "../../case/every-call.ts";

const reason = new Error("aborted by the case");

/** Aborted signals. */
export const signalCases: readonly ConformanceCase[] = [
  {
    id: "SIGNAL-02",
    title: "an aborted push stores nothing",
    level: "MUST",
    cites: [clause(2, "during")],
    why: "an incomplete blob under a valid digest is corrupt",
    lookFor: "a signal that is checked only at the start",
    run: async ({ registry }) => {
      const controller = new AbortController();
      const { descriptor } = await blob("hello world");
      const source = (async function* () {
        yield bytes("hello ");
        controller.abort(reason);
        await Promise.resolve();
        yield bytes("world");
      })();
      await rejectsAborted(
        () => registry.pushBlob(repo, descriptor, source, { signal: controller.signal }),
        reason,
      );
      await rejects(() => registry.resolveBlob(repo, descriptor.digest), ...absent.blob);
      await resolves(() => registry.pushBlob(repo, descriptor, bytes("hello world")), "a repeated push");
    },
  },
  {
    id: "SIGNAL-90",
    title: "every call accepts a null signal",
    level: "MUST",
    cites: [clause(1, "signal")],
    why: "fetch() accepts null, and callers pass the same options on",
    lookFor: "a comparison signal !== undefined; requireSignal() of oci-types returns undefined for null",
    run: async (context) => {
      const { registry, promises } = context;
      const signal = null as unknown as undefined;
      const { descriptor, content } = await pushText(registry, "hello");
      const { digest } = await pushArtifact(registry, "one", ["t"]);
      for (const { name, needs, run } of everyCall) {
        if (needs !== undefined && !promises(needs)) continue;
        const outcome = await run(registry, {
          repo: "conformance/nowhere",
          digest: nowhere,
          tag: "t",
          signal,
        }).then(
          () => undefined,
          (error: unknown) => error,
        );
        holds(
          outcome === undefined || isRegistryError(outcome),
          `${name} to behave as without a signal`,
          outcome,
        );
      }
      await reads(await registry.getBlob(repo, descriptor.digest, { signal }), content, "the content");
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, { start: 1 }, { signal }),
        bytes("ello"),
        "the bytes from 1",
      );
      for (const reader of [
        await registry.getManifest(repo, digest, { signal }),
        await registry.getTag(repo, "t", { signal }),
      ]) {
        equal(
          ((await reader.json()) as { annotations: unknown }).annotations,
          { name: "one" },
          "the document's annotations",
        );
      }
      await resolves(
        () => registry.pushBlob(repo, descriptor, content, { signal }),
        "a push with a null signal",
      );
      await resolves(
        () => registry.pushManifest(repo, ...emptyList("two"), { tags: ["u"], signal }),
        "a manifest push with a null signal",
      );
      equal(await collect(registry.tags(repo, { signal })), ["t", "u"], "the tags");
      if (!promises("resumableUploads")) return;
      const first = await registry.pushBlobChunked(repo, { signal });
      await first.write(bytes("hel"));
      await first.close();
      const second = await registry.pushBlobChunkedResume(repo, first.id, { offset: 3, signal });
      await second.write(bytes("lo"));
      await resolves(() => second.commit(descriptor.digest), "the commit of the upload");
    },
  },
  {
    id: "SIGNAL-91",
    title: "every call throws a TypeError for an invalid signal before it opens anything",
    level: "MUST",
    cites: [clause(1, "signal")],
    why: "a call that fails after it opened a file or session leaves it open",
    lookFor:
      "a signal that is first used when it is needed; call requireSignal() of oci-types at the start of every call",
    run: async ({ registry, promises }) => {
      const { descriptor } = await pushText(registry, "hello");
      const one = await pushArtifact(registry, "one", ["t"]);
      const session = promises("resumableUploads") ? await registry.pushBlobChunked(repo) : undefined;
      await session?.close();
      for (const wrong of [
        {},
        { aborted: false },
        { aborted: true, reason: 1 },
        { aborted: false, throwIfAborted: () => undefined },
        "abort",
        0,
        new AbortController(),
      ] as unknown[] as AbortSignal[]) {
        for (const { needs, run } of everyCall) {
          if (needs !== undefined && !promises(needs)) continue;
          await rejectsWith(
            () => run(registry, { repo, digest: descriptor.digest, tag: "t", signal: wrong }),
            TypeError,
          );
        }
        if (session !== undefined)
          await rejectsWith(
            () => registry.pushBlobChunkedResume(repo, session.id, { signal: wrong }),
            TypeError,
          );
      }
      equal(await registry.resolveTag(repo, "t"), one, "the tag's manifest");
      await resolves(
        () => registry.resolveBlob(repo, descriptor.digest),
        "resolveBlob after the rejected calls",
      );
      if (session === undefined) return;
      const writer = await resolves(
        () => registry.pushBlobChunkedResume(repo, session.id),
        "resuming the session, which has no writer",
      );
      await writer.cancel();
    },
  },
  {
    id: "SIGNAL-03",
    title: "an abort ends a push while its source is silent",
    level: "MUST",
    cites: [clause(2, "during")],
    why: "a server must not wait for a client that stopped sending",
    lookFor: "a signal that is checked only between chunks",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      let left = 0;
      const silent: AsyncIterator<Uint8Array> = {
        next: () => new Promise(() => undefined),
        return: async () => {
          left += 1;
          return { done: true, value: undefined };
        },
      };
      const stream: ReadableStream<Uint8Array> = new ReadableStream({
        pull: () => new Promise<void>(() => undefined),
        cancel: () => {
          left += 1;
        },
      });
      for (const [i, source] of [{ [Symbol.asyncIterator]: () => silent }, stream].entries()) {
        const controller = new AbortController();
        const pushed = registry.pushBlob(repo, descriptor, source, { signal: controller.signal });
        const settled = rejectsAborted(() => pushed, reason);
        controller.abort(reason);
        await settled;
        equal(left, i + 1, "the number of sources closed by return() or cancel()");
        await rejects(() => registry.resolveBlob(repo, descriptor.digest), ...absent.blob);
      }
    },
  },
  {
    id: "SIGNAL-04",
    title: "an abort ends reading",
    level: "MUST",
    cites: [clause(2, "life")],
    why: "an aborted request must not continue to read",
    lookFor: "a signal that the reader does not observe; createBlobReader() of oci-types accepts one",
    run: async ({ registry }) => {
      const { descriptor } = await pushText(registry, "hello");
      const { digest } = await pushArtifact(registry, "one", ["t"]);
      const opening = [
        (signal: AbortSignal) => registry.getBlob(repo, descriptor.digest, { signal }),
        (signal: AbortSignal) => registry.getBlobRange(repo, descriptor.digest, { start: 1 }, { signal }),
        (signal: AbortSignal) => registry.getManifest(repo, digest, { signal }),
        (signal: AbortSignal) => registry.getTag(repo, "t", { signal }),
      ];
      const reading = [
        (reader: BlobReader): Promise<unknown> => reader.bytes(),
        (reader: BlobReader): Promise<unknown> => collect(reader),
        (reader: BlobReader): Promise<unknown> => collect(reader.stream()),
      ];
      for (const open of opening) {
        for (const read of reading) {
          const controller = new AbortController();
          const reader = await open(controller.signal);
          controller.abort(reason);
          await rejectsAborted(async () => read(reader), reason);
        }
      }
    },
  },
  {
    id: "SIGNAL-05",
    title: "an abort ends a list that has started",
    level: "MUST",
    cites: [clause(2, "life")],
    why: "an aborted request must not continue to list",
    lookFor: "a signal that is checked only at the start",
    run: async ({ registry, promises }) => {
      const subject = { mediaType: "application/x-a", digest: nowhere, size: 7 };
      for (const name of ["x", "y", "z"]) await pushArtifact(registry, name, [name], subject);
      await populate(registry, "conformance/b");
      const lists = [
        (signal: AbortSignal): AsyncIterable<unknown> => registry.tags(repo, { signal }),
        ...(promises("referrers")
          ? [(signal: AbortSignal): AsyncIterable<unknown> => registry.referrers(repo, nowhere, { signal })]
          : []),
        ...(promises("repositories")
          ? [(signal: AbortSignal): AsyncIterable<unknown> => registry.repositories({ signal })]
          : []),
      ];
      for (const list of lists) {
        const controller = new AbortController();
        await rejectsAborted(async () => {
          for await (const item of list(controller.signal)) if (item !== undefined) controller.abort(reason);
        }, reason);
      }
    },
  },
  {
    id: "SIGNAL-06",
    title: "an abort closes a writer and keeps its session",
    level: "MUST",
    cites: [clause(2, "life"), clause(9)],
    needs: ["resumableUploads"],
    why: "a dropped connection must neither lose the bytes already sent nor block the session",
    lookFor: "a session that an aborted writer still holds",
    run: async ({ registry }) => {
      const controller = new AbortController();
      const { descriptor } = await blob("hello world");
      const writer = await registry.pushBlobChunked(repo, { signal: controller.signal });
      await writer.write(bytes("hello "));
      controller.abort(reason);
      await rejectsAborted(() => writer.write(bytes("there")), reason);
      await rejectsAborted(() => writer.commit(descriptor.digest), reason);
      const another = new AbortController();
      const resumed = await resolves(
        () => registry.pushBlobChunkedResume(repo, writer.id, { offset: 6, signal: another.signal }),
        "resuming the session after the abort",
      );
      another.abort(reason);
      await rejectsAborted(() => resumed.write(bytes("there")), reason);
      const next = await resolves(
        () => registry.pushBlobChunkedResume(repo, writer.id, { offset: 6 }),
        "resuming the session after the second abort",
      );
      await next.write(bytes("world"));
      await resolves(() => next.commit(descriptor.digest), "the commit of the upload");
    },
  },
  {
    id: "SIGNAL-07",
    title: "an aborted pushManifest either resolves and is visible, or rejects and changes nothing",
    level: "MUST",
    cites: [clause(2, "during")],
    why: "a client that receives an error will retry",
    lookFor: "a signal that is checked after the change",
    run: async ({ registry }) => {
      for (let delay = 0; delay < 12; delay += 1) {
        const controller = new AbortController();
        const tag = `t${delay}`;
        const pushing = registry.pushManifest(repo, ...emptyList(tag), {
          tags: [tag],
          signal: controller.signal,
        });
        const outcome = pushing.then(
          () => "made",
          (error: unknown) => error,
        );
        await letPass(delay);
        controller.abort(reason);
        const made = await outcome;
        holds(
          made === "made" || made === reason,
          "a push that resolves, or rejects with the signal's reason",
          made,
        );
        const visible = await registry.resolveTag(repo, tag).then(
          () => "made",
          () => reason,
        );
        equal(visible === made, true, `${tag} exists exactly if its push resolved`);
      }
    },
  },
  {
    id: "SIGNAL-10",
    title: "an aborted pushManifest applies all of its tags or none",
    level: "MUST",
    cites: [clause(2, "during"), clause(15, "together")],
    needs: ["atomicTags"],
    why: "a release has several tags, and half a release is worse than none",
    lookFor: "tags that are applied one after the other, with a pause or a check of the signal between them",
    run: async ({ registry }) => {
      for (let delay = 0; delay < 12; delay += 1) {
        const controller = new AbortController();
        const tags = ["a", "b", "c"].map((name) => `${name}${delay}`);
        const pushing = registry.pushManifest(repo, ...emptyList(String(delay)), {
          tags,
          signal: controller.signal,
        });
        const settled = pushing.then(
          () => undefined,
          () => undefined,
        );
        await letPass(delay);
        controller.abort(new Error("aborted by the case"));
        await settled;
        const found = await Promise.allSettled(tags.map((tag) => registry.resolveTag(repo, tag)));
        const states = new Set(found.map(({ status }) => status));
        equal(states.size, 1, `the number of different outcomes for the tags ${tags.join(", ")}`);
      }
    },
  },
  {
    id: "SIGNAL-08",
    title: "an abort after a call has finished changes nothing",
    level: "MUST",
    cites: [clause(2, "after")],
    why: "servers abort the signal of every request at its end",
    lookFor: "an abort listener that is not removed and undoes the change",
    run: async ({ registry, promises }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const { descriptor, content } = await blob("hello");
      await registry.pushBlob(repo, descriptor, content, { signal });
      const { digest } = await registry.pushManifest(repo, ...emptyList("a manifest"), {
        tags: ["t"],
        signal,
      });
      const reader = await registry.getBlob(repo, descriptor.digest, { signal });
      await reads(reader, content, "the content");
      const uploaded = await blob("uploaded");
      if (promises("resumableUploads")) {
        const writer = await registry.pushBlobChunked(repo, { signal });
        await writer.write(uploaded.content);
        await writer.commit(uploaded.descriptor.digest);
      }
      controller.abort(reason);
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content after the abort");
      equal((await registry.resolveTag(repo, "t")).digest, digest, "the digest of the tag after the abort");
      equal(await collect(registry.tags(repo)), ["t"], "the tags after the abort");
      if (promises("resumableUploads"))
        await reads(
          await registry.getBlob(repo, uploaded.descriptor.digest),
          uploaded.content,
          "the uploaded content after the abort",
        );
    },
  },
  {
    id: "SIGNAL-09",
    title: "a push rejected before reading closes its source",
    level: "MUST",
    cites: [clause(2, "before"), rule("content")],
    why: "an unclosed source keeps its file or connection open",
    lookFor: "a check that throws before the source is read: close the source in a finally block",
    run: async ({ registry }) => {
      const { descriptor } = await blob("hello");
      const refusals = [
        (source: ReadableStream<Uint8Array>) =>
          registry.pushBlob(repo, descriptor, source, { signal: AbortSignal.abort(reason) }),
        (source: ReadableStream<Uint8Array>) => registry.pushBlob("../x", descriptor, source),
        (source: ReadableStream<Uint8Array>) => registry.pushBlob(repo, { digest: "latest" }, source),
      ];
      for (const refuse of refusals) {
        let isCancelled = false;
        const source: ReadableStream<Uint8Array> = new ReadableStream({
          cancel: () => {
            isCancelled = true;
          },
        });
        await rejection(() => refuse(source), "an error");
        equal(isCancelled, true, "cancel() of the stream was called");
      }
    },
  },
];
