import { describe, expect, it } from "vitest";

import { openRemote } from "../../src/index.ts";
import type { Answer } from "../scripted-server.ts";
import { bodyOf, reply, scriptedServer } from "../scripted-server.ts";
import { codeOf, digestOf, scripted } from "./registry.ts";

const text = new TextEncoder();
const uploads = "/v2/app/blobs/uploads/";
const big = new Uint8Array(3 * 1024 * 1024).fill(7);
const bigDigest = digestOf(big);

function started(location = "/upload/1", headers: Record<string, string> = {}): Answer {
  return reply(202, "", { location, ...headers });
}

/** An upload at `/upload/1` that takes chunks of at most `limit` bytes. */
function chunkedUpload(limit = Infinity): {
  readonly sizes: number[];
  readonly routes: Record<string, Answer>;
} {
  const sizes: number[] = [];
  let size = 0;
  const progress = (): Record<string, string> => ({
    location: "/upload/1",
    range: `0-${Math.max(size - 1, 0)}`,
  });
  return {
    sizes,
    routes: {
      "PATCH /upload/1": async (request, response) => {
        const body = await bodyOf(request);
        const start = Number(/^(\d+)-/.exec(request.headers["content-range"] ?? "")?.[1]);
        if (body.length > limit || start !== size) return reply(416, "", progress())(request, response);
        sizes.push(body.length);
        size += body.length;
        return reply(202, "", progress())(request, response);
      },
      "GET /upload/1": (request, response) => reply(204, "", progress())(request, response),
      "PUT /upload/1": reply(201),
      "DELETE /upload/1": reply(204),
    },
  };
}

describe("trap 13: a registry that ignores chunks", () => {
  const ignoring: Record<string, Answer> = {
    [`POST ${uploads}`]: started(),
    "PATCH /upload/1": async (request, response) => {
      await bodyOf(request);
      return reply(201, "", { location: "/upload/1", range: "0-0" })(request, response);
    },
    "DELETE /upload/1": reply(204),
  };

  it("pushes in one request when the first chunk has no effect", async () => {
    let received = 0;
    const { client, asked } = await scripted(
      {
        ...ignoring,
        "PUT /upload/1": async (request, response) => {
          received = (await bodyOf(request)).length;
          return reply(201)(request, response);
        },
      },
      { uploads: "chunked", chunkSize: 1024 * 1024 },
    );
    await client.pushBlob("app", { digest: bigDigest, size: big.length }, big);
    expect(received).toBe(big.length);
    expect(asked().filter((it) => it.startsWith("PATCH"))).toHaveLength(1);
  });

  it("rejects the write of a writer with UNSUPPORTED", async () => {
    const { client } = await scripted(ignoring);
    const writer = await client.pushBlobChunked("app");
    expect(await codeOf(writer.write(text.encode("hello")))).toBe("UNSUPPORTED");
  });
});

describe("trap 14: a registry with a largest chunk", () => {
  it("sends smaller chunks after 416, from the offset of the registry", async () => {
    const { sizes, routes } = chunkedUpload(700_000);
    const { client } = await scripted({ [`POST ${uploads}`]: started(), ...routes });
    const writer = await client.pushBlobChunked("app");
    await writer.write(big);
    expect(writer.size).toBe(big.length);
    await writer.commit(bigDigest);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(700_000);
  });

  it("collects chunks for a registry with a smallest chunk", async () => {
    const { sizes, routes } = chunkedUpload();
    const { client } = await scripted({
      [`POST ${uploads}`]: started("/upload/1", { "oci-chunk-min-length": "4" }),
      ...routes,
    });
    const writer = await client.pushBlobChunked("app");
    for (const part of ["ab", "c", "de", "f"]) await writer.write(text.encode(part));
    await writer.commit(digestOf("abcdef"));
    expect(sizes).toEqual([5, 1]);
  });
});

describe("trap 15: the address of an upload is opaque", () => {
  it("keeps its query as it is, and always uses the newest one", async () => {
    const first = `${uploads}a?_state=a%2Bb%3D%3D&x=%7e`;
    const second = `${uploads}a?_state=2`;
    const { client, asked } = await scripted({
      [`POST ${uploads}`]: started(first),
      [`PATCH ${first}`]: reply(202, "", { location: second, range: "0-4" }),
      [`PUT ${uploads}a`]: reply(201),
    });
    const writer = await client.pushBlobChunked("app");
    await writer.write(text.encode("hello"));
    await writer.commit(digestOf("hello"));
    await client.pushBlob("app", { digest: digestOf("hello") }, text.encode("hello"));
    const digest = encodeURIComponent(digestOf("hello"));
    expect(asked()).toEqual([
      `POST ${uploads}`,
      `PATCH ${first}`,
      `PUT ${second}&digest=${digest}`,
      `POST ${uploads}`,
      `PUT ${first}&digest=${digest}`,
    ]);
  });
});

