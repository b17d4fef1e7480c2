import { octetStream, type BlobWriter, type Registry } from "@ocilayout/oci-types";
import { bytes, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { closeWriters, defineBackend, sameBackend, type UploadSession } from "../src/index.ts";
import { digest, session } from "./recording-backend.ts";

/** Creates a writer of a session that logs its calls. */
async function open(
  own: Partial<UploadSession> = {},
  options = {},
): Promise<{ writer: BlobWriter; log: string[] }> {
  const log: string[] = [];
  const registry = defineBackend({ startUpload: () => session(own, log) });
  return { writer: await registry.pushBlobChunked("a", options), log };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const over = { code: "BLOB_UPLOAD_UNKNOWN" };
const invalid = { code: "BLOB_UPLOAD_INVALID" };

// clause 9
describe("an upload writer", () => {
  it("has the id and the size of its session, and the chunk size of the caller", async () => {
    expect((await open()).writer).toMatchObject({ id: "one", size: 3, chunkSize: 1024 * 1024 });
    expect((await open({}, { chunkSize: 7 })).writer.chunkSize).toBe(7);
    expect((await open({}, { chunkSize: 0 })).writer.chunkSize).toBe(1024 * 1024);
  });

  it("calls its session one call at a time, in order, awaited or not", async () => {
    let running = 0;
    const order: string[] = [];
    const slowly = async (what: string): Promise<void> => {
      running += 1;
      expect(running).toBe(1);
      for (let i = 0; i < 5; i += 1) await Promise.resolve();
      order.push(what);
      running -= 1;
    };
    const { writer } = await open({
      write: (chunk) => slowly(new TextDecoder().decode(chunk)),
      commit: () => slowly("commit"),
    });
    const writes = ["a", "b", "c"].map((text) => writer.write(bytes(text)));
    expect(await writer.commit(digest)).toEqual({ mediaType: octetStream, digest, size: 3 });
    await Promise.all(writes);
    expect(order).toEqual(["a", "b", "c", "commit"]);
  });

  it("rejects invalid chunks and digests, and continues", async () => {
    const { writer, log } = await open();
    expect(await rejection(writer.write("text" as unknown as Uint8Array))).toBeInstanceOf(TypeError);
    expect(await rejection(writer.commit("x"))).toMatchObject({ code: "DIGEST_INVALID" });
    await writer.write(bytes("a"));
    expect(log).toEqual(["write a"]);
  });

  it("rejects writes after a failed write with its cause, and can still be closed", async () => {
    const full = new Error("the disk is full");
    const log: string[] = [];
    const { writer } = await open({
      write: () => {
        throw full;
      },
      close: () => void log.push("close"),
    });
    const writes = [writer.write(bytes("a")), writer.write(bytes("b"))] as const;
    expect(await rejection(writes[0])).toBe(full);
    expect(await rejection(writes[1])).toMatchObject({ ...invalid, cause: full });
    expect(await rejection(writer.commit(digest))).toMatchObject({ ...invalid, cause: full });
    await writer.close();
    expect(log).toEqual(["close"]);
  });

  it("has the size of its session after a failed write", async () => {
    let size = 3;
    const { writer } = await open({
      get size() {
        return size;
      },
      write: () => {
        size += 1;
        throw new Error("half of it");
      },
    });
    await rejection(writer.write(bytes("ab")));
    expect(writer.size).toBe(4);
  });

  it("continues after a failed commit, unless the session has ended", async () => {
    const mismatch = new Error("another digest");
    const failing = (ended: UploadSession["ended"]): Partial<UploadSession> => ({
      commit: () => {
        throw mismatch;
      },
      ended,
    });
    const { writer, log } = await open(failing(undefined));
    expect(await rejection(writer.commit(digest))).toBe(mismatch);
    await writer.write(bytes("a"));
    expect(log).toEqual(["write a"]);
    for (const ended of ["committed", "cancelled"] as const) {
      const other = await open(failing(ended));
      expect(await rejection(other.writer.commit(digest))).toBe(mismatch);
      expect(await rejection(other.writer.write(bytes("a")))).toMatchObject(over);
      await other.writer.close();
      expect(other.log).toEqual([]);
    }
  });

  it("ends when it is committed or cancelled, and closing or cancelling it again does nothing", async () => {
    for (const end of ["commit", "cancel"] as const) {
      const { writer, log } = await open();
      await writer[end](digest);
      const ended = [...log];
      expect(ended).toHaveLength(1);
      await writer.cancel();
      await writer.close();
      await writer[Symbol.asyncDispose]();
      expect(await rejection(writer.write(bytes("a")))).toMatchObject(over);
      expect(await rejection(writer.commit(digest))).toMatchObject(over);
      expect(log).toEqual(ended);
    }
  });

  it("rejects writes after it is closed, and closes its session once", async () => {
    const { writer, log } = await open();
    await writer.close();
    await writer[Symbol.asyncDispose]();
    for (const call of [writer.write(bytes("a")), writer.commit(digest), writer.cancel()])
      expect(await rejection(call)).toMatchObject(invalid);
    expect(log).toEqual(["close"]);
  });

  it("is closed at once when its signal is aborted, and every call rejects with the reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const { writer, log } = await open({}, controller);
    controller.abort(reason);
    expect(log).toEqual(["close"]);
    for (const call of [writer.write(bytes("a")), writer.commit(digest), writer.cancel()])
      expect(await rejection(call)).toBe(reason);
    await writer.close();
    expect(log).toEqual(["close"]);
  });

  it("is closed only after the write that aborts its signal, although that write has just begun", async () => {
    const controller = new AbortController();
    const { writer, log } = await open(
      {
        write: async () => {
          controller.abort();
          await nextTurn();
          log.push("written");
        },
      },
      controller,
    );
    await writer.write(bytes("a"));
    await writer.close();
    expect(log).toEqual(["written", "close"]);
  });

  it("passes its signal on to the commit, and ignores it afterwards", async () => {
    const controller = new AbortController();
    const signals: unknown[] = [];
    const { writer } = await open({ commit: (_digest, signal) => void signals.push(signal) }, controller);
    await writer.commit(digest);
    controller.abort();
    expect(signals).toEqual([controller.signal]);
    expect(await rejection(writer.write(bytes("a")))).toMatchObject(over);
  });
});

describe("resuming an upload", () => {
  it("at another offset fails with RANGE_INVALID, and frees the session", async () => {
    const log: string[] = [];
    const registry = defineBackend({ resumeUpload: () => session({}, log) });
    expect(await rejection(registry.pushBlobChunkedResume("a", "one", { offset: 4 }))).toMatchObject({
      code: "RANGE_INVALID",
      detail: { size: 3 },
    });
    expect(log).toEqual(["close"]);
    expect(await registry.pushBlobChunkedResume("a", "one", { offset: 3 })).toMatchObject({ size: 3 });
  });

  it("fails with BLOB_UPLOAD_INVALID while another writer has the session, and so does cancelling", async () => {
    const registry = defineBackend({ resumeUpload: () => "busy" });
    expect(await rejection(registry.pushBlobChunkedResume("a", "one"))).toMatchObject(invalid);
    expect(await rejection(registry.cancelUpload("a", "one"))).toMatchObject(invalid);
  });

  it("is not needed to cancel a session", async () => {
    const log: string[] = [];
    await defineBackend({ resumeUpload: () => session({}, log) }).cancelUpload("a", "one");
    expect(log).toEqual(["cancel"]);
  });

  it("is not needed to get the size of a session", async () => {
    const registry = defineBackend({ findUpload: () => ({ size: 3, secret: 1 }) });
    expect(await registry.resolveUpload("a", "one")).toEqual({ id: "one", size: 3, chunkSize: 1024 * 1024 });
  });
});

describe("closeWriters", () => {
  it("closes the open writers of a registry, through any object with the same backend", async () => {
    const log: string[] = [];
    let count = 0;
    const made = defineBackend({
      startUpload: () => {
        count += 1;
        const id = String(count);
        return session({ id, close: () => void log.push(`close ${id}`) });
      },
    });
    const writers: BlobWriter[] = [];
    for (let i = 0; i < 4; i += 1) writers.push(await made.pushBlobChunked("a"));
    await writers[0]?.commit(digest);
    await writers[1]?.cancel();
    await writers[2]?.close();
    const wider = sameBackend(made, { ...made });
    await closeWriters(wider);
    await closeWriters(wider);
    expect(log).toEqual(["close 3", "close 4"]);
    await closeWriters({ ...made });
  });

  it.each(["close", "cancel"] as const)("waits for a writer whose %s is under way", async (end) => {
    const log: string[] = [];
    const slowly = async (): Promise<void> => {
      await nextTurn();
      log.push(end);
    };
    const made = defineBackend({ startUpload: () => session({ close: slowly, cancel: slowly }) });
    const writer = await made.pushBlobChunked("a");
    const ending = writer[end]();
    await closeWriters(made);
    expect(log).toEqual([end]);
    await ending;
  });

  it("waits for a writer whose signal was aborted before it was made", async () => {
    const [log, controller]: [string[], AbortController] = [[], new AbortController()];
    const made = defineBackend({
      startUpload: () => {
        controller.abort();
        return session({ close: () => nextTurn().then(() => void log.push("close")) });
      },
    });
    await made.pushBlobChunked("a", controller);
    await closeWriters(made);
    expect(log).toEqual(["close"]);
  });

  it("closes every writer, and then fails if one could not be closed", async () => {
    const log: string[] = [];
    const broken = new Error("the disk is gone");
    const made = defineBackend({
      startUpload: () =>
        session({
          close: async () => {
            log.push("close");
            if (log.length === 1) throw broken;
            await nextTurn();
            log.push("closed");
          },
        }),
    });
    await made.pushBlobChunked("a");
    await made.pushBlobChunked("a");
    expect(await rejection(closeWriters(made))).toBe(broken);
    expect(log).toEqual(["close", "close", "closed"]);
    await closeWriters(made);
  });
});

describe("an upload that is opened while the writers are closed", () => {
  it.each<[string, string, (registry: Registry) => Promise<BlobWriter>]>([
    ["cancelled if it is new", "cancel", (it) => it.pushBlobChunked("a")],
    ["closed if it was resumed", "close", (it) => it.pushBlobChunkedResume("a", "one")],
  ])("is CLOSED, and its session is %s", async (_how, letGo, open) => {
    const log: string[] = [];
    const close = async (): Promise<UploadSession> => {
      await closeWriters(registry);
      return session({}, log);
    };
    const registry = defineBackend({ startUpload: close, resumeUpload: close });
    expect(await rejection(open(registry))).toMatchObject({ code: "CLOSED" });
    expect(log).toEqual([letGo]);
  });
});
