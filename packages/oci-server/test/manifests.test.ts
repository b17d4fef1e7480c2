import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { defineRegistry } from "@ocilayout/oci-backend";
import { collect, computeDigest, emptyDescriptor, ociMediaTypes } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import type { Ask } from "./ask.ts";
import { codes, headersOf, serving } from "./ask.ts";

const type = "application/x-thing";
const { digest: one } = await computeDigest(new TextEncoder().encode("one"));
const { digest: two } = await computeDigest(new TextEncoder().encode("two"));
const subject = { mediaType: ociMediaTypes.imageManifest, digest: `sha256:${"5".repeat(64)}`, size: 7 };

async function put(
  ask: Ask,
  reference: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return ask("PUT", `/v2/a/manifests/${reference}`, { headers: { "content-type": type, ...headers }, body });
}

/** Returns the digest that a reference resolves to, or the status if it is missing. */
async function at(ask: Ask, reference: string): Promise<unknown> {
  const response = await ask("HEAD", `/v2/a/manifests/${reference}`);
  return response.status === 200 ? response.headers.get("docker-content-digest") : response.status;
}

// dist end-7a
describe("PUT of a manifest", () => {
  it("by tag results in 201 with its location", async () => {
    const ask = serving();
    const response = await put(ask, "v1", "one");
    expect(response.status).toBe(201);
    expect(headersOf(response, "location", "docker-content-digest", "oci-subject", "oci-tag")).toEqual({
      location: `/v2/a/manifests/${one}`,
      "docker-content-digest": one,
      "oci-subject": null,
      "oci-tag": null,
    });
    expect(await (await ask("GET", "/v2/a/manifests/v1")).text()).toBe("one");
  });

  it("by digest verifies the content", async () => {
    const ask = serving();
    expect((await put(ask, one, "one")).status).toBe(201);
    const response = await put(ask, two, "one");
    expect([response.status, await codes(response)]).toEqual([400, ["DIGEST_INVALID"]]);
  });

  it("takes the type from the Content-Type without parameters, else from the document", async () => {
    const ask = serving();
    await put(ask, "v1", "one", { "content-type": `${type}; charset=utf-8` });
    expect((await ask("HEAD", "/v2/a/manifests/v1")).headers.get("content-type")).toBe(type);
    const body = new Blob([JSON.stringify({ mediaType: "application/x-other" })]).stream();
    expect((await ask("PUT", "/v2/a/manifests/v2", { body })).status).toBe(201);
    expect((await ask("HEAD", "/v2/a/manifests/v2")).headers.get("content-type")).toBe("application/x-other");
    const nameless = await ask("PUT", "/v2/a/manifests/v3", { body: new Blob(["one"]).stream() });
    expect(nameless.status).toBe(400);
  });

  it("with a subject confirms the subject in OCI-Subject", async () => {
    const ask = serving();
    const content = JSON.stringify({
      schemaVersion: 2,
      mediaType: ociMediaTypes.imageIndex,
      manifests: [],
      subject,
    });
    const response = await put(ask, "v1", content, { "content-type": ociMediaTypes.imageIndex });
    expect([response.status, response.headers.get("oci-subject")]).toEqual([201, subject.digest]);
  });

  it("confirms no subject if the registry has no referrers, so that the client maintains the list", async () => {
    const memory = createMemoryRegistry();
    const ask = serving(
      defineRegistry({ pushManifest: memory.pushManifest.bind(memory), capabilities: { referrers: false } }),
    );
    const content = JSON.stringify({
      schemaVersion: 2,
      mediaType: ociMediaTypes.imageIndex,
      manifests: [],
      subject,
    });
    const response = await put(ask, "v1", content, { "content-type": ociMediaTypes.imageIndex });
    expect([response.status, response.headers.get("oci-subject")]).toEqual([201, null]);
  });

  it.each([
    ["is not a manifest", "{", 400, "MANIFEST_INVALID"],
    [
      "has another type than its Content-Type",
      JSON.stringify({ mediaType: ociMediaTypes.imageIndex }),
      400,
      "MANIFEST_INVALID",
    ],
    [
      "references missing content",
      JSON.stringify({ schemaVersion: 2, config: { ...emptyDescriptor, digest: one, size: 3 }, layers: [] }),
      404,
      "MANIFEST_BLOB_UNKNOWN",
    ],
  ])("that %s is rejected", async (_what, body, status, code) => {
    const response = await put(serving(), "v1", body, { "content-type": ociMediaTypes.imageManifest });
    expect([response.status, await codes(response)]).toEqual([status, [code]]);
  });

  it("names the missing references", async () => {
    const body = JSON.stringify({
      schemaVersion: 2,
      config: { ...emptyDescriptor, digest: one, size: 3 },
      layers: [],
    });
    const response = await put(serving(), "v1", body, { "content-type": ociMediaTypes.imageManifest });
    expect(await response.text()).toContain(one);
  });
});

