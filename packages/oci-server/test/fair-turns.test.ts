import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";

import { createBlobReader, defineRegistry } from "@ocilayout/oci-backend";
import type { Digest, Registry } from "@ocilayout/oci-types";
import { computeDigest } from "@ocilayout/oci-types";
import { readBlobSource } from "@ocilayout/oci-types/authors";
import { afterEach, describe, expect, it } from "vitest";

import type { EventLoop } from "../src/limits/fair-turns.ts";
import { FairTurns } from "../src/limits/fair-turns.ts";
import type { RegistryServer } from "../src/node.ts";
import { serve } from "../src/node.ts";

/** An event loop that turns on request, and a clock that stands still. */
class FakeLoop implements EventLoop {
  ms = 0;
  #next: (() => void)[] = [];

  now(): number {
    return this.ms;
  }

  nextTurn(run: () => void): void {
    this.#next.push(run);
  }

  /** Whether a turn was requested. */
  get isAwaited(): boolean {
    return this.#next.length > 0;
  }

  async turn(): Promise<void> {
    for (const run of this.#next.splice(0)) run();
    for (let i = 0; i < 10; i += 1) await Promise.resolve();
  }
}

describe("FairTurns", () => {
  /** Makes turns over a fake loop without time left, and records the work that begins. */
  function busy(): { loop: FakeLoop; begun: string[]; ask: (...names: string[]) => void } {
    const loop = new FakeLoop();
    const turns = new FairTurns(loop);
    const begun: string[] = [];
    // The first letter of a name is the client.
    const ask = (...names: string[]): void => {
      for (const name of names) void turns.next(name.slice(0, 1)).then(() => begun.push(name));
    };
    return { loop, begun, ask };
  }

  it("begins one piece in each turn of the event loop, of each client in turn", async () => {
    const { loop, begun, ask } = busy();
    ask("a1", "a2", "a3", "a4", "b1", "b2", "c1");
    for (let i = 0; i < 7; i += 1) {
      expect(begun).toHaveLength(i);
      await loop.turn();
    }
    expect(begun).toEqual(["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
    expect(loop.isAwaited).toBe(false);
  });

  it("lets work go on at once while the turn is short", async () => {
    const { loop, begun, ask } = busy();
    ask("a1");
    await loop.turn();
    loop.ms += 1;
    ask("a2", "b1");
    await Promise.resolve().then(() => undefined);
    expect(begun).toEqual(["a1", "a2", "b1"]);
    loop.ms += 5;
    ask("a3");
    await Promise.resolve().then(() => undefined);
    expect(begun).toHaveLength(3);
    await loop.turn();
    expect(begun.at(-1)).toBe("a3");
  });

  it("lets no new work pass waiting work", async () => {
    const { loop, begun, ask } = busy();
    ask("a1", "a2");
    await loop.turn();
    ask("b1");
    await loop.turn();
    await loop.turn();
    expect(begun).toEqual(["a1", "a2", "b1"]);
  });

  it("gives all requests of unknown clients one turn", async () => {
    const loop = new FakeLoop();
    const turns = new FairTurns(loop);
    const begun: string[] = [];
    for (const client of [undefined, undefined, "a"])
      void turns.next(client).then(() => begun.push(String(client)));
    for (let i = 0; i < 3; i += 1) await loop.turn();
    expect(begun).toEqual(["undefined", "a", "undefined"]);
  });

  it("uses the event loop of the machine", async () => {
    const turns = new FairTurns();
    await Promise.all(Array.from({ length: 100 }, (_, i) => turns.next(String(i % 3))));
  });
});

describe("a client with many requests", () => {
  const running: RegistryServer[] = [];
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of running.splice(0)) await server.close(0);
  });

  const content = new Uint8Array(640_000);
  const size = content.length;

  function work(): void {
    for (const begun = performance.now(); performance.now() - begun < 3;);
  }

  /** Makes a registry in which each chunk of a blob takes time, and which records the client of each. */
  async function slow(): Promise<{ registry: Registry; done: string[]; digest: Digest }> {
    const { digest } = await computeDigest(content);
    const done: string[] = [];
    const registry = defineRegistry({
      getBlob: async (repo) => {
        const chunks = async function* (): AsyncGenerator<Uint8Array> {
          for (let i = 0; i < size; i += 64_000) {
            work();
            done.push(repo);
            yield content.subarray(i, i + 64_000);
          }
        };
        return createBlobReader({ mediaType: "a/b", digest, size }, chunks());
      },
      pushBlob: async (repo, _expected, source) => {
        let received = 0;
        for await (const chunk of readBlobSource(source)) {
          received += chunk.length;
          work();
          done.push(repo);
        }
        return { mediaType: "a/b", digest, size: received };
      },
    });
    return { registry, done, digest };
  }

  it.each<[what: string, request: (repo: string, digest: Digest) => Uint8Array]>([
    [
      "downloads",
      (repo, digest) =>
        Buffer.from(
          `GET /v2/${repo}/blobs/${digest} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
        ),
    ],
    [
      "uploads",
      (repo, digest) =>
        Buffer.concat([
          Buffer.from(
            `POST /v2/${repo}/blobs/uploads/?digest=${digest} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`,
          ),
          content,
        ]),
    ],
  ])("and many %s delays another client by a few pieces at a time", async (_what, request) => {
    const { registry, done, digest } = await slow();
    const server = await serve(registry, { port: 0, writable: true });
    running.push(server);
    const open = async (address: string): Promise<Socket> => {
      const socket = connect({ port: server.port, host: "127.0.0.1", localAddress: address });
      sockets.push(socket);
      await once(server.server, "connection");
      return socket.resume();
    };
    const many: Socket[] = [];
    while (many.length < 20) many.push(await open("127.0.0.2"));
    const one = await open("127.0.0.1");
    for (const socket of many) socket.write(request("many", digest));
    one.write(request("one", digest));
    await once(one, "close");
    const places = done.flatMap((repo, place) => (repo === "one" ? [place] : []));
    const between = places.map((place, i) => place - (places[i - 1] ?? -1) - 1);
    expect(places.length).toBeGreaterThanOrEqual(10);
    // The server makes one chunk of a download ahead while it sends another.
    expect(Math.max(...between)).toBeLessThanOrEqual(5);
  });
});
