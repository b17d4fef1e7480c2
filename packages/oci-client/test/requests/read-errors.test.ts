import { describe, expect, it } from "vitest";

import { isRegistryError, registryErrorCodes } from "@ocilayout/oci-types";
import { isDistributionErrorCode } from "@ocilayout/oci-types/authors";
import { rejection } from "@ocilayout/testing";

import { readErrors } from "../../src/requests/read-errors.ts";
import { readLimited } from "../../src/transport/read-limited.ts";
import { scriptedServer } from "../scripted-server.ts";
import { clientOf } from "./helpers.ts";

function responseOf(status: number, body: unknown): Parameters<typeof readErrors>[0] {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return {
    status,
    body: (async function* () {
      yield Buffer.from(text);
    })(),
  };
}

const digest = `sha256:${"a".repeat(64)}`;

describe("the error of a response", () => {
  it("has the code, the message and the detail of its body", async () => {
    const body = { errors: [{ code: "NAME_INVALID", message: "bad name", detail: { reason: "x" } }] };
    const error = await readErrors(responseOf(400, body));
    expect(error).toMatchObject({ code: "NAME_INVALID", detail: { reason: "x" } });
    expect(error.message).toBe("the registry answered with status 400: NAME_INVALID: bad name");
  });

  it.each([
    [401, "UNAUTHORIZED"],
    [403, "DENIED"],
    [405, "UNSUPPORTED"],
    [412, "PRECONDITION_FAILED"],
    [413, "SIZE_INVALID"],
    [416, "RANGE_INVALID"],
    [429, "TOOMANYREQUESTS"],
    [500, "REMOTE_FAILED"],
    [404, "REMOTE_FAILED"],
  ])("trap 17: with status %d and a body that is not JSON is %s", async (status, code) => {
    for (const body of [
      "<html>no</html>",
      "",
      "null",
      "[]",
      '{"errors":{}}',
      '{"errors":[1,null]}',
      '{"errors":[{}]}',
    ])
      expect((await readErrors(responseOf(status, body))).code).toBe(code);
  });

  it("has the caller's code for a status, unless the body has one that is known", async () => {
    const codes = { 404: "BLOB_UNKNOWN" } as const;
    expect((await readErrors(responseOf(404, "no"), { codes })).code).toBe("BLOB_UNKNOWN");
    const harbor = { errors: [{ code: "NOT_FOUND", message: "artifact not found" }] };
    const error = await readErrors(responseOf(404, harbor), { codes });
    expect([error.code, error.message]).toEqual([
      "BLOB_UNKNOWN",
      "the registry answered with status 404: NOT_FOUND: artifact not found",
    ]);
    const named = { errors: [{ code: "UNKNOWN" }, { code: "NAME_UNKNOWN", message: "no repository" }] };
    expect((await readErrors(responseOf(404, named), { codes })).code).toBe("NAME_UNKNOWN");
  });

  it.each([
    ...registryErrorCodes
      .filter((code) => !isDistributionErrorCode(code))
      .map((code): [string, string] => [code, "REMOTE_FAILED"]),
    ...registryErrorCodes.filter(isDistributionErrorCode).map((code): [string, string] => [code, code]),
    ["constructor", "REMOTE_FAILED"],
    ["__proto__", "REMOTE_FAILED"],
    ["TAG_INVALID", "NAME_INVALID"],
  ])("with the code %s of a registry is %s", async (sent, code) => {
    expect((await readErrors(responseOf(500, { errors: [{ code: sent }] }))).code).toBe(code);
  });

  it("has every missing digest, however the registry names them", async () => {
    const ours = { errors: [{ code: "MANIFEST_BLOB_UNKNOWN", detail: { missing: [digest] } }] };
    const one = { code: "MANIFEST_BLOB_UNKNOWN", detail: { digest } };
    const theirs = {
      errors: [
        one,
        { code: "MANIFEST_BLOB_UNKNOWN", detail: digest },
        { ...one, detail: { digest: "../x" } },
      ],
    };
    expect((await readErrors(responseOf(404, ours))).detail).toEqual({ missing: [digest] });
    expect((await readErrors(responseOf(404, theirs))).detail).toEqual({ missing: [digest, digest] });
  });

  it("has no control characters in its message, and a short one", async () => {
    const error = await readErrors(responseOf(500, `a\u001b[31m\r\nb\u202e${"x".repeat(1000)}`));
    expect(error.message).toMatch(/^the registry answered with status 500: a \[31m b x+…$/);
    expect(error.message.length).toBeLessThan(400);
  });
});

it("trap 9: the body of an error is read up to 64 KiB", async () => {
  let sent = 0;
  const server = await scriptedServer((_request, response) => {
    response.writeHead(404);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, "x"))) sent += 1;
    };
    response.on("drain", more);
    more();
  });
  const response = await clientOf(server).send({ method: "GET", target: "/v2/", scopes: [] });
  expect((await readErrors(response)).code).toBe("REMOTE_FAILED");
  await expect.poll(() => server.sockets.size).toBe(0);
  expect(sent).toBeLessThan(1024);
});

it("trap 9: a body that is read whole has a limit", async () => {
  expect(await readLimited(responseOf(200, "12345"), 5)).toEqual(new Uint8Array(Buffer.from("12345")));
  expect(isRegistryError(await rejection(readLimited(responseOf(200, "123456"), 5)), "REMOTE_FAILED")).toBe(
    true,
  );
});

it("an error whose body cannot be read still has a code, and an abort is not hidden", async () => {
  const broken = await scriptedServer((request, response) => {
    response.writeHead(404, { "content-length": "100" }).write("x", () => request.socket.resetAndDestroy());
  });
  const response = await clientOf(broken).send({ method: "GET", target: "/v2/", scopes: [] });
  expect((await readErrors(response, { codes: { 404: "BLOB_UNKNOWN" } })).code).toBe("BLOB_UNKNOWN");
  const slow = await scriptedServer((_request, answer) => answer.writeHead(404).write("x"));
  const stop = new AbortController();
  const waiting = await clientOf(slow).send({
    method: "GET",
    target: "/v2/",
    scopes: [],
    signal: stop.signal,
  });
  const read = rejection(readErrors(waiting));
  stop.abort("enough");
  expect(await read).toBe("enough");
});
