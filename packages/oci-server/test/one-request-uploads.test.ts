import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import type { BlobSource, Registry } from "@ocilayout/oci-types";
import { defineRegistry } from "@ocilayout/oci-backend";
import { computeDigest } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import type { Ask } from "./ask.ts";
import { codes, headersOf, serving } from "./ask.ts";

const content = "0123456789";
const { digest } = await computeDigest(new TextEncoder().encode(content));
const { digest: empty } = await computeDigest(new Uint8Array());

/** Makes a registry that keeps no uploads. It declares that in its capabilities, or only rejects them. */
function withoutUploads(says: boolean, pushed?: (source: BlobSource) => BlobSource): Registry {
  const memory = createMemoryRegistry();
  const { getBlob, mountBlob, resolveBlob } = memory;
  return defineRegistry({
    getBlob: getBlob.bind(memory),
    mountBlob: mountBlob.bind(memory),
    resolveBlob: resolveBlob.bind(memory),
    pushBlob: (repo, descriptor, source, options) =>
      memory.pushBlob(repo, descriptor, pushed === undefined ? source : pushed(source), options),
    ...(says ? { capabilities: { resumableUploads: false } } : {}),
  });
}

async function start(ask: Ask, query: string = ""): Promise<string> {
  const response = await ask("POST", `/v2/a/blobs/uploads/${query}`);
  expect([response.status, headersOf(response, "range", "upload-offset")]).toEqual([
    202,
    { range: "0-0", "upload-offset": "0" },
  ]);
  return response.headers.get("location") ?? "";
}

describe.each([true, false])("a registry without upload sessions (declared: %s)", (says) => {
  it("accepts a blob by POST and PUT", async () => {
    const ask = serving(withoutUploads(says));
    const location = await start(ask);
    expect((await ask("GET", location)).headers.get("upload-offset")).toBe("0");
    const response = await ask("PUT", `${location}?digest=${digest}`, { body: content });
    expect([response.status, response.headers.get("location")]).toEqual([201, `/v2/a/blobs/${digest}`]);
    expect(await (await ask("GET", `/v2/a/blobs/${digest}`)).text()).toBe(content);
    expect((await ask("PUT", `${location}?digest=${digest}`, { body: content })).status).toBe(404);
  });

  it("accepts a blob by one POST, after a mount that is not possible, and with no content", async () => {
    const ask = serving(withoutUploads(says));
    expect((await ask("POST", `/v2/a/blobs/uploads/?digest=${digest}`, { body: content })).status).toBe(201);
    const location = await start(ask, `?mount=${empty}&from=b`);
    expect((await ask("PUT", `${location}?digest=${empty}`)).status).toBe(201);
  });

  it("accepts a blob again after it was interrupted or had a digest mismatch", async () => {
    const ask = serving(withoutUploads(says));
    const location = await start(ask);
    expect((await ask("PUT", `${location}?digest=${digest}`, { body: "x" })).status).toBe(400);
    expect((await ask("PUT", `${location}?digest=${digest}`)).status).toBe(400);
    expect(
      (
        await ask("PUT", `${location}?digest=${digest}`, {
          headers: { "content-range": "0-9" },
          body: content,
        })
      ).status,
    ).toBe(201);
  });

  it("rejects chunks, and names the accepted requests", async () => {
    const ask = serving(withoutUploads(says));
    const location = await start(ask);
    const response = await ask("PATCH", location, { body: "0123" });
    expect(response.status).toBe(405);
    expect(await response.text()).toMatch(/UNSUPPORTED.*one PUT after a POST/);
    expect(
      (
        await ask("PUT", `${location}?digest=${digest}`, {
          headers: { "content-range": "4-9" },
          body: "456789",
        })
      ).status,
    ).toBe(416);
    expect((await ask("PUT", `${location}?digest=${digest}`, { body: content })).status).toBe(201);
  });

  it("knows its uploads by repository, until they are cancelled", async () => {
    const ask = serving(withoutUploads(says));
    const location = await start(ask);
    expect((await ask("GET", location.replace("/a/", "/b/"))).status).toBe(404);
    expect((await ask("DELETE", location)).status).toBe(204);
    for (const method of ["GET", "PATCH", "DELETE"]) {
      const response = await ask(method, location, method === "PATCH" ? { body: "x" } : {});
      expect([response.status, await codes(response)]).toEqual([404, ["BLOB_UPLOAD_UNKNOWN"]]);
    }
  });

  it("allows as many started uploads as the server's limit", async () => {
    const ask = serving(withoutUploads(says), { limits: { maxUploadSessions: 2, clientPercent: 100 } });
    const [first, , third] = [await start(ask), await start(ask), await start(ask)];
    expect([(await ask("GET", first)).status, (await ask("GET", third)).status]).toEqual([404, 204]);
  });

  it("rejects a digest of an unknown algorithm", async () => {
    expect(
      (await serving(withoutUploads(says))("POST", "/v2/a/blobs/uploads/?digest-algorithm=md5")).status,
    ).toBe(400);
  });
});

it("content is pushed while it arrives, one request at a time", async () => {
  let first: (() => void) | undefined;
  const arrived: Promise<void> = new Promise((resolve) => {
    first = resolve;
  });
  const watching = async function* (source: BlobSource): AsyncGenerator<Uint8Array> {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      first?.();
      yield chunk;
    }
  };
  const ask = serving(withoutUploads(true, (source) => watching(source)));
  const location = await start(ask);
  const { readable, writable }: TransformStream<Uint8Array, Uint8Array> = new TransformStream();
  const writer = writable.getWriter();
  const put = ask("PUT", `${location}?digest=${digest}`, { body: readable });
  await writer.write(new TextEncoder().encode("01234"));
  await arrived;
  const second = await ask("PUT", `${location}?digest=${digest}`, { body: content });
  expect([second.status, await codes(second)]).toEqual([400, ["BLOB_UPLOAD_INVALID"]]);
  expect((await ask("DELETE", location)).status).toBe(400);
  await writer.write(new TextEncoder().encode("56789"));
  await writer.close();
  expect((await put).status).toBe(201);
});
