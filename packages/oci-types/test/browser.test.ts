import { describe, expect, it, vi } from "vitest";

describe("in a browser", () => {
  it("content is hashed with WebCrypto", async () => {
    vi.resetModules();
    const lookup = vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    try {
      const { computeDigest } = await import("../src/index.ts");
      const { digest } = await computeDigest(new TextEncoder().encode("hello"));
      expect(lookup).toHaveBeenCalled();
      expect(digest).toBe("sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    } finally {
      lookup.mockRestore();
      vi.resetModules();
    }
  });
});
