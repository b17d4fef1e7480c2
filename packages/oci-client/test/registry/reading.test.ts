import { ociMediaTypes } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import type { Answer } from "../scripted-server.ts";
import { redirect, reply } from "../scripted-server.ts";
import { codeOf, digestOf, scripted } from "./registry.ts";

const content = "abcdefghijklmnopqrstuvwxyz".repeat(1000);
const digest = digestOf(content);
const blob = `/v2/app/blobs/${digest}`;
const { imageManifest, imageIndex } = ociMediaTypes;

/** Sends a part of the content, and breaks the connection at `cut`. */
function cutAt(cut: number): Answer {
  return (_request, response) => {
    response.writeHead(200, { "content-length": String(content.length) });
    response.write(content.slice(0, cut), () => response.socket?.destroy());
  };
}

/** Answers a range as a registry does. */
const ranged: Answer = (request, response) => {
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? "0");
  reply(206, content.slice(start), {
    "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
  })(request, response);
};

describe("trap 1: content with another digest", () => {
  it("rejects a blob with other bytes, whatever the headers claim", async () => {
    const other = "x".repeat(content.length);
    const { client } = await scripted({
      [`GET ${blob}`]: reply(200, other, { "docker-content-digest": digest }),
    });
    const reader = await client.getBlob("app", digest);
    expect(await codeOf(reader.bytes())).toBe("CONTENT_CORRUPT");
  });

  it("rejects a manifest with other bytes, whatever the headers claim", async () => {
    const { client } = await scripted({
      [`GET /v2/app/manifests/${digest}`]: reply(200, "{}", {
        "docker-content-digest": digest,
        "content-type": "application/x-a",
      }),
    });
    expect(await codeOf(client.getManifest("app", digest))).toBe("CONTENT_CORRUPT");
  });

  it("rejects a tag whose digest is not that of its content", async () => {
    const { client } = await scripted({
      "GET /v2/app/manifests/v1": reply(200, "{}", {
        "docker-content-digest": digest,
        "content-type": "application/x-a",
      }),
    });
    expect(await codeOf(client.getTag("app", "v1"))).toBe("CONTENT_CORRUPT");
  });
});

describe("trap 7: digests that are paths", () => {
  it("sends no request for an invalid digest", async () => {
    const { client, asked } = await scripted({});
    for (const wrong of ["sha256:../../../v2/other", `sha256:${"g".repeat(64)}`, "sha256:", "../x"]) {
      expect(await codeOf(client.getManifest("app", wrong))).toBe("DIGEST_INVALID");
      expect(await codeOf(client.getBlob("app", wrong))).toBe("DIGEST_INVALID");
    }
    expect(asked()).toEqual([]);
  });

  it("does not follow an invalid digest in a manifest", async () => {
    const index = {
      schemaVersion: 2,
      manifests: [{ mediaType: imageManifest, digest: "sha256:../..", size: 2 }],
    };
    const { client } = await scripted({
      "GET /v2/app/manifests/v1": reply(200, JSON.stringify(index), { "content-type": imageIndex }),
    });
    expect(await codeOf(client.getTag("app", "v1"))).toBe("MANIFEST_INVALID");
  });
});

describe("trap 9: bodies without end", () => {
  it("reads no manifest beyond its limit, whether or not its size is stated", async () => {
    const endless: Answer = (_request, response) => {
      response.writeHead(200, { "content-type": "application/x-a" });
      const send = (): void => {
        while (response.write("x".repeat(65_536)));
        response.once("drain", send);
      };
      send();
    };
    // The size is enough to reject it: no more of it comes.
    const stated: Answer = (_request, response) => {
      response.writeHead(200, { "content-type": "application/x-a", "content-length": "2000000" }).write("x");
    };
    const { client } = await scripted(
      { "GET /v2/app/manifests/endless": endless, "GET /v2/app/manifests/stated": stated },
      { maxManifestBytes: 1000 },
    );
    expect(await codeOf(client.getTag("app", "endless"))).toBe("SIZE_INVALID");
    expect(await codeOf(client.getTag("app", "stated"))).toBe("SIZE_INVALID");
  });
});

describe("trap 10: manifests that can be read in two ways", () => {
  const layer = { mediaType: "a/b", digest, size: 1 };
  it.each([
    [
      "layers and manifests",
      { schemaVersion: 2, config: layer, layers: [layer], manifests: [] },
      imageManifest,
    ],
    [
      "another mediaType than its Content-Type",
      { schemaVersion: 2, mediaType: imageIndex, manifests: [] },
      imageManifest,
    ],
    [
      "a known mediaType and an unknown Content-Type",
      { schemaVersion: 2, mediaType: imageIndex, manifests: [] },
      "application/x-a",
    ],
  ])("rejects one with %s", async (_what, document, type) => {
    const text = JSON.stringify(document);
    const { client } = await scripted({
      [`GET /v2/app/manifests/${digestOf(text)}`]: reply(200, text, { "content-type": type }),
    });
    expect(await codeOf(client.getManifest("app", digestOf(text)))).toBe("MANIFEST_INVALID");
  });
});

