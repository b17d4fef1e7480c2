import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { collect, computeDigest } from "@ocilayout/oci-types";
import { describe, expect, it, vi } from "vitest";

import type { AccessRequest, Authorize, Decision } from "../src/index.ts";
import { createHandler } from "../src/index.ts";
import { codes, serving } from "./ask.ts";

const content = new TextEncoder().encode("content");
const { digest } = await computeDigest(content);
const basic: Decision = { scheme: "Basic", realm: "here" };
const bearer: Decision = { scheme: "Bearer", realm: "https://auth.test/token", service: "registry.test" };

/** Allows what `rule` allows, and records the calls. */
function ruling(rule: (access: AccessRequest) => Decision): { authorize: Authorize; asked: AccessRequest[] } {
  const asked: AccessRequest[] = [];
  return { asked, authorize: (_request, access) => (asked.push(access), rule(access)) };
}

describe("authorize", () => {
  it.each([
    ["GET", "/v2/", { repository: undefined, action: "ping" }],
    ["GET", "/v2/_catalog", { repository: undefined, action: "catalog" }],
    ["GET", "/v2/a/b/tags/list", { repository: "a/b", action: "pull" }],
    ["GET", `/v2/a/referrers/${digest}`, { repository: "a", action: "pull" }],
    ["GET", "/v2/a/manifests/v1", { repository: "a", action: "pull" }],
    ["HEAD", "/v2/a/manifests/v1", { repository: "a", action: "pull" }],
    ["PUT", "/v2/a/manifests/v1", { repository: "a", action: "push" }],
    ["DELETE", "/v2/a/manifests/v1", { repository: "a", action: "delete" }],
    ["GET", `/v2/a/blobs/${digest}`, { repository: "a", action: "pull" }],
    ["DELETE", `/v2/a/blobs/${digest}`, { repository: "a", action: "delete" }],
    ["POST", "/v2/a/blobs/uploads/", { repository: "a", action: "push" }],
    ["PATCH", "/v2/a/blobs/uploads/id", { repository: "a", action: "push" }],
    ["PUT", "/v2/a/blobs/uploads/id", { repository: "a", action: "push" }],
    ["GET", "/v2/a/blobs/uploads/id", { repository: "a", action: "push" }],
    ["DELETE", "/v2/a/blobs/uploads/id", { repository: "a", action: "push" }],
  ])(
    "is called for %s %s before anything else, and a denial is 403 whether the content exists or not",
    async (method, path, access) => {
      const { authorize, asked } = ruling(() => "deny");
      const registry = createMemoryRegistry();
      const response = await serving(registry, { authorize })(
        method,
        path,
        method === "PUT" ? { body: "x" } : {},
      );
      expect([response.status, asked]).toEqual([403, [access]]);
      if (method !== "HEAD") expect(await codes(response)).toEqual(["DENIED"]);
      expect(await collect(registry.repositories())).toEqual([]);
    },
  );

  it("receives the headers, so that it can identify the client", async () => {
    const authorize: Authorize = ({ headers }) =>
      headers.get("authorization") === "Basic dTpw" ? "allow" : basic;
    const ask = serving(createMemoryRegistry(), { authorize });
    expect((await ask("GET", "/v2/")).status).toBe(401);
    expect((await ask("GET", "/v2/", { headers: { authorization: "Basic dTpw" } })).status).toBe(200);
  });

  it("that fails results in 500, is reported, and grants nothing", async () => {
    const told = vi.fn();
    const failing: Authorize = () => {
      throw new Error("the database /var/db is down");
    };
    const response = await serving(createMemoryRegistry(), { authorize: failing, onError: told })(
      "GET",
      "/v2/",
    );
    const text = await response.text();
    expect([response.status, text.includes("/var/db")]).toEqual([500, false]);
    expect(told).toHaveBeenCalledOnce();
  });

  it.each([undefined, true, "yes", { scheme: "Digest", realm: "x" }])(
    "that returns %j grants nothing",
    async (decision) => {
      const response = await serving(createMemoryRegistry(), { authorize: () => decision as Decision })(
        "GET",
        "/v2/",
      );
      expect(response.status).toBe(500);
    },
  );

  it("is not called if the name is invalid", async () => {
    const { authorize, asked } = ruling(() => "allow");
    const response = await serving(createMemoryRegistry(), { authorize })("GET", "/v2/A/tags/list");
    expect([response.status, asked]).toEqual([400, []]);
  });
});

