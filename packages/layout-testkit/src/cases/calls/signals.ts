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
import { absent, bytes, letPass, nowhere, pushArtifact, pushText, repo } from "../../case/content.ts";
import { everyCall } from "../../case/every-call.ts";

const reason = new Error("nobody waits");

/** What an aborted signal ends, and what it does not. */
export const signalCases: readonly ConformanceCase[] = [
  {
    id: "SIGNAL-02",
    title: "a push that is aborted half-way leaves nothing",
    level: "MUST",
    cites: [clause(2, "during")],
    why: "half a blob under a whole one's name is damage",
    lookFor: "a signal that is only looked at in the beginning",
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
      await resolves(() => registry.pushBlob(repo, descriptor, bytes("hello world")), "another push of it");
    },
  },
  {
    id: "SIGNAL-90",
    title: "a signal that is null counts as absent in every call",
    level: "MUST",
    cites: [clause(1, "signal")],
    why: "fetch() takes null, and what is passed on from there must not end in an error half-way",
    lookFor: "signal !== undefined; requireSignal() of oci-types answers undefined for null",
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
          `${name} to go as it goes without a signal`,
          outcome,
        );
      }
      await reads(await registry.getBlob(repo, descriptor.digest, { signal }), content, "the content");
      await reads(
        await registry.getBlobRange(repo, descriptor.digest, { start: 1 }, { signal }),
        bytes("ello"),
        "bytes from 1",
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
      await resolves(() => registry.pushBlob(repo, descriptor, content, { signal }), "a push");
      await resolves(
        () => registry.pushManifest(repo, bytes("two"), "application/x-a", { tags: ["u"], signal }),
        "a push of a manifest",
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
    title: "an object that is no signal is a TypeError, before anything is opened",
    level: "MUST",
    cites: [clause(1, "signal")],
    why: "a call that fails when its file or session is open keeps it open",
    lookFor:
      "a signal that is first used when there is something to end; ask requireSignal() of oci-types at the beginning of every call",
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
      equal(await registry.resolveTag(repo, "t"), one, "the tag, as it was");
      await resolves(() => registry.resolveBlob(repo, descriptor.digest), "the blob, as it was");
      if (session === undefined) return;
      const writer = await resolves(
        () => registry.pushBlobChunkedResume(repo, session.id),
        "the session, which nobody has",
      );
      await writer.cancel();
    },
  },
  {
    id: "SIGNAL-03",
    title: "an abort ends a push whose source gives nothing",
    level: "MUST",
    cites: [clause(2, "during")],
    why: "a client that stopped sending must not be waited for",
    lookFor: "a signal that is looked at between chunks only",
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
        equal(left, i + 1, "how many of the sources were left: by return(), and by cancel()");
        await rejects(() => registry.resolveBlob(repo, descriptor.digest), ...absent.blob);
      }
    },
  },
  {
    id: "SIGNAL-04",
    title: "an abort ends the reader that the call gave",
    level: "MUST",
    cites: [clause(2, "life")],
    why: "a request that is over must not go on reading",
    lookFor: "a signal that is forgotten once there is a reader; createBlobReader() of oci-types takes one",
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
    title: "an abort ends a list that has begun",
    level: "MUST",
    cites: [clause(2, "life")],
    why: "a request that is over must not go on listing",
    lookFor: "a signal that is only looked at in the beginning",
    run: async ({ registry, promises }) => {
      const subject = { mediaType: "application/x-a", digest: nowhere, size: 7 };
      for (const name of ["x", "y", "z"]) await pushArtifact(registry, name, [name], subject);
      await registry.pushManifest("conformance/b", bytes("b"), "application/x-a", { tags: ["t"] });
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
    title: "an abort ends a writer, and its session can be gone on with",
    level: "MUST",
    cites: [clause(2, "life"), clause(9)],
    needs: ["resumableUploads"],
    why: "a dropped connection must not cost what was sent, nor keep the session",
    lookFor: "a session that a dead writer still has",
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
        "the session, as it was before the abort",
      );
      another.abort(reason);
      await rejectsAborted(() => resumed.write(bytes("there")), reason);
      const next = await resolves(
        () => registry.pushBlobChunkedResume(repo, writer.id, { offset: 6 }),
        "the session, as it was before the second abort",
      );
      await next.write(bytes("world"));
      await resolves(() => next.commit(descriptor.digest), "the commit of the rest");
    },
  },
  {
    id: "SIGNAL-07",
    title: "an aborted push of a manifest was made or was not made",
    level: "MUST",
    cites: [clause(2, "during")],
    why: "who is told that nothing happened will try again",
    lookFor: "a signal that is looked at after the change",
    run: async ({ registry }) => {
      for (let delay = 0; delay < 12; delay += 1) {
        const controller = new AbortController();
        const tag = `t${delay}`;
        const pushing = registry.pushManifest(repo, bytes(tag), "application/x-a", {
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
          "a push that is made, or rejected with the signal's reason",
          made,
        );
        const visible = await registry.resolveTag(repo, tag).then(
          () => "made",
          () => reason,
        );
        equal(visible === made, true, `whether ${tag} is there where its push resolved, and only there`);
      }
    },
  },
  {
    id: "SIGNAL-08",
    title: "an abort when all is done changes nothing",
    level: "MUST",
    cites: [clause(2, "after")],
    why: "servers abort every request's signal in the end",
    lookFor: "a listener that is left on the signal and undoes something",
    run: async ({ registry, promises }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const { descriptor, content } = await blob("hello");
      await registry.pushBlob(repo, descriptor, content, { signal });
      const { digest } = await registry.pushManifest(repo, bytes("a manifest"), "application/x-a", {
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
      await reads(await registry.getBlob(repo, descriptor.digest), content, "the content");
      equal((await registry.resolveTag(repo, "t")).digest, digest, "what the tag points at");
      equal(await collect(registry.tags(repo)), ["t"], "the tags");
      if (promises("resumableUploads"))
        await reads(
          await registry.getBlob(repo, uploaded.descriptor.digest),
          uploaded.content,
          "what was uploaded",
        );
    },
  },
  {
    id: "SIGNAL-09",
    title: "a push that is refused before it begins leaves its source",
    level: "MUST",
    cites: [clause(2, "before"), rule("content")],
    why: "a source that is not left keeps its file or connection open",
    lookFor: "a check in front of the reading that throws and forgets the source: end it in a finally",
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
        await rejection(() => refuse(source), "a refusal");
        equal(isCancelled, true, "whether the stream was cancelled");
      }
    },
  },
];
