import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { maxDurationMs } from "@ocilayout/oci-types/authors";
import { describe, expect, it } from "vitest";

import { createHandler } from "../src/index.ts";
import { serve } from "../src/node.ts";
import { Patience } from "../src/http/patience.ts";

describe("a duration longer than a timer supports", () => {
  it.each(["idleMs", "requestMs", "rateWindowMs"])(
    "is rejected with a RangeError as %s, because it would end at once",
    (name) => {
      for (const value of [2 ** 31, Number.MAX_SAFE_INTEGER, Infinity]) {
        expect(() => createHandler(createMemoryRegistry(), { limits: { [name]: value } })).toThrow(
          RangeError,
        );
      }
    },
  );

  it("is rejected with a RangeError by close, which then closes nothing", async () => {
    await using server = await serve(createMemoryRegistry(), { port: 0 });
    await expect(server.close(2 ** 31)).rejects.toThrow(RangeError);
    await expect(server.close(Infinity)).rejects.toThrow(RangeError);
    expect((await fetch(`${server.url}/v2/`)).status).toBe(200);
  });
});

describe("the longest supported durations", () => {
  const limits = {
    idleMs: maxDurationMs,
    requestMs: maxDurationMs,
    rateWindowMs: maxDurationMs,
    minBytesPerSecond: 1,
  };

  it("let a push and a pull succeed", async () => {
    await using server = await serve(createMemoryRegistry(), { port: 0, writable: true, limits });
    const body = new Uint8Array(3_000_000);
    const put = await fetch(`${server.url}/v2/a/manifests/v1`, {
      method: "PUT",
      headers: { "content-type": "application/x" },
      body,
    });
    expect(put.status).toBe(201);
    expect((await (await fetch(`${server.url}/v2/a/manifests/v1`)).arrayBuffer()).byteLength).toBe(
      body.length,
    );
  });

  it("do not add up to longer ones", () => {
    expect(new Patience({ rateWindowMs: maxDurationMs, minBytesPerSecond: 1 }).leftFor(1_000_000_000)).toBe(
      maxDurationMs,
    );
  });
});
