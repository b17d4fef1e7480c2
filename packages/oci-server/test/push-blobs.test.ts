import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { defineRegistry } from "@ocilayout/oci-backend";
import { computeDigest, ociMediaTypes, RegistryError } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import type { Ask } from "./ask.ts";
import { codes, headersOf, serving } from "./ask.ts";

const content = "0123456789";
const { digest } = await computeDigest(new TextEncoder().encode(content));
const { digest: digest512 } = await computeDigest(new TextEncoder().encode(content), { algorithm: "sha512" });
const missing = `sha256:${"0".repeat(64)}`;

/** Starts an upload, and returns its location. */
async function start(ask: Ask, query: string = ""): Promise<string> {
  const response = await ask("POST", `/v2/a/blobs/uploads/${query}`);
  expect(response.status).toBe(202);
  return response.headers.get("location") ?? "";
}

async function read(ask: Ask, path: string): Promise<unknown> {
  const response = await ask("GET", path);
  return response.status === 200 ? response.text() : response.status;
}

// dist end-4a
describe("an upload", () => {
  it("starts empty, under an id of its own", async () => {
    const response = await serving()("POST", "/v2/a/b/blobs/uploads/");
    expect(response.status).toBe(202);
    expect(headersOf(response, "range", "upload-offset", "content-length")).toEqual({
      range: "0-0",
      "upload-offset": "0",
      "content-length": "0",
    });
    const id = response.headers.get("docker-upload-uuid") ?? "";
    expect(response.headers.get("location")).toBe(`/v2/a/b/blobs/uploads/${id}`);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  // dist end-6
  it("ends with a PUT of all content", async () => {
    const ask = serving();
    const response = await ask("PUT", `${await start(ask)}?digest=${digest}`, { body: content });
    expect(response.status).toBe(201);
    expect(headersOf(response, "location", "docker-content-digest")).toEqual({
      location: `/v2/a/blobs/${digest}`,
      "docker-content-digest": digest,
    });
    expect(await read(ask, `/v2/a/blobs/${digest}`)).toBe(content);
  });

  // dist end-5
  it("is sent chunk by chunk, and ends with an empty PUT or the last chunk", async () => {
    for (const last of ["", "789"]) {
      const ask = serving();
      let location = await start(ask);
      for (const [range, body] of [
        ["0-3", "0123"],
        ["4-6", "456"],
        ...(last === "" ? [["7-9", "789"]] : []),
      ]) {
        const response = await ask("PATCH", location, {
          headers: { "content-range": range ?? "" },
          body: body ?? "",
        });
        expect([response.status, response.headers.get("range")]).toEqual([
          202,
          `0-${(range ?? "").split("-")[1] ?? ""}`,
        ]);
        location = response.headers.get("location") ?? "";
      }
      const put = await ask(
        "PUT",
        `${location}?digest=${digest}`,
        last === "" ? {} : { headers: { "content-range": "7-9" }, body: last },
      );
      expect(put.status).toBe(201);
      expect(await read(ask, `/v2/a/blobs/${digest}`)).toBe(content);
    }
  });

  it("takes a chunk without a Content-Range as the next, as docker sends it", async () => {
    const ask = serving();
    const location = await start(ask);
    await ask("PATCH", location, { body: "01234" });
    const response = await ask("PATCH", location, { body: "56789" });
    expect([response.status, response.headers.get("range")]).toEqual([202, "0-9"]);
    expect((await ask("PUT", `${location}?digest=${digest}`)).status).toBe(201);
  });

  // dist end-13
  it("reports its offset", async () => {
    const ask = serving();
    const location = await start(ask);
    await ask("PATCH", location, { body: "01234" });
    const response = await ask("GET", location);
    expect(response.status).toBe(204);
    expect(headersOf(response, "location", "range", "upload-offset")).toEqual({
      location,
      range: "0-4",
      "upload-offset": "5",
    });
  });

  it.each([
    ["PATCH", "6-9", ""],
    ["PATCH", "0-3", ""],
    ["PUT", "6-9", `?digest=${digest}`],
  ])(
    "rejects a chunk out of order by %s %s with 416 and its offset, and can be continued",
    async (method, range, query) => {
      const ask = serving();
      const location = await start(ask);
      await ask("PATCH", location, { headers: { "content-range": "0-4" }, body: "01234" });
      const response = await ask(method, location + query, {
        headers: { "content-range": range },
        body: "6789",
      });
      expect([response.status, await codes(response)]).toEqual([416, ["RANGE_INVALID"]]);
      expect(headersOf(response, "location", "range")).toEqual({ location, range: "0-4" });
      const put = await ask("PUT", `${location}?digest=${digest}`, {
        headers: { "content-range": "5-9" },
        body: "56789",
      });
      expect(put.status).toBe(201);
    },
  );

  it.each(["bytes 0-3/4", "3-0", "x"])(
    "rejects an invalid Content-Range with 400, and writes nothing: %s",
    async (range) => {
      const ask = serving();
      const location = await start(ask);
      expect(
        (await ask("PATCH", location, { headers: { "content-range": range }, body: "0123" })).status,
      ).toBe(400);
      expect((await ask("GET", location)).headers.get("upload-offset")).toBe("0");
    },
  );

  it.each([
    ["is longer", "0-2", "0123456"],
    ["is shorter", "0-6", "012"],
  ])("rejects a chunk that %s than its Content-Range", async (_what, range, body) => {
    const ask = serving();
    const location = await start(ask);
    const stream = new Blob([body]).stream();
    const response = await ask("PATCH", location, { headers: { "content-range": range }, body: stream });
    expect([400, 413]).toContain(response.status);
    expect(await codes(response)).toEqual(["SIZE_INVALID"]);
  });

  it("rejects a chunk before it is read if its Content-Length and Content-Range disagree", async () => {
    const ask = serving();
    const location = await start(ask);
    const response = await ask("PATCH", location, {
      headers: { "content-range": "0-5", "content-length": "4" },
      body: "0123",
    });
    expect([response.status, await codes(response)]).toEqual([400, ["SIZE_INVALID"]]);
    expect((await ask("GET", location)).headers.get("upload-offset")).toBe("0");
  });

  it("rejects a digest mismatch with 400, and stores nothing", async () => {
    const ask = serving();
    const response = await ask("PUT", `${await start(ask)}?digest=${missing}`, { body: content });
    expect([response.status, await codes(response)]).toEqual([400, ["DIGEST_INVALID"]]);
    expect(await read(ask, `/v2/a/blobs/${missing}`)).toBe(404);
  });

  it.each(["", "?digest=", "?digest=sha256:abc", "?digest=md5:d41d8cd98f00b204e9800998ecf8427e"])(
    "does not end with the query %j, and continues",
    async (query) => {
      const ask = serving();
      const location = await start(ask);
      const response = await ask("PUT", location + query);
      expect([response.status, await codes(response)]).toEqual([400, ["DIGEST_INVALID"]]);
      expect((await ask("PUT", `${location}?digest=${digest}`, { body: content })).status).toBe(201);
    },
  );

  // dist end-14
  it("can be cancelled, and is gone then", async () => {
    const ask = serving();
    const location = await start(ask);
    expect((await ask("DELETE", location)).status).toBe(204);
    for (const method of ["GET", "PATCH", "DELETE"]) expect((await ask(method, location)).status).toBe(404);
    const put = await ask("PUT", `${location}?digest=${digest}`, { body: content });
    expect([put.status, await codes(put)]).toEqual([404, ["BLOB_UPLOAD_UNKNOWN"]]);
  });

  it("belongs to one repository", async () => {
    const ask = serving();
    const location = (await start(ask)).replace("/v2/a/", "/v2/b/");
    const response = await ask("GET", location);
    expect(response.status).toBe(404);
    expect((await ask("PATCH", location, { body: content })).status).toBe(404);
  });

  it.each(["..%2F..%2Fvictim", "%2e%2e%2fvictim", "%00", "x".repeat(300)])(
    "is not found under the made-up id %s",
    async (id) => {
      expect((await serving()("GET", `/v2/a/blobs/uploads/${id}`)).status).toBe(404);
    },
  );

  // dist end-4c
  it("is hashed by the requested algorithm", async () => {
    const ask = serving();
    const location = await start(ask, "?digest-algorithm=sha512");
    await ask("PATCH", location, { body: content });
    const response = await ask("PUT", `${location}?digest=${digest512}`);
    expect([response.status, response.headers.get("location")]).toEqual([201, `/v2/a/blobs/${digest512}`]);
  });

  // dist end-4c
  it("rejects an unknown algorithm with 400", async () => {
    const response = await serving()("POST", "/v2/a/blobs/uploads/?digest-algorithm=md5");
    expect([response.status, await codes(response)]).toEqual([400, ["DIGEST_INVALID"]]);
  });

  it("continues at the end of an interrupted body", async () => {
    const ask = serving();
    const location = await start(ask);
    const breaking: ReadableStream<Uint8Array> = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode("0123"));
      },
      pull: (controller) => {
        controller.error(new Error("reset"));
      },
    });
    const response = await ask("PATCH", location, { body: breaking });
    expect([response.status, await codes(response)]).toEqual([400, ["BLOB_UPLOAD_INVALID"]]);
    const offset = Number((await ask("GET", location)).headers.get("upload-offset"));
    const put = await ask("PUT", `${location}?digest=${digest}`, {
      headers: { "content-range": `${offset}-9` },
      body: content.slice(offset),
    });
    expect(put.status).toBe(201);
  });

  it("has one writing request at a time", async () => {
    const ask = serving();
    const location = await start(ask);
    let finish: () => void = () => undefined;
    const slow: ReadableStream<Uint8Array> = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode("01234"));
        finish = () => {
          controller.enqueue(new TextEncoder().encode("56789"));
          controller.close();
        };
      },
    });
    const first = ask("PATCH", location, { body: slow });
    const second = await ask("PATCH", location, { body: "xxxxx" });
    expect([second.status, await codes(second)]).toEqual([400, ["BLOB_UPLOAD_INVALID"]]);
    finish();
    expect((await first).status).toBe(202);
    expect((await ask("PUT", `${location}?digest=${digest}`)).status).toBe(201);
  });
});

