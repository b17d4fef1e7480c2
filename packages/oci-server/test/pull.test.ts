import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { defineRegistry } from "@ocilayout/oci-backend";
import { collect, computeDigest, RegistryError } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { asking, codes, headersOf, serving } from "./ask.ts";
import { createHandler } from "../src/index.ts";

const bytes = new TextEncoder().encode("0123456789");
const { digest } = await computeDigest(bytes);
const missing = `sha256:${"0".repeat(64)}`;

async function withContent(): Promise<ReturnType<typeof createMemoryRegistry>> {
  const registry = createMemoryRegistry();
  await registry.pushBlob("a/b", { digest }, bytes);
  await registry.pushManifest("a/b", bytes, "application/x-thing", { tags: ["v1"] });
  return registry;
}

// dist end-1
describe("GET of /v2/", () => {
  it.each(["/v2/", "/v2"])("as %s confirms that this is a registry", async (path) => {
    const response = await serving()("GET", path);
    expect([response.status, response.headers.get("docker-distribution-api-version")]).toEqual([
      200,
      "registry/2.0",
    ]);
    expect(await response.json()).toMatchObject({ capabilities: { conditionalTags: true } });
  });
});

// dist end-2
describe("a blob", () => {
  it("is returned with its digest, type and size in the headers", async () => {
    const response = await serving(await withContent())("GET", `/v2/a/b/blobs/${digest}`);
    expect(response.status).toBe(200);
    expect(
      headersOf(response, "content-type", "content-length", "docker-content-digest", "etag", "accept-ranges"),
    ).toEqual({
      "content-type": "application/octet-stream",
      "content-length": "10",
      "docker-content-digest": digest,
      etag: `"${digest}"`,
      "accept-ranges": "bytes",
    });
    expect(await response.text()).toBe("0123456789");
  });

  it("has the same headers in a HEAD response, without its content", async () => {
    const ask = serving(await withContent());
    const [get, head] = [
      await ask("GET", `/v2/a/b/blobs/${digest}`),
      await ask("HEAD", `/v2/a/b/blobs/${digest}`),
    ];
    expect([...head.headers]).toEqual([...get.headers]);
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it.each([
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=0-99", "0123456789", "bytes 0-9/10"],
  ])("is returned in part for the Range %s", async (range, text, contentRange) => {
    const response = await serving(await withContent())("GET", `/v2/a/b/blobs/${digest}`, {
      headers: { range },
    });
    expect(response.status).toBe(206);
    expect(headersOf(response, "content-range", "content-length", "docker-content-digest")).toEqual({
      "content-range": contentRange,
      "content-length": String(text.length),
      "docker-content-digest": digest,
    });
    expect(await response.text()).toBe(text);
  });

  it("results in 416 with its size for a Range past its end", async () => {
    const response = await serving(await withContent())("GET", `/v2/a/b/blobs/${digest}`, {
      headers: { range: "bytes=10-" },
    });
    expect([response.status, response.headers.get("content-range"), await codes(response)]).toEqual([
      416,
      "bytes */10",
      ["RANGE_INVALID"],
    ]);
  });

  it("results in 416 for a Range that ends before it begins", async () => {
    const response = await serving(await withContent())("GET", `/v2/a/b/blobs/${digest}`, {
      headers: { range: "bytes=5-2" },
    });
    expect([response.status, response.headers.get("content-range"), await codes(response)]).toEqual([
      416,
      "bytes */10",
      ["RANGE_INVALID"],
    ]);
  });

  it.each(["bytes=0-1,3-4", "lines=0-1"])("is returned whole for the unsupported Range %s", async (range) => {
    const response = await serving(await withContent())("GET", `/v2/a/b/blobs/${digest}`, {
      headers: { range },
    });
    expect([response.status, await response.text()]).toEqual([200, "0123456789"]);
  });

  // RFC 9110, 13.1.5
  it.each([
    [`"${digest}"`, 206],
    [`"${missing}"`, 200],
    ["Wed, 21 Oct 2015 07:28:00 GMT", 200],
  ])("with If-Range %s results in %i", async (ifRange, status) => {
    const response = await serving(await withContent())("GET", `/v2/a/b/blobs/${digest}`, {
      headers: { range: "bytes=0-1", "if-range": ifRange },
    });
    expect(response.status).toBe(status);
    await response.body?.cancel();
  });

  // RFC 9110, 13
  it.each([
    [{ "if-none-match": `"${digest}"` }, 304],
    [{ "if-none-match": `W/"${digest}"` }, 304],
    [{ "if-none-match": `"x", "${digest}"` }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"x"' }, 200],
    [{ "if-match": `"${digest}"` }, 200],
    [{ "if-match": "*" }, 200],
    [{ "if-match": '"x"' }, 412],
    [{ "if-match": `W/"${digest}"` }, 412],
    [{ "if-match": "x" }, 400],
  ])("with %j results in %i, for GET and for HEAD", async (headers, status) => {
    const ask = serving(await withContent());
    for (const method of ["GET", "HEAD"]) {
      const response = await ask(method, `/v2/a/b/blobs/${digest}`, { headers: headers });
      expect(response.status).toBe(status);
      if (status === 304)
        expect([response.headers.get("etag"), await response.text()]).toEqual([`"${digest}"`, ""]);
      else await response.body?.cancel();
    }
  });

  it.each([
    [`/v2/a/b/blobs/${missing}`, 404, "BLOB_UNKNOWN"],
    [`/v2/none/blobs/${digest}`, 404, "BLOB_UNKNOWN"],
    ["/v2/a/b/blobs/sha256:abc", 400, "DIGEST_INVALID"],
    ["/v2/A/blobs/sha256:abc", 400, "NAME_INVALID"],
  ])("that is missing or misnamed as %s results in %i %s", async (path, status, code) => {
    const ask = serving(await withContent());
    const response = await ask("GET", path);
    expect([response.status, await codes(response)]).toEqual([status, [code]]);
    expect((await ask("HEAD", path)).status).toBe(status);
  });

  it("that is corrupt from its beginning results in 500, and is reported", async () => {
    const told: unknown[] = [];
    const getBlob = async (): Promise<never> => {
      throw new RegistryError("CONTENT_CORRUPT", "stored content has another digest", {
        detail: { expected: "/secret" },
      });
    };
    const ask = serving(defineRegistry({ getBlob }), {
      onError: (error, request) => told.push([error, request.method]),
    });
    const response = await ask("GET", `/v2/a/blobs/${digest}`);
    const text = await response.text();
    expect([response.status, text.includes("CONTENT_CORRUPT"), text.includes("secret")]).toEqual([
      500,
      true,
      false,
    ]);
    expect(told).toEqual([[expect.objectContaining({ code: "CONTENT_CORRUPT" }), "GET"]]);
  });

  it.each([
    [{}, false],
    [{ verifyBlobs: true }, true],
  ])("with the options %j is verified: %s", async (options, verified) => {
    const registry = await withContent();
    const asked: unknown[] = [];
    const { getBlob, getBlobRange } = registry;
    registry.getBlob = async (repo, name, how) => {
      asked.push(how?.verify);
      return getBlob.call(registry, repo, name, how);
    };
    registry.getBlobRange = async (repo, name, range, how) => {
      asked.push(how?.verify);
      return getBlobRange.call(registry, repo, name, range, how);
    };
    const ask = serving(registry, options);
    for (const headers of [{}, { "if-none-match": '"other"' }, { range: "bytes=1-2" }])
      await (await ask("GET", `/v2/a/b/blobs/${digest}`, { headers })).text();
    expect(asked).toEqual([verified, verified, verified]);
  });

  it("that turns out corrupt half-way is broken off, and reported", async () => {
    const told: unknown[] = [];
    const whole = await withContent();
    const getBlob: typeof whole.getBlob = async (...args) => {
      const reader = await whole.getBlob(...args);
      const broken = async function* (): AsyncGenerator<Uint8Array> {
        yield bytes.slice(0, 4);
        throw new RegistryError("CONTENT_CORRUPT");
      };
      return Object.assign(Object.create(reader) as typeof reader, {
        descriptor: reader.descriptor,
        close: async () => undefined,
        [Symbol.asyncIterator]: broken,
      });
    };
    const ask = serving(defineRegistry({ getBlob }), { onError: (error) => told.push(error) });
    const response = await ask("GET", `/v2/a/b/blobs/${digest}`);
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toThrow();
    expect(told).toEqual([expect.objectContaining({ code: "CONTENT_CORRUPT" })]);
  });

  it("is released if the client disconnects", async () => {
    const whole = await withContent();
    let closed = 0;
    const getBlob: typeof whole.getBlob = async (...args) => {
      const reader = await whole.getBlob(...args);
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        for (;;) yield bytes;
      };
      const close = async (): Promise<void> => void (closed += 1);
      return Object.assign(Object.create(reader) as typeof reader, {
        descriptor: reader.descriptor,
        close,
        [Symbol.asyncIterator]: endless,
      });
    };
    const response = await serving(defineRegistry({ getBlob }))("GET", `/v2/a/b/blobs/${digest}`);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(closed).toBe(1);
  });
});

// dist end-3
describe("a manifest", () => {
  it.each(["v1", digest])(
    "is returned by %s, byte for byte, with the type that it was pushed as",
    async (reference) => {
      const ask = serving(await withContent());
      for (const method of ["GET", "HEAD"]) {
        const response = await ask(method, `/v2/a/b/manifests/${reference}`);
        expect(response.status).toBe(200);
        expect(
          headersOf(response, "content-type", "content-length", "docker-content-digest", "etag"),
        ).toEqual({
          "content-type": "application/x-thing",
          "content-length": "10",
          "docker-content-digest": digest,
          etag: `"${digest}"`,
        });
        expect(await response.text()).toBe(method === "GET" ? "0123456789" : "");
      }
    },
  );

  it("is returned with its own type, whatever the Accept header is", async () => {
    const response = await serving(await withContent())("GET", "/v2/a/b/manifests/v1", {
      headers: { accept: "application/vnd.oci.image.index.v1+json" },
    });
    expect(response.headers.get("content-type")).toBe("application/x-thing");
  });

  it("results in 304 if the client has it", async () => {
    const response = await serving(await withContent())("GET", "/v2/a/b/manifests/v1", {
      headers: { "if-none-match": `"${digest}"` },
    });
    expect([response.status, await response.text()]).toEqual([304, ""]);
  });

  it.each([
    ["/v2/a/b/manifests/v2", 404, "MANIFEST_UNKNOWN"],
    [`/v2/a/b/manifests/${missing}`, 404, "MANIFEST_UNKNOWN"],
    ["/v2/none/manifests/v1", 404, "MANIFEST_UNKNOWN"],
    ["/v2/a/b/manifests/-", 400, "NAME_INVALID"],
    ["/v2/a/b/manifests/sha256:abc", 400, "DIGEST_INVALID"],
  ])("that is missing or misnamed as %s results in %i %s", async (path, status, code) => {
    const ask = serving(await withContent());
    const response = await ask("GET", path);
    expect([response.status, await codes(response)]).toEqual([status, [code]]);
    expect((await ask("HEAD", path)).status).toBe(status);
  });
});

describe("a server that is not writable", () => {
  it.each([
    ["PUT", "/v2/a/b/manifests/v1"],
    ["DELETE", "/v2/a/b/manifests/v1"],
    ["DELETE", `/v2/a/b/blobs/${digest}`],
    ["POST", "/v2/a/b/blobs/uploads/"],
    ["POST", `/v2/a/b/blobs/uploads/?mount=${digest}`],
    ["PATCH", "/v2/a/b/blobs/uploads/id"],
    ["PUT", `/v2/a/b/blobs/uploads/id?digest=${digest}`],
    ["DELETE", "/v2/a/b/blobs/uploads/id"],
  ])("answers %s %s with 405, and changes nothing", async (method, path) => {
    const registry = await withContent();
    const response = await asking(createHandler(registry))(method, path, { body: "x" });
    const text = await response.clone().text();
    expect([response.status, await codes(response)]).toEqual([405, ["UNSUPPORTED"]]);
    for (const word of ["read-only", "writable: true", "--writable"]) expect(text).toContain(word);
    expect(await collect(registry.tags("a/b"))).toEqual(["v1"]);
    expect((await registry.resolveBlob("a/b", digest)).size).toBe(10);
  });

  it("mentions no option in a response that no option would change", async () => {
    const response = await asking(createHandler(await withContent()))("PATCH", "/v2/a/b/manifests/v1", {
      body: "x",
    });
    expect([response.status, (await response.text()).includes("writable")]).toEqual([405, false]);
  });

  it("serves reads", async () => {
    const response = await asking(createHandler(await withContent()))("GET", "/v2/a/b/manifests/v1");
    expect(response.status).toBe(200);
  });
});

describe("a request to something that is not an endpoint", () => {
  it.each(["/", "/v1/", "/v2/a", "/v2/a/b/c", "/metrics", "/v2/_catalog/x"])(
    "results in 404: %s",
    async (path) => {
      expect((await serving()("GET", path)).status).toBe(404);
    },
  );

  it.each([
    ["POST", "/v2/", "GET, HEAD"],
    ["PUT", "/v2/a/tags/list", "GET, HEAD"],
    ["GET", "/v2/a/blobs/uploads/", "POST"],
    ["PATCH", "/v2/a/manifests/v1", "GET, HEAD, PUT, DELETE"],
    ["POST", "/v2/a/blobs/uploads/id", "GET, PATCH, PUT, DELETE"],
  ])("results in 405 with the allowed methods: %s of %s", async (method, path, allowed) => {
    const response = await serving()(method, path);
    expect([response.status, response.headers.get("allow")]).toEqual([405, allowed]);
  });
});
