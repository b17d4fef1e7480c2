import { randomBytes } from "node:crypto";

import { describe, expect, it } from "vitest";

import { isUnshared } from "@ocilayout/oci-types/authors";

import { ReceivedBlocks } from "../../src/transport/node/received-blocks.ts";
import { reply, scriptedServer } from "../scripted-server.ts";
import { bytesOf, nodeTransport } from "./helpers.ts";

/** Returns bytes with memory of their own. */
function own(text: string): Uint8Array {
  return new TextEncoder().encode(text).slice();
}

function textOf(chunk: Uint8Array | undefined): string | undefined {
  return chunk && new TextDecoder().decode(chunk);
}

describe("blocks", () => {
  it("join chunks in order, also beyond the end of a block", () => {
    const blocks = new ReceivedBlocks(4);
    for (const chunk of ["ab", "cde", "fghijk", "l"]) blocks.add(own(chunk));
    expect(blocks.hasRoom).toBe(false);
    const taken = [1, 2, 3, 4].map(() => textOf(blocks.take()));
    expect(taken).toEqual(["abcd", "efgh", "ijkl", undefined]);
  });

  it("are used in turn, so that the caller's block stays as it is until the next one is taken", () => {
    const blocks = new ReceivedBlocks(4);
    blocks.add(own("abcd"));
    const first = blocks.take();
    blocks.add(own("efgh"));
    expect(textOf(first)).toBe("abcd");
    const second = blocks.take();
    blocks.add(own("ijkl"));
    expect(textOf(second)).toBe("efgh");
    expect(blocks.take()?.buffer).toBe(first?.buffer);
  });

  it("free the memory of a chunk at once, when all of it was copied", () => {
    const blocks = new ReceivedBlocks(4);
    const [whole, long] = [own("abc"), own("defghi")];
    blocks.add(whole);
    blocks.add(long);
    expect([whole.length, long.length]).toEqual([0, 6]);
    expect(textOf(blocks.take())).toBe("abcd");
    expect(textOf(blocks.take())).toBe("efgh");
    expect(long.length).toBe(0);
    expect(textOf(blocks.take())).toBe("i");
  });

  it("leave memory alone that a chunk shares with others", () => {
    const memory = own("abcd");
    const blocks = new ReceivedBlocks(4);
    blocks.add(memory.subarray(0, 2));
    expect(textOf(memory)).toBe("abcd");
  });

  it("are used again by the next body", () => {
    const size = 512 * 1024;
    const first = new ReceivedBlocks(size);
    first.add(own("first"));
    const { buffer } = first.take() ?? {};
    first.free();
    const second = new ReceivedBlocks(size);
    second.add(own("second"));
    expect(second.take()?.buffer).toBe(buffer);
  });
});

describe("a response in blocks", () => {
  const get = { method: "GET", headers: {} } as const;

  // If a read does not fill a block, the next one often fills it while the reader is about to wake.
  it.each([1000, 96 * 1024, 512 * 1024])("of %i bytes has the whole body unchanged", async (blockBytes) => {
    const content = randomBytes(5 * 1024 * 1024);
    const server = await scriptedServer(reply(200, content));
    const response = await nodeTransport().send({ ...get, url: server.origin, blockBytes });
    expect(isUnshared(response.body)).toBe(true);
    const received: Uint8Array[] = [];
    for await (const chunk of response.body) {
      expect(chunk.length).toBeLessThanOrEqual(blockBytes);
      received.push(chunk.slice());
    }
    expect(Buffer.concat(received).equals(content)).toBe(true);
  });

  it("keeps what it has handed on while other responses arrive", async () => {
    const contents = [randomBytes(2 * 1024 * 1024), randomBytes(2 * 1024 * 1024)];
    const server = await scriptedServer(contents.map((content) => reply(200, content)));
    const transport = nodeTransport();
    const send = async () => transport.send({ ...get, url: server.origin, blockBytes: 100_000 });
    const bodies = [await send(), await send()].map(({ body }) => body[Symbol.asyncIterator]());
    const received: Buffer[][] = [[], []];
    for (let isOpen = true; isOpen;) {
      isOpen = false;
      for (const [i, body] of bodies.entries()) {
        const next = await body.next();
        if (next.done === true) continue;
        isOpen = true;
        await new Promise(setImmediate);
        received[i]?.push(Buffer.from(next.value.slice()));
      }
    }
    expect(received.map((chunks, i) => Buffer.concat(chunks).equals(contents[i] ?? Buffer.alloc(0)))).toEqual(
      [true, true],
    );
  });

  it("has what arrived before the connection broke, and then the error", async () => {
    const server = await scriptedServer((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("begin", () => response.socket?.destroy());
    });
    const response = await nodeTransport().send({ ...get, url: server.origin, blockBytes: 1000 });
    const body = response.body[Symbol.asyncIterator]();
    expect(textOf((await body.next()).value as Uint8Array)).toBe("begin");
    await expect(body.next()).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("is read no faster than its caller reads it", async () => {
    let sent = 0;
    const server = await scriptedServer((_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (response.write(Buffer.alloc(64 * 1024))) sent += 1;
      };
      response.on("drain", more);
      more();
    });
    const response = await nodeTransport().send({ ...get, url: server.origin, blockBytes: 1000 });
    const body = response.body[Symbol.asyncIterator]();
    await body.next();
    const [socket] = server.sockets;
    await expect.poll(() => (socket?.writableLength ?? 0) > 0 && sent).toBe(sent);
    expect(sent * 64).toBeLessThan(64 * 1024);
    await body.return?.();
  });

  it("with an error has chunks of its own, which its reader collects", async () => {
    const server = await scriptedServer(reply(404, '{"errors":[]}'));
    const response = await nodeTransport().send({ ...get, url: server.origin, blockBytes: 4 });
    expect(isUnshared(response.body)).toBe(false);
    expect((await bytesOf(response)).toString()).toBe('{"errors":[]}');
  });
});