describe("trap 18: a body that breaks off", () => {
  const third = Math.floor(content.length / 3);

  it("continues with a range at the registry, not at the address that it redirected to", async () => {
    const { client, asked } = await scripted({
      [`GET ${blob}`]: [redirect("/signed?expires=soon"), ranged],
      "GET /signed?expires=soon": cutAt(third),
    });
    expect(await (await client.getBlob("app", digest)).text()).toBe(content);
    expect(asked()).toEqual([`GET ${blob}`, "GET /signed?expires=soon", `GET ${blob}`]);
  });

  it("skips what it has if the answer to a range is the whole content", async () => {
    const { client } = await scripted({
      [`GET ${blob}`]: [cutAt(third), cutAt(2 * third), reply(200, content)],
    });
    expect(await (await client.getBlob("app", digest)).text()).toBe(content);
  });

  it("continues with a range when the caller lets chunks be reused", async () => {
    const { client, asked } = await scripted({ [`GET ${blob}`]: [cutAt(third), ranged] });
    const reader = await client.getBlob("app", digest, { chunks: "reused", verify: false, chunkSize: 10 });
    const received: Uint8Array[] = [];
    for await (const chunk of reader) received.push(chunk.slice());
    expect(Buffer.concat(received).toString()).toBe(content);
    expect(asked()).toEqual([`GET ${blob}`, `GET ${blob}`]);
  });

  it("verifies the whole, so that a continuation with other bytes is corrupt", async () => {
    const { client } = await scripted({
      [`GET ${blob}`]: [
        cutAt(third),
        (request, response) => {
          const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1]);
          reply(206, "x".repeat(content.length - start), {
            "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
          })(request, response);
        },
      ],
    });
    expect(await codeOf((await client.getBlob("app", digest)).bytes())).toBe("CONTENT_CORRUPT");
  });

  it("gives up if the content breaks off again and again", async () => {
    const { client, asked } = await scripted({ [`GET ${blob}`]: cutAt(10) });
    expect(await codeOf((await client.getBlob("app", digest)).bytes())).toBe("REMOTE_FAILED");
    expect(asked()).toHaveLength(6);
  });

  it("rejects the answer to a range that begins elsewhere", async () => {
    const wrong = reply(206, content.slice(1), {
      "content-range": `bytes 1-${content.length - 1}/${content.length}`,
    });
    const { client } = await scripted({ [`GET ${blob}`]: [cutAt(third), wrong] });
    expect(await codeOf((await client.getBlob("app", digest)).bytes())).toBe("REMOTE_FAILED");
  });

  it("reads a range of a registry that ignores ranges", async () => {
    const { client } = await scripted({ [`GET ${blob}`]: reply(200, content) });
    const reader = await client.getBlobRange("app", digest, { start: 26, end: 29 });
    expect([reader.descriptor.size, await reader.text()]).toEqual([content.length, "abc"]);
  });
});

describe("trap 19: HEAD that is not GET", () => {
  it("asks with GET if HEAD is redirected to an address that is signed for GET", async () => {
    const { client } = await scripted({
      [`HEAD ${blob}`]: redirect("/signed"),
      [`GET ${blob}`]: redirect("/signed"),
      "HEAD /signed": reply(403, "<Error>SignatureDoesNotMatch</Error>"),
      "GET /signed": ranged,
    });
    expect((await client.resolveBlob("app", digest)).size).toBe(content.length);
  });

  it.each([
    ["states no size", { "content-type": "application/x-a", "transfer-encoding": "chunked" }],
    ["states no digest", { "content-type": "application/x-a" }],
  ])("reads a manifest if HEAD %s", async (_what, headers) => {
    const { client } = await scripted({
      "HEAD /v2/app/manifests/v1": (_request, response) => response.writeHead(200, headers).end(),
      "GET /v2/app/manifests/v1": reply(200, "content", { "content-type": "application/x-a" }),
    });
    expect(await client.resolveTag("app", "v1")).toEqual({
      mediaType: "application/x-a",
      digest: digestOf("content"),
      size: 7,
    });
  });
});

describe("trap 25: content with a Content-Encoding", () => {
  it("keeps the bytes of a blob that is sent with Content-Encoding: gzip", async () => {
    const { client, server } = await scripted({
      [`GET ${blob}`]: reply(200, content, { "content-encoding": "gzip" }),
    });
    expect(await (await client.getBlob("app", digest)).text()).toBe(content);
    expect(server.received.at(-1)?.headers["accept-encoding"]).toBe("identity");
  });
});