// dist end-4b
describe("a whole blob in one POST", () => {
  it("is stored", async () => {
    const ask = serving();
    const response = await ask("POST", `/v2/a/blobs/uploads/?digest=${digest}`, {
      headers: { "content-length": "10" },
      body: content,
    });
    expect(response.status).toBe(201);
    expect(headersOf(response, "location", "docker-content-digest")).toEqual({
      location: `/v2/a/blobs/${digest}`,
      "docker-content-digest": digest,
    });
    expect(await read(ask, `/v2/a/blobs/${digest}`)).toBe(content);
  });

  it.each([
    [missing, "10", 400, "DIGEST_INVALID"],
    [digest, "9", 400, "SIZE_INVALID"],
    [digest, "11", 400, "SIZE_INVALID"],
    ["sha256:abc", "10", 400, "DIGEST_INVALID"],
  ])("with the digest %s and length %s results in %i %s", async (wrong, length, status, code) => {
    const ask = serving();
    const response = await ask("POST", `/v2/a/blobs/uploads/?digest=${wrong}`, {
      headers: { "content-length": length },
      body: content,
    });
    expect([response.status, await codes(response)]).toEqual([status, [code]]);
    expect(await read(ask, `/v2/a/blobs/${digest}`)).toBe(404);
  });

  it("may be empty", async () => {
    const ask = serving();
    const { digest: empty } = await computeDigest(new Uint8Array());
    expect((await ask("POST", `/v2/a/blobs/uploads/?digest=${empty}`)).status).toBe(201);
    expect(await read(ask, `/v2/a/blobs/${empty}`)).toBe("");
  });
});

