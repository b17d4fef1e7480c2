import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { computeDigest, RegistryError } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import type { HandlerOptions } from "../src/index.ts";
import { codes, serving } from "./ask.ts";
import type { Ask } from "./ask.ts";

const content = "0123456789";
const { digest } = await computeDigest(new TextEncoder().encode(content));

/** Makes a server that keeps three sessions. The header of a request names its client. */
function limited(options: HandlerOptions = {}, registry = createMemoryRegistry()): Ask {
  return serving(registry, {
    limits: { maxUploadSessions: 3, clientPercent: 100 },
    clientOf: ({ headers }) => headers.get("x-client") ?? "a",
    ...options,
  });
}

async function open(ask: Ask, client = "a"): Promise<string> {
  const response = await ask("POST", "/v2/a/blobs/uploads/", { headers: { "x-client": client } });
  return response.headers.get("location") ?? String(response.status);
}

/** Returns the status of each upload. 204 means that it exists. */
async function statuses(ask: Ask, uploads: readonly string[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const upload of uploads) found.push((await ask("GET", upload)).status);
  return found;
}

describe("upload sessions over the server's limit", () => {
  it("end the empty one that is unused for longest", async () => {
    const ask = limited();
    const [first, second, third] = [await open(ask), await open(ask), await open(ask)];
    await ask("GET", first);
    const fourth = await open(ask);
    expect(await statuses(ask, [first, second, third, fourth])).toEqual([204, 404, 204, 204]);
  });

  it("do not end those with content, and are rejected with 429", async () => {
    const ask = limited();
    const uploads = [await open(ask), await open(ask), await open(ask)];
    for (const upload of uploads) expect((await ask("PATCH", upload, { body: content })).status).toBe(202);
    const refused = await ask("POST", "/v2/a/blobs/uploads/");
    expect([refused.status, refused.headers.get("retry-after"), await codes(refused)]).toEqual([
      429,
      "1",
      ["TOOMANYREQUESTS"],
    ]);
    expect(await statuses(ask, uploads)).toEqual([204, 204, 204]);
    expect((await ask("PUT", `${uploads[1] ?? ""}?digest=${digest}`)).status).toBe(201);
    expect(await open(ask)).toMatch(/^\/v2\//);
    expect((await ask("DELETE", uploads[0] ?? "")).status).toBe(204);
    expect(await open(ask)).toMatch(/^\/v2\//);
    expect(await statuses(ask, uploads)).toEqual([404, 404, 204]);
  });

  it("do not end one that another program has written to", async () => {
    const registry = createMemoryRegistry();
    const ask = limited({}, registry);
    const uploads = [await open(ask), await open(ask), await open(ask)];
    const writer = await registry.pushBlobChunkedResume("a", uploads[0]?.split("/").at(-1) ?? "");
    await writer.write(new TextEncoder().encode(content));
    await writer.close();
    expect(await open(ask)).toMatch(/^\/v2\//);
    expect(await statuses(ask, uploads)).toEqual([204, 404, 204]);
  });

  it("do not end one that a request is using", async () => {
    const ask = limited();
    const uploads = [await open(ask), await open(ask), await open(ask)];
    let end = (): void => undefined;
    const body: ReadableStream<Uint8Array> = new ReadableStream({
      start: (controller) => {
        end = () => {
          controller.close();
        };
      },
    });
    const receiving = ask("PATCH", uploads[0] ?? "", { body });
    await open(ask);
    end();
    expect((await receiving).status).toBe(202);
    expect(await statuses(ask, uploads)).toEqual([204, 404, 204]);
  });

  it("do not count expired ones", async () => {
    const registry = createMemoryRegistry();
    const ask = limited({}, registry);
    const uploads = [await open(ask), await open(ask), await open(ask)];
    for (const upload of uploads) await ask("PATCH", upload, { body: content });
    const resolveUpload = registry.resolveUpload.bind(registry);
    registry.resolveUpload = async (repo, id, options) => {
      if (uploads[0]?.endsWith(id) === true) throw new RegistryError("BLOB_UPLOAD_UNKNOWN");
      return resolveUpload(repo, id, options);
    };
    expect(await open(ask)).toMatch(/^\/v2\//);
  });

  it("end only sessions of the same client, so that no other client is rejected", async () => {
    const ask = limited({ limits: { maxUploadSessions: 8, clientPercent: 50 } });
    const others = [await open(ask, "b")];
    const uploads: string[] = [];
    for (let i = 0; i < 20; i += 1) uploads.push(await open(ask));
    expect(await statuses(ask, others)).toEqual([204]);
    expect((await statuses(ask, uploads)).filter((status) => status === 204)).toHaveLength(3);
    expect(await open(ask, "b")).toMatch(/^\/v2\//);
  });

  it("count those from before the server started once they are used", async () => {
    const registry = createMemoryRegistry();
    const before = await open(limited({}, registry));
    const ask = limited({}, registry);
    await ask("PATCH", before, { body: content });
    const uploads = [await open(ask), await open(ask), await open(ask)];
    expect(await statuses(ask, [before, ...uploads])).toEqual([204, 404, 204, 204]);
  });

  it("leave room again if a session could not be started", async () => {
    const registry = createMemoryRegistry();
    const { pushBlobChunked } = registry;
    registry.pushBlobChunked = () => Promise.reject(new RegistryError("STORAGE_FAILED"));
    const ask = limited({}, registry);
    for (let i = 0; i < 5; i += 1) expect(await open(ask)).toBe("500");
    registry.pushBlobChunked = pushBlobChunked.bind(registry);
    expect(await open(ask)).toMatch(/^\/v2\//);
  });
});
