import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { defineRegistry } from "@ocilayout/oci-backend";
import { computeDigest, RegistryError } from "@ocilayout/oci-types";
import { describe, expect, it, vi } from "vitest";

import type { HandlerOptions } from "../src/index.ts";
import { createHandler } from "../src/index.ts";
import { codes, serving } from "./ask.ts";

const content = "0123456789";
const { digest } = await computeDigest(new TextEncoder().encode(content));

/** Makes a body that yields `text` and then never ends. */
function stalling(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode(text));
    },
  });
}

function limited(limits: HandlerOptions["limits"]): ReturnType<typeof serving> {
  return serving(createMemoryRegistry(), { limits });
}

describe("a body that is too large", () => {
  it("is rejected with 413 for a manifest, by its Content-Length or while it arrives", async () => {
    const ask = limited({ maxManifestBytes: 9 });
    const headers = { "content-type": "application/x-thing" };
    for (const sent of [
      { headers: { ...headers, "content-length": "10" }, body: stalling("") },
      { headers, body: new Blob([content]).stream() },
    ]) {
      const response = await ask("PUT", "/v2/a/manifests/v1", sent);
      expect([response.status, await codes(response)]).toEqual([413, ["SIZE_INVALID"]]);
    }
    expect((await ask("PUT", "/v2/a/manifests/v1", { headers, body: "123456789" })).status).toBe(201);
  });

  it("is rejected with 413 for a manifest that the registry finds too large", async () => {
    const registry = defineRegistry({
      pushManifest: async () => {
        throw new RegistryError("SIZE_INVALID");
      },
    });
    expect(
      (
        await serving(registry)("PUT", "/v2/a/manifests/v1", {
          headers: { "content-type": "a/b" },
          body: "x",
        })
      ).status,
    ).toBe(413);
  });

  it("is rejected with 413 for a blob, however it is sent", async () => {
    const ask = limited({ maxBlobBytes: 9 });
    for (const send of [
      () => ({ headers: { "content-length": "10" }, body: stalling("") }),
      () => ({ body: new Blob([content]).stream() }),
    ]) {
      expect((await ask("POST", `/v2/a/blobs/uploads/?digest=${digest}`, send())).status).toBe(413);
      const location = (await ask("POST", "/v2/a/blobs/uploads/")).headers.get("location") ?? "";
      expect((await ask("PATCH", location, send())).status).toBe(413);
    }
    expect((await ask("HEAD", `/v2/a/blobs/${digest}`)).status).toBe(404);
  });

  it("is rejected with 413 for a blob that grows chunk by chunk", async () => {
    const ask = limited({ maxBlobBytes: 9 });
    const location = (await ask("POST", "/v2/a/blobs/uploads/")).headers.get("location") ?? "";
    expect((await ask("PATCH", location, { body: "01234" })).status).toBe(202);
    expect((await ask("PATCH", location, { body: "56789" })).status).toBe(413);
    expect(
      (await ask("PATCH", location, { headers: { "content-range": "5-9" }, body: "56789" })).status,
    ).toBe(413);
  });
});

describe("a body that does not arrive", () => {
  it.each([
    ["PUT", "/v2/a/manifests/v1"],
    ["POST", `/v2/a/blobs/uploads/?digest=${digest}`],
  ])("is rejected with 408 after the idle time: %s %s", async (method, path) => {
    const response = await limited({ idleMs: 20 })(method, path, {
      headers: { "content-type": "a/b" },
      body: stalling("01234"),
    });
    expect([response.status, await codes(response)]).toEqual([408, ["BLOB_UPLOAD_INVALID"]]);
  });

  it("leaves an upload that is free and can be resumed", async () => {
    const ask = limited({ idleMs: 20 });
    const location = (await ask("POST", "/v2/a/blobs/uploads/")).headers.get("location") ?? "";
    expect((await ask("PATCH", location, { body: stalling("01234") })).status).toBe(408);
    expect(
      (await ask("PATCH", location, { headers: { "content-range": "5-9" }, body: "56789" })).status,
    ).toBe(202);
  });

  it("is rejected with 408 if it arrives so slowly that the request takes too long", async () => {
    const dripping: ReadableStream<Uint8Array> = new ReadableStream({
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        controller.enqueue(new Uint8Array(1));
      },
    });
    const response = await limited({ requestMs: 60 })("POST", `/v2/a/blobs/uploads/?digest=${digest}`, {
      body: dripping,
    });
    expect(response.status).toBe(408);
  });
});

