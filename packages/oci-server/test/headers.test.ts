import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { createBlobReader, defineRegistry } from "@ocilayout/oci-backend";
import { computeDigest } from "@ocilayout/oci-types";
import type { BlobSource, Descriptor, Registry } from "@ocilayout/oci-types";
import { describe, expect, it, vi } from "vitest";

import { createHandler } from "../src/index.ts";
import { serve } from "../src/node.ts";
import { asking, codes, headersOf, serving } from "./ask.ts";

const content = new TextEncoder().encode("<script>alert(1)</script>");
const { digest } = await computeDigest(content);

/** Makes a registry with one manifest, described by `descriptor`. */
function describing(descriptor: Partial<Descriptor>, source: BlobSource = content): Registry {
  const whole = { mediaType: "application/x", digest, size: content.length, ...descriptor };
  return defineRegistry({
    getTag: async () => createBlobReader(whole, source, { verify: false }),
    resolveTag: async () => whole,
    resolveBlob: async () => whole,
    getBlob: async () => createBlobReader(whole, source, { verify: false }),
  });
}

describe("a media type that is not a valid header value", () => {
  const types = [
    "application/x\nset-cookie: a=b",
    "application/x\r\n\r\n<html>",
    "application/\u{1f600}",
    "application/x\0",
    "typ\u0435/x",
    "\x7f/x",
  ];

  it.each(types)("is served as application/octet-stream: %j", async (mediaType) => {
    for (const method of ["GET", "HEAD"]) {
      const response = await serving(describing({ mediaType }))(method, "/v2/a/manifests/v1");
      expect([response.status, headersOf(response, "content-type", "set-cookie")]).toEqual([
        200,
        { "content-type": "application/octet-stream", "set-cookie": null },
      ]);
      expect(await response.text()).toBe(method === "GET" ? new TextDecoder().decode(content) : "");
    }
  });

  it("does not end the connection of node:http", async () => {
    const told = vi.fn();
    await using server = await serve(describing({ mediaType: "x\ny" }), { port: 0, onError: told });
    const response = await fetch(`${server.url}/v2/a/manifests/v1`);
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      200,
      "application/octet-stream",
      new TextDecoder().decode(content),
    ]);
    expect(told).not.toHaveBeenCalled();
  });
});

describe("another header that is invalid", () => {
  it.each(["/v2/a/manifests/v1", `/v2/a/blobs/${digest}`])(
    "results in 500, is reported, and releases the content: %s",
    async (path) => {
      const [told, freed] = [vi.fn(), vi.fn()];
      const source = async function* (): AsyncGenerator<Uint8Array> {
        try {
          yield content;
        } finally {
          freed();
        }
      };
      const registry = describing({ digest: "sha256:\n\u{1f600}" }, source());
      const response = await serving(registry, { onError: told })("GET", path);
      expect([response.status, await codes(response)]).toEqual([500, ["UNKNOWN"]]);
      expect(told).toHaveBeenCalledOnce();
      expect(freed).toHaveBeenCalledOnce();
    },
  );
});

describe("a handler never rejects", () => {
  it("even if onError throws", async () => {
    const onError = (): never => {
      throw new Error("the log is full");
    };
    const failing = defineRegistry({
      getTag: async () => {
        throw new Error("broken");
      },
    });
    expect((await serving(failing, { onError })("GET", "/v2/a/manifests/v1")).status).toBe(500);
  });
});

describe("every response has headers that keep a browser from acting on it", () => {
  const protection = {
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
  };

  it.each([
    ["GET", "/v2/", 200],
    ["GET", "/v2/_catalog", 200],
    ["GET", "/", 404],
    ["GET", "/v2/a/manifests/none", 404],
    ["GET", "/v2/A/manifests/none", 400],
    ["POST", "/v2/a/blobs/uploads/", 202],
    ["PATCH", "/v2/", 405],
    ["OPTIONS", "/v2/", 405],
    ["GET", "/v2/a-long-name/manifests/a-long-tag-for-a-short-limit", 414],
  ])("%s %s (%i)", async (method, path, status) => {
    const response = await serving(undefined, { limits: { maxUrlLength: 50 } })(method, path);
    expect([response.status, headersOf(response, ...Object.keys(protection))]).toEqual([status, protection]);
  });

  it("also with the status 401, 403 or 500", async () => {
    for (const decision of [{ scheme: "Basic", realm: "x" }, "deny", "x"] as const) {
      const response = await asking(
        createHandler(createMemoryRegistry(), { authorize: () => decision as "deny" }),
      )("GET", "/v2/");
      expect(headersOf(response, ...Object.keys(protection))).toEqual(protection);
    }
  });

  it.each([
    "text/html",
    "image/svg+xml",
    "application/xhtml+xml",
    "text/javascript",
    "application/pdf",
    "text/html;x=json",
    "text/html application/json",
  ])("that make a manifest of type %s an attachment", async (mediaType) => {
    const response = await serving(describing({ mediaType }))("GET", "/v2/a/manifests/v1");
    expect(headersOf(response, "content-disposition", ...Object.keys(protection))).toEqual({
      "content-disposition": "attachment",
      ...protection,
    });
  });

  it.each(["application/json", "application/vnd.oci.image.manifest.v1+json", "application/octet-stream"])(
    "that need not make a manifest of type %s an attachment",
    async (mediaType) => {
      const response = await serving(describing({ mediaType }))("GET", "/v2/a/manifests/v1");
      expect(headersOf(response, "content-type", "content-disposition")).toEqual({
        "content-type": mediaType,
        "content-disposition": null,
      });
    },
  );
});
