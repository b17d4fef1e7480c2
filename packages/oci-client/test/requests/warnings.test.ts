import { expect, it } from "vitest";

import type { RegistryWarning } from "../../src/requests/warnings.ts";
import { redirect, reply, scriptedServer } from "../scripted-server.ts";
import { clientOf } from "./helpers.ts";

const get = { method: "GET", target: "/v2/app/tags/list", scopes: [] } as const;

it("reports each warning once", async () => {
  const server = await scriptedServer(
    reply(200, "", { warning: '299 - "this is \\"old\\", really", 110 - "stale", 299 - "second"' }),
  );
  const warnings: RegistryWarning[] = [];
  const client = clientOf(server, { onWarning: (warning) => warnings.push(warning) });
  await client.send(get);
  await client.send(get);
  const { origin } = server.origin;
  expect(warnings).toEqual([
    { text: 'this is "old", really', origin },
    { text: "second", origin },
  ]);
});

it("reports at most 100 warnings, without control characters, cut at 500 characters", async () => {
  let count = 0;
  const server = await scriptedServer((request, response) => {
    count += 1;
    reply(200, "", { warning: `299 - "${count}\t${"x".repeat(600)}"` })(request, response);
  });
  const warnings: RegistryWarning[] = [];
  const client = clientOf(server, { onWarning: (warning) => warnings.push(warning) });
  for (let sent = 0; sent < 105; sent += 1) await client.send(get);
  expect(warnings).toHaveLength(100);
  expect(warnings[0]?.text).toBe(`1 ${"x".repeat(498)}`);
});

it("does not report the warnings of other hosts, and ignores an error of the hook", async () => {
  const storage = await scriptedServer(reply(200, "", { warning: '299 - "of the storage"' }));
  const server = await scriptedServer((request, response) => {
    redirect(storage.origin.href)(request, response);
  });
  const warnings: RegistryWarning[] = [];
  await clientOf(server, { onWarning: (warning) => warnings.push(warning) }).send(get);
  expect(warnings).toEqual([]);
  const warning = await scriptedServer(reply(200, "", { warning: '299 - "text"' }));
  const client = clientOf(warning, {
    onWarning: () => {
      throw new Error("broken");
    },
  });
  expect((await client.send(get)).status).toBe(200);
});
