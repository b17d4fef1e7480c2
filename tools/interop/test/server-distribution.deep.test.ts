import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { dockerMediaTypes, ociMediaTypes } from "@ocilayout/oci-types";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startDistribution, type Distribution } from "./distribution.ts";
import { content, digestOf, type Content } from "./images.ts";
import { has, skopeoIn, type Run } from "./programs.ts";
import {
  contentsOf,
  foreign,
  kindsOnDisk,
  multi,
  one,
  pushMulti,
  serveRegistry,
  writeSource,
  type Kind,
  type Served,
} from "./serving.ts";

const isHere = [has("skopeo"), has("docker-registry")].every(Boolean);
const accept = [
  ociMediaTypes.imageIndex,
  ociMediaTypes.imageManifest,
  dockerMediaTypes.manifestList,
  dockerMediaTypes.manifest,
].join(", ");
const blobs = contentsOf(one, foreign).filter(
  ({ descriptor }) => descriptor.mediaType !== ociMediaTypes.imageManifest,
);
const unknown = digestOf(Buffer.from("unknown"));

/** The parts of an answer that are compared. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | null>>;
  readonly body: Buffer;
}

/** Requests content. */
async function answer(
  host: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`http://${host}${path}`, { method, headers: { accept, ...headers } });
  const names = ["content-type", "docker-content-digest", "content-length", "content-range", "accept-ranges"];
  const entries = names.map((name) => [name, response.headers.get(name)] as const);
  return {
    status: response.status,
    headers: Object.fromEntries(entries),
    body: Buffer.from(await response.arrayBuffer()),
  };
}

/** Returns an error without its message: the status, the media type and, for GET, the code. */
async function refusal(host: string, method: string, path: string): Promise<unknown> {
  const { status, headers, body } = await answer(host, method, path);
  const mediaType = headers["content-type"]?.replace(/;.*/, "");
  const { errors } = JSON.parse(method === "GET" ? body.toString() : '{"errors":[]}') as {
    errors: readonly { code: string }[];
  };
  return {
    status,
    mediaType,
    digest: headers["docker-content-digest"],
    codes: errors.map(({ code }) => code),
  };
}

/** Requires that a server has this content, byte for byte. */
async function expectServed(
  host: string,
  repository: string,
  manifests: readonly Content[],
  others: readonly Content[],
): Promise<void> {
  const paths = [
    ...manifests.map((manifest) => ["manifests", manifest] as const),
    ...others.map((blob) => ["blobs", blob] as const),
  ];
  for (const [what, { bytes, descriptor }] of paths) {
    const { status, body } = await answer(host, "GET", `/v2/${repository}/${what}/${descriptor.digest}`);
    expect([status, body]).toEqual([200, bytes]);
  }
}

