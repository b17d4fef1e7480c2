import { collect } from "@ocilayout/oci-types";
import { rejection } from "@ocilayout/testing";
import { describe, expect, it } from "vitest";

import { openRemote, type RemoteOptions } from "../../src/index.ts";
import { hangUp, reply, scriptedServer } from "../scripted-server.ts";
import { codeOf, digestOf, scripted } from "./registry.ts";

const open = async (host: string, options: RemoteOptions = {}): ReturnType<typeof openRemote> =>
  openRemote(host, { credentials: false, retries: 0, ...options });

describe("openRemote", () => {
  it.each(["", "http://localhost", "a/b", "user@host", "a b", "-x"])("rejects the host %j", async (host) => {
    expect(await codeOf(open(host))).toBe("NAME_INVALID");
  });

  it.each([
    ["http://127.0.0.1:40971", ': pass "127.0.0.1:40971", and { insecure: true } for plain HTTP'],
    ["https://registry.example/v2/", ': pass "registry.example"'],
    ["ghcr.io/team/app", ': pass "ghcr.io"'],
    ["a b", ""],
  ])("repeats the invalid host %j and names the host to pass", async (host, advice) => {
    const error = await rejection(open(host));
    expect(error).toHaveProperty(
      "message",
      `${JSON.stringify(host)} is not a host with an optional port${advice}`,
    );
  });

  it("names the host that failed, also if it is the target of a redirect", async () => {
    const other = new URL("http://127.0.0.1:1/v2/");
    const server = await scriptedServer(reply(307, "", { location: other.href }));
    await expect(open(server.origin.host)).rejects.toThrow(
      `cannot use ${other.host}: the connection failed (ECONNREFUSED)`,
    );
  });

  it.each([
    [{ chunkSize: 0 }, RangeError],
    [{ maxManifestBytes: -1 }, RangeError],
    [{ uploads: "streamed" }, TypeError],
    [{ capabilities: 7 }, TypeError],
    [{ mirrors: "a" }, TypeError],
    [{ verifyOnRead: 1 }, TypeError],
    [{ signal: 7 }, TypeError],
  ])("throws for the options %j", async (options, type) => {
    await expect(open("localhost:1", options as unknown as RemoteOptions)).rejects.toThrow(type);
  });

  it("fails if the host does not answer", async () => {
    const server = await scriptedServer(hangUp);
    expect(await codeOf(open(server.origin.host))).toBe("REMOTE_FAILED");
  });

  it("fails if the host is not a registry", async () => {
    const server = await scriptedServer(reply(404, "<html>"));
    expect(await codeOf(open(server.origin.host))).toBe("UNSUPPORTED");
  });

  it("trap 9: reads the answer to a ping up to 64 KiB", async () => {
    let sent = 0;
    const server = await scriptedServer((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = (): void => {
        for (let isTaken = true; isTaken && !response.destroyed; sent += 1)
          isTaken = response.write(Buffer.alloc(64 * 1024, " "));
      };
      response.on("drain", more);
      more();
    });
    const registry = await open(server.origin.host);
    expect(registry.capabilities).toMatchObject({ conditionalTags: false });
    await expect.poll(() => server.sockets.size).toBe(0);
    expect(sent).toBeLessThan(256);
    await registry.close();
  });

  it("opens a registry that rejects the credentials for itself, which ping reports", async () => {
    const server = await scriptedServer(reply(401, "", { "www-authenticate": 'Basic realm="x"' }));
    const registry = await open(server.origin.host);
    expect(await codeOf(registry.ping())).toBe("UNAUTHORIZED");
    await registry.close();
  });

  it("sends nothing if its signal is aborted", async () => {
    const server = await scriptedServer(reply(200, "{}"));
    const reason = new Error("aborted");
    await expect(open(server.origin.host, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.received).toEqual([]);
  });
});

describe("the capabilities of a remote registry", () => {
  it("are those that it announces", async () => {
    const { client } = await scripted({});
    expect(client.capabilities).toMatchObject({ conditionalTags: false, atomicTags: false });
    const server = await scriptedServer(
      reply(200, '{"capabilities":{"conditionalTags":true,"x":1,"mount":"no"}}'),
    );
    const announced = await open(server.origin.host);
    expect(announced.capabilities).toMatchObject({ conditionalTags: true, atomicTags: false });
    expect(announced.capabilities).not.toHaveProperty("x");
    expect(announced.capabilities.mount).toBeUndefined();
    await announced.close();
  });

  it("are those that the caller declares, if both do", async () => {
    const server = await scriptedServer(reply(200, '{"capabilities":{"conditionalTags":true}}'));
    const registry = await open(server.origin.host, {
      capabilities: { conditionalTags: false, deleteTag: false },
    });
    expect(registry.capabilities).toMatchObject({ conditionalTags: false, deleteTag: false });
    expect(await codeOf(registry.deleteTag("app", "v1"))).toBe("UNSUPPORTED");
    expect(server.received).toHaveLength(1);
    await registry.close();
  });

  it("exclude preconditions that the registry would ignore", async () => {
    const { client, asked } = await scripted({});
    const manifest = new TextEncoder().encode("{}");
    const push = client.pushManifest("app", manifest, "application/x-a", { tags: ["v1"], ifNoneMatch: "*" });
    expect(await codeOf(push)).toBe("UNSUPPORTED");
    expect(await codeOf(client.deleteTag("app", "v1", { ifMatch: "*" }))).toBe("UNSUPPORTED");
    expect(asked()).toEqual([]);
  });
});

describe("a manifest that the registry changes", () => {
  const manifest = new TextEncoder().encode("content");

  it.each([
    ["stores under another digest", { "docker-content-digest": digestOf("other") }, ["v1"], {}],
    ["gives fewer tags than asked", { "oci-tag": "v1" }, ["v1", "v2"], { atomicTags: true }],
  ])("has a code if the registry %s", async (_what, headers, tags, capabilities) => {
    const { client } = await scripted(
      {
        "PUT /v2/app/manifests/v1": reply(201, "", headers),
        [`PUT /v2/app/manifests/${digestOf("content")}`]: reply(201, "", headers),
      },
      { capabilities },
    );
    expect(await codeOf(client.pushManifest("app", manifest, "application/x-a", { tags }))).toBe(
      "REMOTE_FAILED",
    );
  });
});

describe("close", () => {
  it("ends all calls with CLOSED, and can be called again", async () => {
    const { client } = await scripted({
      [`GET /v2/app/blobs/${digestOf("x")}`]: (_request, response) =>
        response.writeHead(200, { "content-length": "9" }).write("x"),
    });
    const reading = (await client.getBlob("app", digestOf("x"), { verify: false })).bytes();
    const failed = codeOf(reading);
    await client.close();
    await client.close();
    expect(await failed).toBe("CLOSED");
    expect(await codeOf(client.resolveTag("app", "v1"))).toBe("CLOSED");
    expect(await codeOf(collect(client.tags("app")))).toBe("CLOSED");
    expect(await codeOf(client.ping())).toBe("CLOSED");
  });
});