describe("trap 16: one PUT with the whole blob", () => {
  it.each([
    ["a small blob", text.encode("hello")],
    ["a large blob", big],
  ])("has no Content-Range for %s", async (_what, content) => {
    const { client, server } = await scripted({
      [`POST ${uploads}`]: started(),
      "PUT /upload/1": async (request, response) => {
        await bodyOf(request);
        return reply(201)(request, response);
      },
    });
    await client.pushBlob("app", { digest: digestOf(content), size: content.length }, content);
    const { headers } = server.received.at(-1) ?? {};
    expect(headers?.["content-range"]).toBeUndefined();
    expect(headers?.["content-length"]).toBe(String(content.length));
  });
});

describe("trap 20: a mount that the registry does not make", () => {
  it("asks for a token that may pull from the source", async () => {
    const blob = `/v2/app/blobs/${digestOf("x")}`;
    const challenge: Answer = (request, response) => {
      const realm = `Bearer realm="http://${request.headers.host ?? ""}/token",service="s"`;
      reply(401, "", { "www-authenticate": realm })(request, response);
    };
    const { client, asked } = await scripted({
      [`POST ${uploads}`]: [challenge, reply(201)],
      "GET /token": reply(200, '{"token":"t"}'),
      [`HEAD ${blob}`]: reply(200, "x"),
    });
    await client.mountBlob("source", "app", digestOf("x"));
    const [token = ""] = asked().filter((request) => request.startsWith("GET /token"));
    const { searchParams } = new URL(token.slice("GET ".length), "http://localhost");
    expect(
      searchParams
        .getAll("scope")
        .flatMap((scope) => scope.split(" "))
        .sort(),
    ).toEqual(["repository:app:pull,push", "repository:source:pull"]);
  });

  const hello = text.encode("hello");
  const digest = digestOf(hello);

  it("pushes to the upload that a mount started instead", async () => {
    const { client, asked } = await scripted({
      [`POST ${uploads}`]: started("/upload/mounted"),
      "PUT /upload/mounted": reply(201),
    });
    expect(await codeOf(client.mountBlob("other", "app", digest))).toBe("BLOB_UNKNOWN");
    await client.pushBlob("app", { digest, size: 5 }, hello);
    expect(asked()).toEqual([
      `POST ${uploads}?mount=${encodeURIComponent(digest)}&from=other`,
      `PUT /upload/mounted?digest=${encodeURIComponent(digest)}`,
    ]);
  });

  it("cancels the upload that a mount started if no push used it", async () => {
    const { client, asked } = await scripted({
      [`POST ${uploads}`]: started("/upload/mounted"),
      "DELETE /upload/mounted": reply(204),
    });
    expect(await codeOf(client.mountBlob("other", "app", digest))).toBe("BLOB_UNKNOWN");
    await client.close();
    expect(asked().at(-1)).toBe("DELETE /upload/mounted");
  });

  it("starts anew if the upload that a mount started has expired", async () => {
    const { client, asked } = await scripted({
      [`POST ${uploads}`]: [started("/upload/mounted"), started("/upload/2")],
      "PUT /upload/2": reply(201),
    });
    expect(await codeOf(client.mountBlob("other", "app", digest))).toBe("BLOB_UNKNOWN");
    await client.pushBlob("app", { digest, size: 5 }, hello);
    expect(asked().at(-1)).toBe(`PUT /upload/2?digest=${encodeURIComponent(digest)}`);
  });

  it.each([401, 403, 404])(
    "reports a source that answers %d as unknown, so that the blob is pushed",
    async (status) => {
      const { client } = await scripted({ [`POST ${uploads}`]: reply(status) });
      expect(await codeOf(client.mountBlob("other", "app", digest))).toBe("BLOB_UNKNOWN");
    },
  );
});

describe("a blob whose content is wrong", () => {
  it("is never sent to its end, and its upload is cancelled", async () => {
    let received = 0;
    let onCancel: () => void = () => undefined;
    const cancelled: Promise<void> = new Promise((resolve) => (onCancel = resolve));
    const { client } = await scripted({
      [`POST ${uploads}`]: started(),
      "PUT /upload/1": (request) => {
        request.on("data", (chunk: Buffer) => (received += chunk.length)).on("error", () => undefined);
      },
      "DELETE /upload/1": (request, response) => {
        onCancel();
        return reply(204)(request, response);
      },
    });
    const push = client.pushBlob("app", { digest: digestOf("other"), size: big.length }, big);
    expect(await codeOf(push)).toBe("DIGEST_INVALID");
    await cancelled;
    expect(received).toBeLessThan(big.length);
  });
});