describe("over the limit", () => {
  it("a URL is rejected with 414", async () => {
    const ask = limited({ maxUrlLength: 100 });
    expect((await ask("GET", `/v2/${"a".repeat(90)}/tags/list`)).status).toBe(414);
    expect((await ask("GET", "/v2/a/tags/list")).status).toBe(404);
  });

  it("headers are rejected with 431", async () => {
    const ask = limited({ maxHeaderLength: 100 });
    expect((await ask("GET", "/v2/", { headers: { "x-a": "a".repeat(100) } })).status).toBe(431);
    expect((await ask("GET", "/v2/", { headers: { "x-a": "a".repeat(50) } })).status).toBe(200);
  });

  it("concurrent uploads are rejected with 429 and a time to retry", async () => {
    const ask = limited({ maxUploads: 1, idleMs: 50 });
    const first = ask("POST", `/v2/a/blobs/uploads/?digest=${digest}`, { body: stalling("") });
    const second = await ask("POST", "/v2/a/blobs/uploads/");
    expect([second.status, second.headers.get("retry-after"), await codes(second)]).toEqual([
      429,
      "1",
      ["TOOMANYREQUESTS"],
    ]);
    expect((await first).status).toBe(408);
    expect((await ask("POST", "/v2/a/blobs/uploads/")).status).toBe(202);
  });
});

describe("invalid limits", () => {
  it.each([
    [{ maxBlobBytes: -1 }, RangeError],
    [{ idleMs: 0 }, RangeError],
    [{ idleMs: Number.NaN }, RangeError],
    [{ maxUploads: "1" }, TypeError],
    [{ maxBlobByte: 1 }, TypeError],
  ])("are rejected: %j", (limits, error) => {
    expect(() =>
      createHandler(createMemoryRegistry(), { limits: limits as HandlerOptions["limits"] }),
    ).toThrow(error);
  });

  it("do not include undefined, which means the default", () => {
    expect(() =>
      createHandler(createMemoryRegistry(), { limits: { idleMs: undefined } as never }),
    ).not.toThrow();
  });
});

describe("a failure in the server", () => {
  it.each([
    [new Error("ENOENT: /var/lib/secret"), 500, "UNKNOWN"],
    [new TypeError("at /var/lib/secret.js:1"), 500, "UNKNOWN"],
    [
      new RegistryError("STORAGE_FAILED", undefined, {
        cause: new Error("/var/lib/secret"),
        detail: { systemCode: "/var/lib/secret" },
      }),
      500,
      "STORAGE_FAILED",
    ],
    [new RegistryError("LOCK_TIMEOUT", undefined, { detail: { host: "secret" } }), 503, "LOCK_TIMEOUT"],
    [new RegistryError("CLOSED"), 503, "CLOSED"],
  ])("is reported to the server and not to the client: %s", async (error, status, code) => {
    const told = vi.fn();
    const getManifest = async (): Promise<never> => {
      throw error;
    };
    const response = await serving(defineRegistry({ getManifest }), { onError: told })(
      "GET",
      `/v2/a/manifests/${digest}`,
    );
    const text = await response.text();
    expect([
      response.status,
      (JSON.parse(text) as { errors: { code: string }[] }).errors[0]?.code,
      text.includes("secret"),
    ]).toEqual([status, code, false]);
    expect(response.headers.get("retry-after")).toBe(status === 503 ? "1" : null);
    expect(told).toHaveBeenCalledExactlyOnceWith(error, {
      method: "GET",
      url: `http://registry.test/v2/a/manifests/${digest}`,
    });
  });

  it("is not reported if the client has disconnected, because nothing failed", async () => {
    const told = vi.fn();
    const controller = new AbortController();
    const getManifest = async (): Promise<never> => {
      controller.abort();
      throw new Error("aborted");
    };
    await serving(defineRegistry({ getManifest }), { onError: told })("GET", `/v2/a/manifests/${digest}`, {
      signal: controller.signal,
    });
    expect(told).not.toHaveBeenCalled();
  });
});
