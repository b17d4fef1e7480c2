import { bytes, rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { createLayer } from "../../src/create-layer/create-layer.ts";
import type { LayerContent, LayerFile } from "../../src/create-layer/layer-file.ts";
import { entriesOf } from "./layers.ts";

/** A content that records when it is opened and when it ends. */
function watched(log: string[], name: string): AsyncIterable<Uint8Array> {
  return (async function* () {
    log.push(`open ${name}`);
    try {
      yield bytes(name);
    } finally {
      log.push(`end ${name}`);
    }
  })();
}

/** A stream that records when it is cancelled. */
function stream(log: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({ cancel: () => void log.push("cancel") });
}

describe("the content of a new layer", () => {
  it.each<[string, LayerContent]>([
    ["bytes", bytes("ab")],
    ["a Blob", new Blob([bytes("ab")])],
    ["an array of chunks", [bytes("a"), bytes("b")]],
    ["a function", () => bytes("ab")],
    ["an async function", async () => new Blob([bytes("ab")])],
    ["a function of a stream", () => new Blob([bytes("ab")]).stream()],
  ])("can be %s", async (_name, content) => {
    const [entry] = await entriesOf([{ path: "f", content, size: 2 }]);
    expect(entry?.bytes).toEqual(bytes("ab"));
  });

  it("may reuse the memory of its chunks", async () => {
    const reused = new Uint8Array(40_000);
    const content = function* (): Generator<Uint8Array> {
      for (let at = 0; at < 4; at += 1) yield reused.fill(at);
    };
    const [entry] = await entriesOf([{ path: "f", content, size: 160_000 }], { compression: "none" });
    expect(entry?.bytes.filter((byte, at) => byte !== Math.floor(at / 40_000))).toEqual(new Uint8Array());
  });

  it("is opened one file at a time, in the order of the layer", async () => {
    const log: string[] = [];
    const files = ["b", "a"].map((path): LayerFile => ({ path, size: 1, content: () => watched(log, path) }));
    await createLayer(files);
    expect(log).toEqual(["open a", "end a", "open b", "end b"]);
  });

  it("needs a size if it is a stream", async () => {
    expect(await rejection(createLayer([{ path: "f", content: () => watched([], "f") }]))).toBeInstanceOf(
      TypeError,
    );
  });

  it.each([0, 2])("of another size than %i fails", async (size) => {
    expect(await rejection(createLayer([{ path: "f", size, content: bytes("f") }]))).toMatchObject({
      code: "SIZE_INVALID",
    });
  });

  it("that fails is the failure of the layer, and the others end", async () => {
    for (const compression of ["gzip", "none"] as const) {
      const log: string[] = [];
      const failure = new Error("broken");
      const files: LayerFile[] = [
        { path: "a", size: 1, content: watched(log, "a") },
        {
          path: "b",
          size: 1,
          content: () => {
            throw failure;
          },
        },
        { path: "c", size: 1, content: stream(log) },
      ];
      expect(await rejection(createLayer(files, { compression }))).toBe(failure);
      expect(log).toEqual(["open a", "end a", "cancel"]);
    }
  });

  it("ends if a path is invalid", async () => {
    const log: string[] = [];
    const files: LayerFile[] = [{ path: "a", size: 1, content: stream(log) }, { path: ".." }];
    expect(await rejection(createLayer(files))).toMatchObject({ code: "NAME_INVALID" });
    expect(log).toEqual(["cancel"]);
  });

  it("ends if the layer is too large", async () => {
    const log: string[] = [];
    const large = function* (): Generator<Uint8Array> {
      try {
        for (;;) yield crypto.getRandomValues(new Uint8Array(60_000));
      } finally {
        log.push("end");
      }
    };
    const files: LayerFile[] = [{ path: "f", size: 1e9, content: large }];
    for (const compression of ["gzip", "none"] as const)
      expect(await rejection(createLayer(files, { compression, maxBytes: 300_000 }))).toMatchObject({
        code: "SIZE_INVALID",
      });
    expect(log).toEqual(["end", "end"]);
  });

  it("that never answers ends with the signal", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    const files: LayerFile[] = [{ path: "f", size: 1, content: () => new ReadableStream() }];
    const making = createLayer(files, { signal: controller.signal });
    setTimeout(() => {
      controller.abort(reason);
    }, 10);
    expect(await rejection(making)).toBe(reason);
  });
});