describe("the id of an upload", () => {
  const encode = (address: string): string => Buffer.from(address).toString("base64url");

  it.each([
    ["another repository", "/v2/other/blobs/uploads/1"],
    ["another path", "/v2/app/manifests/latest"],
    ["a path with dots", `${uploads}../../manifests/latest`],
    ["a path with encoded dots", `${uploads}%2e%2e/x`],
    ["a session with a slash", `${uploads}a/b`],
    ["no session", uploads],
    ["another origin", "http://elsewhere.example/v2/app/blobs/uploads/1"],
    ["another host by two slashes", `//elsewhere.example${uploads}1`],
    ["a fragment", `${uploads}1#x`],
  ])("is unknown if it names %s", async (_what, address) => {
    const { client, asked } = await scripted({});
    for (const call of [
      client.pushBlobChunkedResume("app", encode(address)),
      client.resolveUpload("app", encode(address)),
      client.cancelUpload("app", encode(address)),
    ])
      expect(await codeOf(call)).toBe("BLOB_UPLOAD_UNKNOWN");
    expect(asked()).toEqual([]);
  });

  it("resumes in another client if it is at the registry's own origin", async () => {
    const location = `${uploads}1?_state=3`;
    const { client, server } = await scripted({
      [`POST ${uploads}`]: started(location),
      [`GET ${location}`]: reply(204, "", { location, range: "0-4" }),
      [`PUT ${uploads}1`]: reply(201),
    });
    const { id } = await client.pushBlobChunked("app");
    const again = await openRemote(server.origin.host, { credentials: false });
    const writer = await again.pushBlobChunkedResume("app", id, { offset: 5 });
    await writer.commit(digestOf("hello"));
    await again.close();
  });

  it("is unknown after a wrong digest if the registry then fails each request about the session", async () => {
    const { client } = await scripted({
      [`POST ${uploads}`]: started(`${uploads}1`),
      [`PATCH ${uploads}1`]: reply(202, "", { range: "0-4" }),
      [`PUT ${uploads}1`]: reply(400, '{"errors":[{"code":"DIGEST_INVALID"}]}'),
      [`GET ${uploads}1`]: reply(500),
    });
    const writer = await client.pushBlobChunked("app");
    await writer.write(text.encode("hello"));
    expect(await codeOf(writer.commit(digestOf("other")))).toBe("DIGEST_INVALID");
    expect(await codeOf(client.resolveUpload("app", writer.id))).toBe("BLOB_UPLOAD_UNKNOWN");
    expect(await codeOf(client.pushBlobChunkedResume("app", writer.id))).toBe("BLOB_UPLOAD_UNKNOWN");
  });

  it("stays after a commit that no answer followed", async () => {
    const { client } = await scripted({
      [`POST ${uploads}`]: started(`${uploads}1`),
      [`PATCH ${uploads}1`]: reply(202, "", { range: "0-4" }),
      [`PUT ${uploads}1`]: (request) => request.socket.destroy(),
      [`GET ${uploads}1`]: [reply(500), reply(204, "", { range: "0-4" })],
    });
    const writer = await client.pushBlobChunked("app");
    await writer.write(text.encode("hello"));
    expect(await codeOf(writer.commit(digestOf("hello")))).toBe("REMOTE_FAILED");
    await writer.close();
    expect((await client.pushBlobChunkedResume("app", writer.id, { offset: 5 })).size).toBe(5);
  });

  it("of another process is open in one writer only", async () => {
    const location = `${uploads}1?_state=3`;
    const { client, asked } = await scripted({
      [`GET ${location}`]: reply(204, "", { location, range: "0-4" }),
    });
    const outcomes = await Promise.allSettled(
      [1, 2].map(async () => client.pushBlobChunkedResume("app", encode(location))),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(asked()).toEqual([`GET ${location}`]);
  });

  it("is accepted at another origin only by the client that received it", async () => {
    const other = await scriptedServer(reply(204, "", { range: "0-4" }), "localhost");
    const location = `http://localhost:${other.origin.port}/upload/9`;
    const { client, server } = await scripted({ [`POST ${uploads}`]: started(location) });
    const { id } = await client.pushBlobChunked("app");
    expect(await client.resolveUpload("app", id)).toMatchObject({ size: 0 });
    const again = await openRemote(server.origin.host, { credentials: false });
    expect(await codeOf(again.resolveUpload("app", id))).toBe("BLOB_UPLOAD_UNKNOWN");
    await again.close();
    expect(other.received).toEqual([]);
  });
});

it("an empty blob is not sent to a registry that does not store one", async () => {
  const { client, asked } = await scripted(
    { [`POST ${uploads}`]: started(), "DELETE /upload/1": reply(204) },
    { capabilities: { emptyBlobs: false } },
  );
  const empty = new Uint8Array();
  expect(await codeOf(client.pushBlob("app", { digest: digestOf(empty), size: 0 }, empty))).toBe(
    "UNSUPPORTED",
  );
  const unsized = new Blob([]).stream();
  expect(await codeOf(client.pushBlob("app", { digest: digestOf(empty) }, unsized))).toBe("UNSUPPORTED");
  expect(asked()).toEqual([]);
  const writer = await client.pushBlobChunked("app");
  expect(await codeOf(writer.commit(digestOf(empty)))).toBe("UNSUPPORTED");
});
