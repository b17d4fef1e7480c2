import { describe, expect, it } from "vitest";

import type { UploadSession } from "../src/index.ts";
import { defineBackend } from "../src/index.ts";

/** Creates an empty session that records when it is closed. */
function emptySession(closed: string[]): UploadSession {
  return {
    id: "one",
    size: 0,
    write: async () => undefined,
    commit: async () => undefined,
    cancel: async () => undefined,
    close: async () => {
      closed.push("one");
    },
  };
}

describe("an upload session whose caller aborts while the session is made", () => {
  it("is closed when it was started", async () => {
    const [closed, controller]: [string[], AbortController] = [[], new AbortController()];
    const registry = defineBackend({
      startUpload: async () => {
        controller.abort();
        return emptySession(closed);
      },
    });
    await registry.pushBlobChunked("a", { signal: controller.signal });
    expect(closed).toEqual(["one"]);
  });

  it("is closed when it was resumed", async () => {
    const [closed, controller]: [string[], AbortController] = [[], new AbortController()];
    const registry = defineBackend({
      resumeUpload: async () => {
        controller.abort();
        return emptySession(closed);
      },
    });
    await registry.pushBlobChunkedResume("a", "one", { signal: controller.signal });
    expect(closed).toEqual(["one"]);
  });
});
