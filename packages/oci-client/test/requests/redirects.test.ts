import { expect, it } from "vitest";

import { isRegistryError } from "@ocilayout/oci-types";
import { rejection } from "@ocilayout/testing";

import { redirect, reply, scriptedServer } from "../scripted-server.ts";
import { clientOf, numberedTokens, textOf } from "./helpers.ts";

const get = { method: "GET", target: "/v2/app/blobs/sha256:1", scopes: [] } as const;

it("trap 3: a redirect to another port gets no Authorization", async () => {
  const storage = await scriptedServer(reply(200, "content"));
  const server = await scriptedServer(redirect(`${storage.origin.href}object?X-Signature=a%2Bb`));
  const response = await clientOf(server, { authenticator: numberedTokens() }).send(get);
  expect(await textOf(response)).toBe("content");
  expect(server.received[0]?.headers.authorization).toBe("Bearer token-1");
  expect(storage.received).toEqual([expect.objectContaining({ url: "/object?X-Signature=a%2Bb" })]);
  expect(storage.received[0]?.headers.authorization).toBeUndefined();
  expect(response.url.href).toBe(`${storage.origin.href}object?X-Signature=a%2Bb`);
});

it("a registry that cannot be reached is REMOTE_FAILED", async () => {
  const server = await scriptedServer(reply(200));
  const error = await rejection(clientOf({ ...server, origin: new URL("http://127.0.0.1:1") }).send(get));
  expect(isRegistryError(error, "REMOTE_FAILED") && error.detail).toEqual({ systemCode: "ECONNREFUSED" });
});
