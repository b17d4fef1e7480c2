import { describe, expect, it } from "vitest";

import { MalformedZstd, ZstdWindowTooLarge } from "../../src/zstd/malformed.ts";
import { decode, numbersFrame } from "./frames.ts";

describe("zstd that is rejected", () => {
  it("a stream with a changed bit, or it is other content", async () => {
    for (let at = 0; at < 150; at += 1) {
      const changed = numbersFrame.slice();
      const place = at < 75 ? at : (at * 7919) % changed.length;
      changed[place] = (changed[place] ?? 0) ^ (1 << (at % 8));
      const result = await decode(changed).catch((error: unknown) => error);
      if (!(result instanceof Uint8Array))
        expect(result instanceof MalformedZstd || result instanceof ZstdWindowTooLarge).toBe(true);
    }
  });
});
