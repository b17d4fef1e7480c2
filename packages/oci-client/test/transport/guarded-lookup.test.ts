import { promisify } from "node:util";

import { expect, it } from "vitest";

import { rejection } from "@ocilayout/testing";

import { guardedLookup } from "../../src/transport/node/guarded-lookup.ts";
import { reply, scriptedServer } from "../scripted-server.ts";
import { nodeTransport } from "./helpers.ts";

// The name localhost stands for any name that resolves to an address inside the caller's network.
const name = "localhost";

/** A name that no resolver has: its first part is too long. */
const unknown = `${"a".repeat(64)}.example`;

async function resolve(registry: string | undefined, all: boolean): Promise<unknown> {
  return promisify(guardedLookup(registry))(name, { all, family: 4 });
}

it.each([true, false])(
  "trap 4: a name that resolves to this machine is refused (all addresses: %s)",
  async (all) => {
    for (const registry of [undefined, "10.0.0.1", "1.1.1.1", unknown])
      expect(await rejection(resolve(registry, all))).toMatchObject({ code: "PRIVATE_ADDRESS" });
  },
);

it("a name that resolves to this machine is allowed if the registry runs here", async () => {
  expect(await resolve("127.0.0.1", true)).toEqual([{ address: "127.0.0.1", family: 4 }]);
  expect(await resolve("[::1]", false)).toBe("127.0.0.1");
});

it("of the addresses of a name, only those outside the caller's network are used, unless the registry is inside", async () => {
  const outside = { address: "1.1.1.1", family: 4 };
  const inside = { address: "10.0.0.7", family: 4 };
  const cloud = { address: "169.254.169.254", family: 4 };
  const registries = {
    "public.example": [outside],
    "private.example": [inside],
    "mixed.example": [cloud, inside, outside],
  };
  const resolver = async (host: string): Promise<(typeof inside)[]> =>
    registries[host as keyof typeof registries];
  const of = async (registry: string): Promise<unknown> =>
    promisify(guardedLookup(registry, resolver))("mixed.example", { all: true });
  expect(await of("public.example")).toEqual([outside]);
  expect(await of("private.example")).toEqual([inside, outside]);
});

it("the error of the resolver is passed on", async () => {
  const lookup = promisify(guardedLookup(undefined));
  expect(await rejection(lookup(unknown, {}))).toMatchObject({ syscall: "getaddrinfo" });
});

it("trap 4: the transport guards names that a registry chose, also if a connection to the address is open", async () => {
  const server = await scriptedServer(reply(200));
  const url = new URL(`http://${name}:${server.origin.port}/`);
  const get = { method: "GET", headers: {}, url } as const;
  const transport = nodeTransport({ origin: new URL("https://1.1.1.1") });
  expect((await transport.send(get)).status).toBe(200);
  expect(await rejection(transport.send({ ...get, isLed: true }))).toMatchObject({ code: "PRIVATE_ADDRESS" });
  const local = nodeTransport({ origin: server.origin });
  expect((await local.send({ ...get, isLed: true })).status).toBe(200);
});
