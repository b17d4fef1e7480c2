import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { defineRegistry } from "@ocilayout/oci-backend";
import { computeDigest, ociMediaTypes, RegistryError } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import type { Ask } from "./ask.ts";
import { codes, serving } from "./ask.ts";

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function withTags(...tags: string[]): Promise<ReturnType<typeof createMemoryRegistry>> {
  const registry = createMemoryRegistry();
  await registry.pushManifest("a/b", bytes("one"), "application/x-thing", { tags });
  return registry;
}

/** Follows the links from `path`. Returns the items of each page. */
async function follow<Page>(ask: Ask, path: string, pageOf: (body: never) => Page): Promise<Page[]> {
  const pages: Page[] = [];
  for (let next: string | undefined = path; next !== undefined;) {
    const response: Response = await ask("GET", next);
    expect(response.status).toBe(200);
    pages.push(pageOf((await response.json()) as never));
    next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];
  }
  return pages;
}

const tagsOf = ({ tags }: { tags: string[] }): string[] => tags;

// dist end-8a
describe("the tags of a repository", () => {
  it("are listed in order, with the repository's name", async () => {
    const response = await serving(await withTags("b", "B", "a"))("GET", "/v2/a/b/tags/list");
    expect([response.status, response.headers.get("content-type"), response.headers.get("link")]).toEqual([
      200,
      "application/json",
      null,
    ]);
    expect(await response.json()).toEqual({ name: "a/b", tags: ["B", "a", "b"] });
  });

  it("may be an empty list", async () => {
    const registry = await withTags("v1");
    await registry.deleteTag("a/b", "v1");
    expect(await (await serving(registry)("GET", "/v2/a/b/tags/list")).json()).toEqual({
      name: "a/b",
      tags: [],
    });
  });

  it("of a missing repository result in 404", async () => {
    const response = await serving()("GET", "/v2/none/tags/list");
    expect([response.status, await codes(response)]).toEqual([404, ["NAME_UNKNOWN"]]);
  });

  it("have the length of their list in a HEAD response", async () => {
    const ask = serving(await withTags("v1"));
    const [head, get] = [await ask("HEAD", "/v2/a/b/tags/list"), await ask("GET", "/v2/a/b/tags/list")];
    expect([head.status, await head.text(), head.headers.get("content-length")]).toEqual([
      200,
      "",
      String((await get.text()).length),
    ]);
  });
});

