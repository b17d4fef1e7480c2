import { describe, expect, it } from "vitest";

import { findRoute } from "../src/http/route.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("a path", () => {
  it.each([
    ["/v2/", { to: "ping" }],
    ["/v2", { to: "ping" }],
    ["/v2/_catalog", { to: "catalog" }],
    ["/v2/a/tags/list", { to: "tags", repository: "a" }],
    ["/v2/a/b/c/tags/list", { to: "tags", repository: "a/b/c" }],
    ["/v2/a/manifests/v1", { to: "manifest", repository: "a", reference: "v1" }],
    [`/v2/a/manifests/${digest}`, { to: "manifest", repository: "a", reference: digest }],
    [`/v2/a/manifests/${encodeURIComponent(digest)}`, { to: "manifest", repository: "a", reference: digest }],
    [`/v2/a/blobs/${digest}`, { to: "blob", repository: "a", digest }],
    [`/v2/a/referrers/${digest}`, { to: "referrers", repository: "a", digest }],
    ["/v2/a/blobs/uploads/", { to: "uploads", repository: "a" }],
    ["/v2/a/blobs/uploads", { to: "uploads", repository: "a" }],
    ["/v2/a/blobs/uploads/id", { to: "upload", repository: "a", id: "id" }],
    ["/v2/a/blobs/uploads/x%2Fy", { to: "upload", repository: "a", id: "x/y" }],
  ])("%s leads to %j", (path, route) => {
    expect(findRoute(path)).toEqual(route);
  });

  it.each([
    [
      "/v2/manifests/manifests/manifests",
      { to: "manifest", repository: "manifests", reference: "manifests" },
    ],
    ["/v2/a/manifests/b/manifests/c", { to: "manifest", repository: "a/manifests/b", reference: "c" }],
    ["/v2/tags/list/tags/list", { to: "tags", repository: "tags/list" }],
    ["/v2/a/blobs/uploads/manifests/v1", { to: "manifest", repository: "a/blobs/uploads", reference: "v1" }],
    ["/v2/a/blobs/uploads/blobs/uploads/", { to: "uploads", repository: "a/blobs/uploads" }],
    ["/v2/blobs/blobs/uploads/id", { to: "upload", repository: "blobs", id: "id" }],
  ])("%s is parsed from its end", (path, route) => {
    expect(findRoute(path)).toEqual(route);
  });

  it.each([
    "",
    "/",
    "/v1/",
    "v2/",
    "/v22/",
    "//v2/",
    "/v2/a",
    "/v2/a/",
    "/v2/a/b",
    "/v2/tags/list",
    "/v2/a/tags/lists",
    "/v2/manifests/v1",
    "/v2/blobs/uploads/id",
    "/v2/_catalog/x",
  ])("%s leads to no endpoint", (path) => {
    expect(findRoute(path)).toBeUndefined();
  });

  it.each([
    "/v2/a%2Fb/tags/list",
    "/v2/a/manifests/b%2Fc",
    "/v2/a%2fblobs%2fuploads/manifests/x",
    "/v2/%zz/tags/list",
    "/v2/a/blobs/%ff",
    "/v2/a/blobs/uploads/%",
  ])("%s is rejected, because its encoded characters change its meaning", (path) => {
    expect(() => findRoute(path)).toThrow(expect.objectContaining({ code: "NAME_INVALID" }));
  });
});