describe.skipIf(!isHere)("docker-registry and our server", () => {
  let directory: string;
  let theirs: Distribution;
  const closing: (() => Promise<void> | void)[] = [];
  const copy: Run = async (...args) =>
    skopeoIn(directory)("copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false", ...args);

  // The tests only read the repository `app` of their registry.
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "interop-"));
    closing.push(() => {
      rmSync(directory, { recursive: true, force: true });
    });
    await writeSource(directory);
    theirs = await startDistribution();
    closing.push(async () => theirs[Symbol.asyncDispose]());
    for (const tag of ["v1", "multi"]) await copy(`oci:source:${tag}`, `docker://${theirs.host}/app:${tag}`);
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  /** Serves the same content as theirs, in the repository `app`. */
  async function share(kind: Kind = "memory"): Promise<Served> {
    const served = await serveRegistry(kind);
    await pushMulti(served.registry);
    return served;
  }

  describe.each(kindsOnDisk)("of %s", (kind) => {
    it("let skopeo copy an image and an index from theirs to ours, byte for byte", async () => {
      const { host } = await serveRegistry(kind);
      for (const tag of ["v1", "multi"])
        await copy(`docker://${theirs.host}/app:${tag}`, `docker://${host}/copied:${tag}`);
      await expectServed(host, "copied", [one, foreign, multi], blobs);
      for (const tag of ["v1", "multi"]) {
        expect(await answer(host, "GET", `/v2/copied/manifests/${tag}`)).toEqual(
          await answer(theirs.host, "GET", `/v2/app/manifests/${tag}`),
        );
      }
    });

    it("let skopeo copy an image and an index from ours to theirs, byte for byte", async () => {
      const { host } = await share(kind);
      const repository = `from/${host.replace(":", "-")}`;
      for (const tag of ["v1", "multi"])
        await copy(`docker://${host}/app:${tag}`, `docker://${theirs.host}/${repository}:${tag}`);
      await expectServed(theirs.host, repository, [one, foreign, multi], blobs);
      for (const tag of ["v1", "multi"]) {
        expect(await answer(theirs.host, "GET", `/v2/${repository}/manifests/${tag}`)).toEqual(
          await answer(host, "GET", `/v2/app/manifests/${tag}`),
        );
      }
    });
  });

  it.each(["GET", "HEAD"])(
    "answer %s of a manifest or an index alike, by tag and by digest",
    async (method) => {
      const { host } = await share();
      for (const reference of [
        "v1",
        "multi",
        ...[one, foreign, multi].map(({ descriptor }) => descriptor.digest),
      ]) {
        const ours = await answer(host, method, `/v2/app/manifests/${reference}`);
        expect(ours.status).toBe(200);
        expect(ours).toEqual(await answer(theirs.host, method, `/v2/app/manifests/${reference}`));
      }
    },
  );

  it.each(["GET", "HEAD"])("answer %s of a blob alike", async (method) => {
    const { host } = await share();
    for (const { descriptor } of blobs) {
      const ours = await answer(host, method, `/v2/app/blobs/${descriptor.digest}`);
      expect(ours.status).toBe(200);
      expect(ours).toEqual(await answer(theirs.host, method, `/v2/app/blobs/${descriptor.digest}`));
    }
  });

  it.each(["bytes=2-5", "bytes=100-", "bytes=-7", "bytes=0-999999"])(
    "answer GET of the range %s of a blob alike",
    async (range) => {
      const { host } = await share();
      const path = `/v2/app/blobs/${one.config.descriptor.digest}`;
      const ours = await answer(host, "GET", path, { range });
      expect(ours.status).toBe(206);
      expect(ours).toEqual(await answer(theirs.host, "GET", path, { range }));
    },
  );

  it("answer conditional requests alike", async () => {
    const { host } = await share();
    for (const [path, { descriptor }] of [
      [`/v2/app/manifests/v1`, one],
      [`/v2/app/blobs/${one.config.descriptor.digest}`, one.config],
    ] as const) {
      const headers = { "if-none-match": `"${descriptor.digest}"` };
      const [ours, other] = [
        await answer(host, "GET", path, headers),
        await answer(theirs.host, "GET", path, headers),
      ];
      expect([ours.status, ours.body.length]).toEqual([304, 0]);
      expect([other.status, other.body.length]).toEqual([304, 0]);
    }
  });

  it.each([
    ["a missing tag", "/v2/app/manifests/none", 404],
    ["a missing manifest", `/v2/app/manifests/${unknown}`, 404],
    ["a missing blob", `/v2/app/blobs/${unknown}`, 404],
    ["a tag of a missing repository", "/v2/none/manifests/v1", 404],
    ["a manifest of a missing repository", `/v2/none/manifests/${unknown}`, 404],
    ["a blob of a missing repository", `/v2/none/blobs/${unknown}`, 404],
    ["a blob by an invalid digest", "/v2/app/blobs/sha256:abc", 400],
  ])("reject GET and HEAD of %s alike", async (_what, path, status) => {
    const { host } = await share();
    for (const method of ["GET", "HEAD"]) {
      const ours = await refusal(host, method, path);
      expect(ours).toMatchObject({ status });
      expect(ours).toEqual(await refusal(theirs.host, method, path));
    }
  });

  it("reject listing the tags of a missing repository alike", async () => {
    const { host } = await share();
    expect(await refusal(host, "GET", "/v2/none/tags/list")).toEqual(
      await refusal(theirs.host, "GET", "/v2/none/tags/list"),
    );
  });

  it("list the same tags", async () => {
    const { host } = await share();
    const list = async (of: string): Promise<{ tags: string[] }> =>
      JSON.parse((await answer(of, "GET", "/v2/app/tags/list")).body.toString()) as { tags: string[] };
    const { tags, ...rest } = await list(theirs.host);
    // The specification defines the order, which docker-registry does not follow.
    expect(await list(host)).toEqual({ ...rest, tags: tags.sort() });
  });

  it("answer a blob that is pushed in chunks alike", async () => {
    const { host } = await share();
    const hello = content(Buffer.from("hello"), "text/plain");
    const push = async (to: string): Promise<unknown[]> => {
      const answers: unknown[] = [];
      let location = `http://${to}/v2/chunked/blobs/uploads/`;
      const step = async (method: string, url: string, init: RequestInit): Promise<void> => {
        const { status, headers } = await fetch(url, { ...init, method });
        location = new URL(headers.get("location") ?? "", url).href;
        answers.push([
          method,
          status,
          headers.get("range"),
          headers.get("content-length"),
          headers.has("docker-upload-uuid"),
        ]);
      };
      await step("POST", location, {});
      await step("PATCH", location, {
        body: "hel",
        headers: { "content-range": "0-2", "content-type": "application/octet-stream" },
      });
      await step("PATCH", location, {
        body: "lo",
        headers: { "content-range": "3-4", "content-type": "application/octet-stream" },
      });
      await step("GET", location, {});
      const end = new URL(location);
      end.searchParams.set("digest", hello.descriptor.digest);
      await step("PUT", end.href, {});
      return answers;
    };
    expect(await push(host)).toEqual(await push(theirs.host));
    await expectServed(host, "chunked", [], [hello]);
    await expectServed(theirs.host, "chunked", [], [hello]);
  });

  it("answer alike after skopeo has deleted an image, whose blobs stay", async () => {
    const { host } = await share();
    for (const to of [host, theirs.host]) {
      await copy("oci:source:v1", `docker://${to}/deleted:v1`);
      await skopeoIn(directory)("delete", "--tls-verify=false", `docker://${to}/deleted:v1`);
    }
    for (const path of ["/v2/deleted/manifests/v1", `/v2/deleted/manifests/${one.descriptor.digest}`]) {
      expect(await refusal(host, "GET", path)).toMatchObject({ status: 404, codes: ["MANIFEST_UNKNOWN"] });
      expect(await refusal(theirs.host, "GET", path)).toEqual(await refusal(host, "GET", path));
    }
    const left = contentsOf(one).slice(1);
    await expectServed(host, "deleted", [], left);
    await expectServed(theirs.host, "deleted", [], left);
  });
});