// dist end-8b
describe("a page of tags", () => {
  it.each([
    ["?n=2", ["a", "b"], '</v2/a/b/tags/list?n=2&last=b>; rel="next"'],
    ["?n=2&last=b", ["c", "d"], null],
    ["?n=4", ["a", "b", "c", "d"], null],
    ["?n=0", [], null],
    ["?last=b", ["c", "d"], null],
    ["?last=bb", ["c", "d"], null],
    ["?last=", ["a", "b", "c", "d"], null],
    ["?last=d", [], null],
    ["?n=999999999999", ["a", "b", "c", "d"], null],
  ])("for %s is %j", async (query, tags, link) => {
    const response = await serving(await withTags("a", "b", "c", "d"))("GET", `/v2/a/b/tags/list${query}`);
    expect([await response.json(), response.headers.get("link")]).toEqual([{ name: "a/b", tags }, link]);
  });

  it.each(["-1", "x", "1.5", "", "1e3", "9999999999999999"])("for n=%s is rejected with 400", async (n) => {
    expect((await serving(await withTags("a"))("GET", `/v2/a/b/tags/list?n=${n}`)).status).toBe(400);
  });

  it("leads to the next by a link, so that each tag is found once", async () => {
    const ask = serving(await withTags("a", "b", "c", "d", "e"));
    expect(await follow(ask, "/v2/a/b/tags/list?n=2", tagsOf)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
  });

  it("is never longer than the server's limit", async () => {
    const ask = serving(await withTags("a", "b", "c"), { limits: { maxPageSize: 2 } });
    expect(await follow(ask, "/v2/a/b/tags/list", tagsOf)).toEqual([["a", "b"], ["c"]]);
    expect(await follow(ask, "/v2/a/b/tags/list?n=3", tagsOf)).toEqual([["a", "b"], ["c"]]);
  });
});

describe("the catalog", () => {
  it("lists the repositories, page by page", async () => {
    const registry = createMemoryRegistry();
    for (const name of ["b", "a/x", "a"])
      await registry.pushManifest(name, bytes("one"), "application/x-thing");
    const ask = serving(registry);
    expect(await (await ask("GET", "/v2/_catalog")).json()).toEqual({ repositories: ["a", "a/x", "b"] });
    const pages = await follow(
      ask,
      "/v2/_catalog?n=1",
      ({ repositories }: { repositories: string[] }) => repositories,
    );
    expect(pages).toEqual([["a"], ["a/x"], ["b"]]);
  });

  it("is 405 if the registry has no list of repositories", async () => {
    const response = await serving(defineRegistry({}))("GET", "/v2/_catalog");
    expect([response.status, await codes(response)]).toEqual([405, ["UNSUPPORTED"]]);
  });
});

// dist end-12a
describe("the referrers of a manifest", () => {
  const digest = `sha256:${"5".repeat(64)}`;
  const path = `/v2/a/referrers/${digest}`;

  async function withReferrers(
    count: number,
    annotation = "x",
  ): Promise<ReturnType<typeof createMemoryRegistry>> {
    const registry = createMemoryRegistry();
    for (let i = 0; i < count; i += 1) {
      const subject = { mediaType: ociMediaTypes.imageManifest, digest, size: 7 };
      const index = {
        schemaVersion: 2,
        mediaType: ociMediaTypes.imageIndex,
        artifactType: `application/x-${i % 2}`,
        manifests: [],
        subject,
        annotations: { i: `${i}${annotation}` },
      };
      await registry.pushManifest("a", bytes(JSON.stringify(index)), ociMediaTypes.imageIndex);
    }
    return registry;
  }

  interface Index {
    readonly manifests: { digest: string; artifactType: string; annotations: unknown }[];
  }

  it("are returned as an image index", async () => {
    const response = await serving(await withReferrers(2))("GET", path);
    expect([
      response.status,
      response.headers.get("content-type"),
      response.headers.get("oci-filters-applied"),
    ]).toEqual([200, ociMediaTypes.imageIndex, null]);
    const index = (await response.json()) as Index;
    expect(index).toMatchObject({ schemaVersion: 2, mediaType: ociMediaTypes.imageIndex });
    expect(
      index.manifests.map(({ artifactType, annotations }) => [artifactType, annotations]).sort(),
    ).toEqual([
      ["application/x-0", { i: "0x" }],
      ["application/x-1", { i: "1x" }],
    ]);
  });

  it.each(["a", "none"])("without any, in the repository %s, are an empty index", async (repository) => {
    const response = await serving(await withTags("v1"))("GET", `/v2/${repository}/referrers/${digest}`);
    expect([response.status, await response.json()]).toEqual([
      200,
      { schemaVersion: 2, mediaType: ociMediaTypes.imageIndex, manifests: [] },
    ]);
  });

  it("of an invalid digest result in 400", async () => {
    const response = await serving()("GET", "/v2/a/referrers/sha256:abc");
    expect([response.status, await codes(response)]).toEqual([400, ["DIGEST_INVALID"]]);
  });

  // dist end-12b
  it("are filtered by artifact type, and the response reports the filter", async () => {
    const response = await serving(await withReferrers(3))("GET", `${path}?artifactType=application/x-0`);
    expect(response.headers.get("oci-filters-applied")).toBe("artifactType");
    expect(((await response.json()) as Index).manifests.map(({ artifactType }) => artifactType)).toEqual([
      "application/x-0",
      "application/x-0",
    ]);
  });

  it("are found page by page, each once, with the filter kept", async () => {
    const ask = serving(await withReferrers(5));
    const all = await follow(ask, path, ({ manifests }: Index) => manifests.map((it) => it.digest));
    const paged = await follow(ask, `${path}?n=2`, ({ manifests }: Index) =>
      manifests.map((it) => it.digest),
    );
    expect([all.length, paged.map((page) => page.length), paged.flat()]).toEqual([1, [2, 2, 1], all.flat()]);
    const filtered = await follow(ask, `${path}?n=1&artifactType=application/x-0`, ({ manifests }: Index) =>
      manifests.map((it) => it.artifactType),
    );
    expect(filtered).toEqual(Array(3).fill(["application/x-0"]));
  });

  it("with long descriptors come in several pages, none larger than a manifest may be", async () => {
    const ask = serving(await withReferrers(3, "x".repeat(2_000_000)));
    expect(await follow(ask, path, ({ manifests }: Index) => manifests.length)).toEqual([2, 1]);
  });

  it("result in 404 if the registry has none, so that the client looks for the tag", async () => {
    const response = await serving(defineRegistry({ capabilities: { referrers: false } }))("GET", path);
    expect(response.status).toBe(404);
  });
});

describe("a list that fails", () => {
  it("half-way results in an error instead of half a list", async () => {
    const registry = defineRegistry({
      tags: async function* () {
        yield "a";
        throw new RegistryError("STORAGE_FAILED", "input/output error");
      },
    });
    const response = await serving(registry)("GET", "/v2/a/tags/list");
    expect([response.status, await codes(response)]).toEqual([500, ["STORAGE_FAILED"]]);
  });
});

it("the digest of a listed manifest is the one that is pulled", async () => {
  const { digest } = await computeDigest(bytes("one"));
  const ask = serving(await withTags("v1"));
  expect((await ask("HEAD", "/v2/a/b/manifests/v1")).headers.get("docker-content-digest")).toBe(digest);
});
