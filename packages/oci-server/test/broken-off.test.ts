import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { createMemoryRegistry } from "@ocilayout/layout-testkit/memory";
import { computeDigest } from "@ocilayout/oci-types";
import { describe, expect, it, onTestFinished, vi } from "vitest";

import { serve } from "../src/node.ts";
import type { Ask } from "./ask.ts";
import { codes, headersOf, serving } from "./ask.ts";

const content = "0123456789";
const { digest } = await computeDigest(new TextEncoder().encode(content));
const { digest: other } = await computeDigest(new TextEncoder().encode("other"));

/** Makes a body that fails after `text`. */
function breaking(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode(text));
    },
    pull: (controller) => {
      controller.error(new Error("reset"));
    },
  });
}

async function start(ask: Ask): Promise<string> {
  return (await ask("POST", "/v2/a/blobs/uploads/")).headers.get("location") ?? "";
}

async function offsetOf(ask: Ask, location: string): Promise<string | null> {
  return (await ask("GET", location)).headers.get("upload-offset");
}

describe("an interrupted PUT of a whole blob", () => {
  it.each<Record<string, string>>([{}, { "content-range": "0-9" }])(
    "can be repeated, and the upload does not grow in between: %j",
    async (headers) => {
      const ask = serving();
      const location = await start(ask);
      for (const part of ["0123", "01234567", ""]) {
        const response = await ask("PUT", `${location}?digest=${digest}`, { headers, body: breaking(part) });
        expect([response.status, await codes(response)]).toEqual([400, ["BLOB_UPLOAD_INVALID"]]);
        expect(await offsetOf(ask, location)).toBe("0");
      }
      expect((await ask("PUT", `${location}?digest=${digest}`, { headers, body: content })).status).toBe(201);
      expect(await (await ask("GET", `/v2/a/blobs/${digest}`)).text()).toBe(content);
      expect((await ask("GET", location)).status).toBe(404);
    },
  );

  it("can be repeated even after a digest mismatch", async () => {
    const ask = serving();
    const location = await start(ask);
    for (const body of ["x", "0123456789x"])
      expect((await ask("PUT", `${location}?digest=${digest}`, { body })).status).toBe(400);
    expect(await offsetOf(ask, location)).toBe("0");
    expect((await ask("PUT", `${location}?digest=${digest}`, { body: content })).status).toBe(201);
  });

  it("can be repeated after its connection ended, over a layout", async () => {
    const directory = mkdtempSync(join(tmpdir(), "server-"));
    onTestFinished(() => {
      rmSync(directory, { recursive: true, force: true });
    });
    await using layout = await openLayout(directory, { durability: "none" });
    const whole = new Uint8Array(3_000_000).fill(7);
    const large = (await computeDigest(whole)).digest;
    await using server = await serve(layout, { port: 0, writable: true });
    const location =
      (await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: "POST" })).headers.get("location") ?? "";
    for (let i = 0; i < 3; i += 1) {
      const socket = connect(server.port, "127.0.0.1");
      const answered = once(server.server, "request");
      socket.write(
        `PUT ${location}?digest=${large} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${whole.length}\r\n\r\n`,
      );
      await answered;
      socket.write(whole.subarray(0, 2_000_000), () => socket.resetAndDestroy());
      await once(socket, "close");
    }
    // The server may notice the last disconnect late. Until then, the upload belongs to that request.
    const again = async (): Promise<number> =>
      (await fetch(`${server.url}${location}?digest=${large}`, { method: "PUT", body: whole })).status;
    await vi.waitFor(
      async () => {
        expect(await again()).toBe(201);
      },
      { timeout: 20_000 },
    );
    expect((await layout.resolveBlob("a", large)).size).toBe(whole.length);
  });
});

describe("an upload with an interrupted part", () => {
  it.each(["PATCH", "PUT"])(
    "rejects content after an interrupted %s without a Content-Range with 416 and its offset",
    async (method) => {
      const ask = serving();
      const location = await start(ask);
      await ask("PATCH", location, { body: "012" });
      const query = method === "PUT" ? `?digest=${digest}` : "";
      expect((await ask(method, location + query, { body: breaking("345") })).status).toBe(400);
      for (const [again, path] of [
        ["PATCH", location],
        ["PUT", `${location}?digest=${digest}`],
        [method, location + query],
      ] as const) {
        const response = await ask(again, path, { body: content });
        expect([response.status, await codes(response)]).toEqual([416, ["RANGE_INVALID"]]);
        expect(headersOf(response, "location", "range", "upload-offset")).toEqual({
          location,
          range: "0-5",
          "upload-offset": "6",
        });
      }
      expect(await offsetOf(ask, location)).toBe("6");
      expect((await ask("PATCH", location, { headers: { "content-range": "6-7" }, body: "67" })).status).toBe(
        202,
      );
      expect((await ask("PUT", `${location}?digest=${digest}`, { body: "89" })).status).toBe(201);
    },
  );

  it("continues with a PUT with a Content-Range", async () => {
    const ask = serving();
    const location = await start(ask);
    await ask("PATCH", location, { body: breaking("012") });
    expect(
      (
        await ask("PUT", `${location}?digest=${digest}`, {
          headers: { "content-range": "3-9" },
          body: "3456789",
        })
      ).status,
    ).toBe(201);
  });

  it("can be ended without content, and cancelled", async () => {
    const ask = serving();
    const location = await start(ask);
    await ask("PATCH", location, { body: breaking(content) });
    expect((await ask("PUT", `${location}?digest=${digest}`)).status).toBe(201);
    const second = await start(ask);
    await ask("PATCH", second, { body: breaking("x") });
    expect((await ask("DELETE", second)).status).toBe(204);
  });

  it("does not affect a new upload", async () => {
    const ask = serving();
    await ask("PATCH", await start(ask), { body: breaking("012") });
    expect((await ask("PUT", `${await start(ask)}?digest=${digest}`, { body: content })).status).toBe(201);
  });
});

it("an upload whose last part caused a digest mismatch does not grow when that part is repeated", async () => {
  const ask = serving();
  const location = await start(ask);
  await ask("PATCH", location, { body: "01234" });
  const put = (): Promise<Response> => ask("PUT", `${location}?digest=${other}`, { body: "56789" });
  expect([(await put()).status, (await put()).status, (await put()).status]).toEqual([400, 416, 416]);
  expect(await offsetOf(ask, location)).toBe("10");
  expect((await ask("PUT", `${location}?digest=${digest}`)).status).toBe(201);
});

it("an upload continues after a wrong digest if it received no content", async () => {
  const ask = serving(createMemoryRegistry());
  const location = await start(ask);
  await ask("PATCH", location, { body: "01234" });
  expect((await ask("PUT", `${location}?digest=${other}`)).status).toBe(400);
  expect((await ask("PUT", `${location}?digest=${digest}`, { body: "56789" })).status).toBe(201);
});