// dist end-11
describe("a mount", () => {
  it.each(["&from=a", ""])("makes the blob visible in the other repository (%s)", async (from) => {
    const ask = serving();
    await ask("POST", `/v2/a/blobs/uploads/?digest=${digest}`, { body: content });
    const response = await ask("POST", `/v2/b/blobs/uploads/?mount=${digest}${from}`);
    expect(response.status).toBe(201);
    expect(headersOf(response, "location", "docker-content-digest")).toEqual({
      location: `/v2/b/blobs/${digest}`,
      "docker-content-digest": digest,
    });
    expect(await read(ask, `/v2/b/blobs/${digest}`)).toBe(content);
  });

  it.each(["&from=a", "&from=none", ""])("of a missing blob becomes an upload (%s)", async (from) => {
    const ask = serving();
    const response = await ask("POST", `/v2/b/blobs/uploads/?mount=${digest}${from}`);
    expect(response.status).toBe(202);
    expect(
      (await ask("PUT", `${response.headers.get("location") ?? ""}?digest=${digest}`, { body: content }))
        .status,
    ).toBe(201);
  });

  it("by a registry that cannot mount becomes an upload", async () => {
    const memory = createMemoryRegistry();
    const ask = serving(defineRegistry({ pushBlobChunked: memory.pushBlobChunked.bind(memory) }));
    expect((await ask("POST", `/v2/b/blobs/uploads/?mount=${digest}&from=a`)).status).toBe(202);
  });

  it.each([
    ["a source whose name is invalid here", `mount=${digest}&from=Upper/Case`],
    ["a source with a line feed", `mount=${digest}&from=a%0Ab`],
    ["an empty source", `mount=${digest}&from=`],
    ["a malformed digest", "mount=sha256:abc&from=a"],
    ["a digest of an unknown algorithm", "mount=md5:d41d8cd98f00b204e9800998ecf8427e&from=a"],
    ["an empty digest", "mount=&from=a"],
  ])("of %s becomes an upload, as in CNCF Distribution", async (_what, query) => {
    const ask = serving();
    const response = await ask("POST", `/v2/b/blobs/uploads/?${query}`);
    expect(response.status).toBe(202);
    expect(
      (await ask("PUT", `${response.headers.get("location") ?? ""}?digest=${digest}`, { body: content }))
        .status,
    ).toBe(201);
  });

  it.each(["NAME_INVALID", "DIGEST_INVALID", "DENIED", "CONTENT_CORRUPT"] as const)(
    "that the registry rejects with %s becomes an upload",
    async (code) => {
      const memory = createMemoryRegistry();
      const mountBlob = async (): Promise<never> => {
        throw new RegistryError(code);
      };
      const ask = serving(
        defineRegistry({ pushBlobChunked: memory.pushBlobChunked.bind(memory), mountBlob }),
      );
      expect((await ask("POST", `/v2/b/blobs/uploads/?mount=${digest}&from=a`)).status).toBe(202);
    },
  );

  it("that fails in the storage results in that failure", async () => {
    const mountBlob = async (): Promise<never> => {
      throw new RegistryError("STORAGE_FAILED");
    };
    const response = await serving(defineRegistry({ mountBlob }))(
      "POST",
      `/v2/b/blobs/uploads/?mount=${digest}&from=a`,
    );
    expect([response.status, await codes(response)]).toEqual([500, ["STORAGE_FAILED"]]);
  });

  it("into a repository with an invalid name results in 400", async () => {
    const response = await serving()("POST", `/v2/B/blobs/uploads/?mount=${digest}&from=a`);
    expect([response.status, await codes(response)]).toEqual([400, ["NAME_INVALID"]]);
  });
});

