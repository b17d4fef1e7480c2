import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLayout } from "@ocilayout/layout-core";
import { computeDigest } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { serve } from "../src/node.ts";

async function answerTo(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url), "response")) as [IncomingMessage];
  return response;
}

describe("a large blob over node:http", () => {
  const large = new Uint8Array(32_000_000).map((_, i) => (i * 7 + (i >> 20)) % 251);

  it.each([true, false])(
    "arrives as it was pushed, at many clients at once and at slow readers (verified: %s)",
    async (verifyBlobs) => {
      const directory = mkdtempSync(join(tmpdir(), "oci-server-"));
      const registry = await openLayout(directory, { durability: "none" });
      const { digest: name } = await computeDigest(large);
      await registry.pushBlob("a", { digest: name }, large);
      const server = await serve(registry, { port: 0, verifyBlobs });
      const slowly = async (): Promise<Uint8Array> => {
        const response = await answerTo(`${server.url}/v2/a/blobs/${name}`);
        const chunks: Uint8Array[] = [];
        for await (const chunk of response as AsyncIterable<Uint8Array>) {
          chunks.push(chunk);
          await new Promise((resolve) => setImmediate(resolve));
        }
        return Buffer.concat(chunks);
      };
      const got = await Promise.all(Array.from({ length: 3 }, slowly));
      await server.close();
      await registry.close();
      rmSync(directory, { recursive: true });
      expect(got.map((it) => Buffer.from(it).equals(large))).toEqual(Array(3).fill(true));
    },
  );
});