describe("a challenge of authorize", () => {
  it.each<[string, string, Decision, string]>([
    ["GET", "/v2/", basic, 'Basic realm="here",charset="UTF-8"'],
    ["GET", "/v2/", bearer, 'Bearer realm="https://auth.test/token",service="registry.test"'],
    [
      "GET",
      "/v2/a/b/tags/list",
      bearer,
      'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:pull"',
    ],
    [
      "PUT",
      "/v2/a/b/manifests/v1",
      bearer,
      'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:pull,push"',
    ],
    [
      "DELETE",
      "/v2/a/b/manifests/v1",
      bearer,
      'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:delete"',
    ],
    [
      "GET",
      "/v2/_catalog",
      bearer,
      'Bearer realm="https://auth.test/token",service="registry.test",scope="registry:catalog:*"',
    ],
    [
      "GET",
      "/v2/a/tags/list",
      { ...bearer, error: "insufficient_scope" },
      'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a:pull",error="insufficient_scope"',
    ],
    ["GET", "/v2/", { scheme: "Basic", realm: 'a "b" \\c' }, 'Basic realm="a \\"b\\" \\\\c",charset="UTF-8"'],
  ])("for %s %s that is %j results in 401 with the header %s", async (method, path, decision, header) => {
    const response = await serving(createMemoryRegistry(), { authorize: () => decision })(method, path);
    expect([response.status, response.headers.get("www-authenticate"), await codes(response)]).toEqual([
      401,
      header,
      ["UNAUTHORIZED"],
    ]);
  });

  it("that is not a valid header results in 500, and injects no other header", async () => {
    const decision: Decision = { scheme: "Basic", realm: "x\r\nset-cookie: y" };
    const response = await serving(createMemoryRegistry(), { authorize: () => decision })("GET", "/v2/");
    expect([
      response.status,
      response.headers.get("www-authenticate"),
      response.headers.get("set-cookie"),
    ]).toEqual([500, null, null]);
  });
});

describe("authorize and a mount", () => {
  const mount = `/v2/b/blobs/uploads/?mount=${digest}&from=a`;

  it("calls authorize for the source, too", async () => {
    const registry = createMemoryRegistry();
    await registry.pushBlob("a", { digest }, content);
    const { authorize, asked } = ruling(() => "allow");
    const response = await serving(registry, { authorize })("POST", mount);
    expect([response.status, asked]).toEqual([
      201,
      [
        { repository: "b", action: "push" },
        { repository: "a", action: "pull" },
      ],
    ]);
  });

  it.each<Decision>(["deny", bearer])(
    "becomes an upload, as if the source were missing, if the source may not be read: %j",
    async (decision) => {
      const registry = createMemoryRegistry();
      await registry.pushBlob("a", { digest }, content);
      const { authorize } = ruling(({ repository }) => (repository === "a" ? decision : "allow"));
      const response = await serving(registry, { authorize })("POST", mount);
      expect(response.status).toBe(202);
      await expect(registry.resolveBlob("b", digest)).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    },
  );

  it.each(["x%0Ay", "UPPER", "..%2F..", "a//b", ""])(
    "becomes an upload without a call for its source if the source's name is invalid: %j",
    async (from) => {
      const { authorize, asked } = ruling(({ repository }) => (repository === "b" ? "allow" : bearer));
      const response = await serving(createMemoryRegistry(), { authorize })(
        "POST",
        `/v2/b/blobs/uploads/?mount=${digest}&from=${from}`,
      );
      expect([response.status, asked]).toEqual([202, [{ repository: "b", action: "push" }]]);
    },
  );

  it("becomes an upload under rules if it has no source, because the client may lack access to the source", async () => {
    const registry = createMemoryRegistry();
    await registry.pushBlob("a", { digest }, content);
    const { authorize } = ruling(() => "allow");
    const response = await serving(registry, { authorize })("POST", `/v2/b/blobs/uploads/?mount=${digest}`);
    expect(response.status).toBe(202);
  });
});

describe("a server over a registry with shared blobs", () => {
  const registry = createMemoryRegistry({ repositoryScopedBlobs: false });

  it("rejects authorize with a TypeError, because rules per repository would protect nothing", () => {
    expect(() => createHandler(registry, { authorize: () => "allow" })).toThrow(TypeError);
  });

  it("accepts authorize with allowSharedBlobs", async () => {
    expect(
      (await serving(registry, { authorize: () => "deny", allowSharedBlobs: true })("GET", "/v2/")).status,
    ).toBe(403);
  });
});