// dist end-10
describe("DELETE of a blob", () => {
  it("results in 202, and the blob is gone", async () => {
    const ask = serving();
    await ask("POST", `/v2/a/blobs/uploads/?digest=${digest}`, { body: content });
    expect((await ask("DELETE", `/v2/a/blobs/${digest}`)).status).toBe(202);
    expect(await read(ask, `/v2/a/blobs/${digest}`)).toBe(404);
    expect((await ask("DELETE", `/v2/a/blobs/${digest}`)).status).toBe(404);
  });

  it("that a manifest references results in 405", async () => {
    const ask = serving();
    await ask("POST", `/v2/a/blobs/uploads/?digest=${digest}`, { body: content });
    const body = JSON.stringify({
      schemaVersion: 2,
      config: { mediaType: "application/x-config", digest, size: content.length },
      layers: [],
    });
    expect(
      (
        await ask("PUT", "/v2/a/manifests/v1", {
          headers: { "content-type": ociMediaTypes.imageManifest },
          body,
        })
      ).status,
    ).toBe(201);
    const response = await ask("DELETE", `/v2/a/blobs/${digest}`);
    expect([response.status, await codes(response)]).toEqual([405, ["DENIED"]]);
    expect(await read(ask, `/v2/a/blobs/${digest}`)).toBe(content);
  });

  it("by a registry that cannot delete results in 405", async () => {
    const response = await serving(defineRegistry({}))("DELETE", `/v2/a/blobs/${digest}`);
    expect([response.status, await codes(response)]).toEqual([405, ["UNSUPPORTED"]]);
  });
});
