import type { BlobWriter } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { PinnedWriter } from "../src/pinned-writer.ts";

/** A writer, whose close may fail, and how often its layout was let go of. */
function pinned(
  signal: AbortSignal | undefined,
  fails = false,
): { writer: PinnedWriter; released: () => number } {
  let released = 0;
  const inner = {
    id: "id",
    close: async () => {
      if (fails) throw new Error("the disk is gone");
    },
    cancel: async () => undefined,
  } as unknown as BlobWriter;
  const release = async (): Promise<void> => void (released += 1);
  return { writer: new PinnedWriter(inner, release, signal), released: () => released };
}

/** Lets what was begun end. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

// clause 2
describe("the layout of an upload's writer is released", () => {
  it("when its signal is aborted", async () => {
    const controller = new AbortController();
    const { released } = pinned(controller.signal);
    await turn();
    expect(released()).toBe(0);
    controller.abort();
    await turn();
    expect(released()).toBe(1);
  });

  it("when its signal was already aborted", async () => {
    const { released } = pinned(AbortSignal.abort());
    await turn();
    expect(released()).toBe(1);
  });

  it("when it is cancelled, and a later abort has no effect", async () => {
    const controller = new AbortController();
    const { writer, released } = pinned(controller.signal);
    await writer.cancel();
    controller.abort();
    await turn();
    expect(released()).toBe(1);
  });

  it("even if the close that an abort causes fails", async () => {
    const controller = new AbortController();
    const { released } = pinned(controller.signal, true);
    controller.abort();
    await turn();
    expect(released()).toBe(1);
  });
});
