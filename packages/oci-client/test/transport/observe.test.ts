import { expect, it } from "vitest";

import { rejection } from "@ocilayout/testing";

import type { HttpEvent } from "../../src/transport/observe.ts";
import { observeTransport } from "../../src/transport/observe.ts";
import { redactHeader, redactUrl } from "../../src/transport/redact.ts";
import { reply, scriptedServer } from "../scripted-server.ts";
import { nodeTransport } from "./helpers.ts";

it("the hook sees requests and responses, without secrets", async () => {
  const server = await scriptedServer(
    reply(202, "", {
      location: "/v2/a/blobs/uploads/1?_state=s3cret",
      "set-cookie": "s3cret",
      "www-authenticate": "Basic",
    }),
  );
  const events: HttpEvent[] = [];
  const transport = observeTransport(nodeTransport(), (event) => events.push(event));
  const url = new URL("/v2/a/blobs/uploads/?mount=sha256:1&from=b&X-Amz-Signature=s3cret", server.origin);
  await transport.send({ method: "POST", url, headers: { authorization: "Bearer s3cret", accept: "*/*" } });
  expect(events).toMatchObject([
    { id: 1, type: "request", headers: { authorization: "Bearer [redacted]", accept: "*/*" } },
    {
      id: 1,
      type: "response",
      status: 202,
      headers: { location: "/v2/a/blobs/uploads/1?_state=[redacted]" },
    },
  ]);
  expect(events[0]?.url).toBe(
    `${server.origin.origin}/v2/a/blobs/uploads/?mount=sha256:1&from=b&X-Amz-Signature=[redacted]`,
  );
  expect(JSON.stringify(events)).not.toContain("s3cret");
});

it("the hook sees failures", async () => {
  const events: HttpEvent[] = [];
  const transport = observeTransport(nodeTransport(), (event) => events.push(event));
  const error = await rejection(
    transport.send({ method: "GET", url: new URL("http://127.0.0.1:1/"), headers: {} }),
  );
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
  expect(events.map(({ type }) => type)).toEqual(["request", "failure"]);
});

it("a hook that throws changes nothing", async () => {
  const server = await scriptedServer(reply(200));
  const transport = observeTransport(nodeTransport(), () => {
    throw new Error("broken");
  });
  expect((await transport.send({ method: "GET", url: server.origin, headers: {} })).status).toBe(200);
});

it.each([
  ["https://u:s3cret@a.example/v2/?token=s3cret", "https://a.example/v2/?token=[redacted]"],
  ["https://a.example/v2/?n=10&last=x", "https://a.example/v2/?n=10&last=x"],
  [
    "https://a.example/token?service=s&scope=repository:a:pull&account=s3cret",
    "https://a.example/token?service=s&scope=repository:a:pull&account=[redacted]",
  ],
])("the address %s is shown as %s", (address, shown) => {
  expect(redactUrl(new URL(address))).toBe(shown);
});

it.each([
  ["authorization", "Basic dXNlcjpwYXNz", "Basic [redacted]"],
  ["authorization", "s3cret", "[redacted]"],
  ["proxy-authorization", "Basic dXNlcjpwYXNz", "Basic [redacted]"],
  ["cookie", "id=1", "[redacted]"],
  ["link", '</v2/t?last=x&n=1&sig=s3cret>; rel="next"', '</v2/t?last=x&n=1&sig=[redacted]>; rel="next"'],
  ["content-type", "a/b?c=d", "a/b?c=d"],
])("the header %s: %s is shown as %s", (name, value, shown) => {
  expect(redactHeader(name, value)).toBe(shown);
});
