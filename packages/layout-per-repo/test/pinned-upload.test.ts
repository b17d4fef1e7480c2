import type { UploadSession } from "@ocilayout/oci-backend";
import { requireDigest } from "@ocilayout/oci-types/authors";
import { describe, expect, it } from "vitest";

import { PinnedUpload } from "../src/pinned-upload.ts";

const { digest } = requireDigest(`sha256:${"0".repeat(64)}`);

/** Returns a session in which every method fails or none does, with a count of the releases of its layout. */
function pinned({ fails = false, ended = undefined as UploadSession["ended"] } = {}): {
  upload: PinnedUpload;
  released: () => number;
} {
  let released = 0;
  const end = async (): Promise<void> => {
    if (fails) throw new Error("the disk is gone");
  };
  const inner: UploadSession = { id: "id", size: 0, ended, write: end, commit: end, cancel: end, close: end };
  const upload = new PinnedUpload(inner, async () => void (released += 1));
  return { upload, released: () => released };
}

describe("the layout of an upload is released", () => {
  it.each(["close", "cancel"] as const)("by %s, even if that fails", async (name) => {
    const good = pinned();
    await good.upload[name]();
    expect(good.released()).toBe(1);
    const bad = pinned({ fails: true });
    await expect(bad.upload[name]()).rejects.toThrow("the disk is gone");
    expect(bad.released()).toBe(1);
  });

  it("by a commit", async () => {
    const { upload, released } = pinned();
    await upload.commit(digest, undefined);
    expect(released()).toBe(1);
  });

  it("by a commit that failed only if the session is over", async () => {
    const open = pinned({ fails: true });
    await expect(open.upload.commit(digest, undefined)).rejects.toThrow("the disk is gone");
    expect(open.released()).toBe(0);
    const over = pinned({ fails: true, ended: "committed" });
    await expect(over.upload.commit(digest, undefined)).rejects.toThrow("the disk is gone");
    expect(over.released()).toBe(1);
  });

  it("not by a write", async () => {
    const { upload, released } = pinned();
    await upload.write(new Uint8Array(1));
    expect(released()).toBe(0);
  });
});