// dist end-7b
describe("PUT by digest with tags", () => {
  it("creates all tags and names them", async () => {
    const ask = serving();
    const response = await put(ask, `${one}?tag=v1&tag=v2&tag=latest`, "one");
    expect([response.status, response.headers.get("oci-tag")]).toEqual([201, "v1, v2, latest"]);
    expect(await Promise.all(["v1", "v2", "latest"].map((tag) => at(ask, tag)))).toEqual([one, one, one]);
  });

  it("creates no tag if one is invalid", async () => {
    const ask = serving();
    const response = await put(ask, `${one}?tag=v1&tag=-`, "one");
    expect([response.status, await codes(response), await at(ask, "v1"), await at(ask, one)]).toEqual([
      400,
      ["NAME_INVALID"],
      404,
      404,
    ]);
  });

  it("accepts at least ten tags", async () => {
    const tags = Array.from({ length: 50 }, (_, i) => `release-${i}`);
    const registry = createMemoryRegistry();
    const response = await put(
      serving(registry),
      `${one}?${tags.map((tag) => `tag=${tag}`).join("&")}`,
      "one",
    );
    expect(response.headers.get("oci-tag")?.split(", ")).toEqual(tags);
    expect(await collect(registry.tags("a"))).toEqual([...tags].sort());
  });

  it("by tag creates that tag, too", async () => {
    const ask = serving();
    expect((await put(ask, "v1?tag=v2", "one")).status).toBe(201);
    expect([await at(ask, "v1"), await at(ask, "v2")]).toEqual([one, one]);
  });
});

describe("the preconditions of a push", () => {
  it.each([
    [{ "if-none-match": "*" }, 412, one],
    [{ "if-match": `"${two}"` }, 412, one],
    [{ "if-match": `W/"${one}"` }, 412, one],
    [{ "if-match": `"${one}"` }, 201, two],
    [{ "if-match": "*" }, 201, two],
    [{ "if-none-match": `"${two}"` }, 400, one],
    [{ "if-match": `"${one}", "${two}"` }, 400, one],
    [{ "if-match": one }, 400, one],
    [{ "if-match": "*", "if-none-match": "*" }, 400, one],
    [{ "if-match": '"v1"' }, 400, one],
  ])("%j on an existing tag result in %i", async (headers, status, then) => {
    const ask = serving();
    await put(ask, "v1", "one");
    expect((await put(ask, "v1", "two", headers as Record<string, string>)).status).toBe(status);
    expect(await at(ask, "v1")).toBe(then);
  });

  it.each([
    [{ "if-none-match": "*" }, 201],
    [{ "if-match": "*" }, 412],
    [{ "if-match": `"${one}"` }, 412],
  ])("%j on a missing tag result in %i", async (headers, status) => {
    expect((await put(serving(), "v1", "one", headers as Record<string, string>)).status).toBe(status);
  });

  it("accept the ETag of a response in If-Match", async () => {
    const ask = serving();
    const etag = (await put(ask, "v1", "one")).headers.get("etag") ?? "";
    expect((await ask("GET", "/v2/a/manifests/v1")).headers.get("etag")).toBe(etag);
    expect((await put(ask, "v1", "two", { "if-match": etag })).status).toBe(201);
    expect((await put(ask, "v1", "one", { "if-match": etag })).status).toBe(412);
  });

  it("of a push by digest concern whether that digest exists", async () => {
    const ask = serving();
    expect((await put(ask, one, "one", { "if-match": "*" })).status).toBe(412);
    expect((await put(ask, one, "one", { "if-match": `"${two}"` })).status).toBe(412);
    expect((await put(ask, one, "one", { "if-none-match": "*" })).status).toBe(201);
    expect((await put(ask, one, "one", { "if-none-match": "*" })).status).toBe(412);
    expect((await put(ask, one, "one", { "if-match": `"${one}"` })).status).toBe(201);
  });
});

// dist end-9
describe("DELETE", () => {
  it("of a tag keeps its manifest", async () => {
    const ask = serving();
    await put(ask, "v1", "one");
    expect((await ask("DELETE", "/v2/a/manifests/v1")).status).toBe(202);
    expect([await at(ask, "v1"), await at(ask, one)]).toEqual([404, one]);
  });

  it("of a manifest removes its tags", async () => {
    const ask = serving();
    await put(ask, `${one}?tag=v1&tag=v2`, "one");
    expect((await ask("DELETE", `/v2/a/manifests/${one}`)).status).toBe(202);
    expect([await at(ask, "v1"), await at(ask, "v2"), await at(ask, one)]).toEqual([404, 404, 404]);
  });

  it.each([
    ["v1", { "if-match": `"${two}"` }, 412],
    ["v1", { "if-match": `"${one}"` }, 202],
    [one, { "if-match": `"${two}"` }, 412],
    [one, { "if-match": `"${one}"` }, 202],
    [one, { "if-none-match": "*" }, 412],
    ["v2", {}, 404],
    [two, {}, 404],
    ["-", {}, 400],
  ])("of %s with %j results in %i", async (reference, headers, status) => {
    const ask = serving();
    await put(ask, "v1", "one");
    const response = await ask("DELETE", `/v2/a/manifests/${reference}`, { headers: headers });
    expect(response.status).toBe(status);
  });

  it("of a child of an index results in 405, and names the index", async () => {
    const ask = serving();
    await put(ask, one, "one");
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: ociMediaTypes.imageIndex,
      manifests: [{ mediaType: type, digest: one, size: 3 }],
    });
    const pushed = await put(ask, "v1", index, { "content-type": ociMediaTypes.imageIndex });
    const response = await ask("DELETE", `/v2/a/manifests/${one}`);
    expect(response.status).toBe(405);
    expect(await response.text()).toContain(pushed.headers.get("docker-content-digest") ?? "none");
  });
});
