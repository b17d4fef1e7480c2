import { ociMediaTypes } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import type { Answer, ScriptedServer } from "../scripted-server.ts";
import { reply, scriptedServer } from "../scripted-server.ts";
import { codeOf, digestOf, scripted } from "./registry.ts";

const { imageIndex } = ociMediaTypes;
const content = JSON.stringify({ schemaVersion: 2, mediaType: imageIndex, manifests: [] });
const digest = digestOf(content);
const path = `/v2/app/manifests/${digest}`;
const good = reply(200, content, { "content-type": imageIndex });

/** Sends a part of the content, and breaks the connection. */
const cut: Answer = (_request, response) => {
  response.writeHead(200, { "content-type": imageIndex, "content-length": String(content.length) });
  response.write(content.slice(0, 9), () => response.socket?.destroy());
};

/** Asks a registry with a mirror for one manifest. Returns the result, and how often each was asked. */
async function read(
  mirrored: Answer,
  own: Answer,
): Promise<{ readonly result: unknown; readonly asked: readonly [mirror: number, registry: number] }> {
  const mirror: ScriptedServer = await scriptedServer(mirrored);
  const { client, asked } = await scripted({ [`GET ${path}`]: own }, { mirrors: [mirror.origin.href] });
  const result = await client.getManifest("app", digest).then(
    async (reader) => reader.text(),
    (error: unknown) => codeOf(Promise.reject(error as Error)),
  );
  return { result, asked: [mirror.received.length, asked().length] };
}

describe("a manifest of which a mirror", () => {
  it.each([
    ["has other bytes", reply(200, content.replace("2", "3"), { "content-type": imageIndex })],
    ["claims another media type", reply(200, content, { "content-type": ociMediaTypes.imageManifest })],
    ["sends a page instead", reply(200, "<html>", { "content-type": "text/html" })],
    ["sends too much", reply(200, "x".repeat(9 * 2 ** 20), { "content-type": imageIndex })],
  ])("%s is asked again from the registry", async (_what, answer) => {
    expect(await read(answer, good)).toEqual({ result: content, asked: [1, 1] });
  });

  it("sends a part only is asked again from the registry", async () => {
    expect(await read(cut, good)).toEqual({ result: content, asked: [1, 1] });
  });

  it("and the registry have other bytes is corrupt", async () => {
    const other = reply(200, "{}", { "content-type": "application/x-a" });
    expect(await read(other, other)).toEqual({ result: "CONTENT_CORRUPT", asked: [1, 1] });
  });
});

describe("a blob of which a mirror", () => {
  it("sends a part only continues with a range at the registry", async () => {
    const mirror = await scriptedServer(cut);
    const blob = `/v2/app/blobs/${digest}`;
    const rest = reply(206, content.slice(9), {
      "content-range": `bytes 9-${content.length - 1}/${content.length}`,
    });
    const { client, asked } = await scripted({ [`GET ${blob}`]: rest }, { mirrors: [mirror.origin.href] });
    expect(await (await client.getBlob("app", digest)).text()).toBe(content);
    expect([mirror.received.length, asked()]).toEqual([1, [`GET ${blob}`]]);
  });

  it("has other bytes is corrupt", async () => {
    const mirror = await scriptedServer(reply(200, content.replace("2", "3")));
    const { client } = await scripted({}, { mirrors: [mirror.origin.href] });
    const reader = await client.getBlob("app", digest);
    expect(await codeOf(reader.bytes())).toBe("CONTENT_CORRUPT");
  });
});
