import { describe, expect, it } from "vitest";

import { changeImage } from "../../src/change/change-image.ts";
import type { ConfigChanges } from "../../src/change/config-changes.ts";
import { imageOf } from "./images.ts";

/** Returns the defaults of an image after a change. */
async function change(defaults: object | null | undefined, changes: ConfigChanges): Promise<unknown> {
  const image = imageOf("base", { config: { config: defaults } });
  return (await changeImage(image, { config: changes })).config.config;
}

describe("env", () => {
  it.each([
    ["changes a variable in its place", ["A=1", "B=2"], { A: "3" }, ["A=3", "B=2"]],
    ["adds new variables at the end, in their order", ["A=1"], { C: "3", B: "2" }, ["A=1", "C=3", "B=2"]],
    ["removes a variable", ["A=1", "B=2"], { A: null }, ["B=2"]],
    ["leaves one entry of a variable that has several", ["A=1", "B=2", "A=3"], { A: "4" }, ["A=4", "B=2"]],
    ["removes all entries of a variable", ["A=1", "B=2", "A=3"], { A: null }, ["B=2"]],
    ["leaves other variables with several entries alone", ["A=1", "A=2"], { B: "3" }, ["A=1", "A=2", "B=3"]],
    ["changes an entry without an equals sign", ["A", "B=2"], { A: "1" }, ["A=1", "B=2"]],
    ["keeps entries that begin with an equals sign", ["=C:=C:\\"], { A: "1" }, ["=C:=C:\\", "A=1"]],
    ["keeps equals signs in values", ["A=1=2"], { B: "3=4" }, ["A=1=2", "B=3=4"]],
    ["accepts an empty value", ["A=1"], { A: "" }, ["A="]],
    ["adds to a missing environment", undefined, { A: "1" }, ["A=1"]],
    ["adds to an environment that is null", null, { A: "1" }, ["A=1"]],
    ["keeps an environment that is null", null, { A: null }, null],
    ["keeps an empty environment", [], { A: null }, []],
  ])("%s", async (_name, Env, env, expected) => {
    expect(await change({ Env, User: "web" }, { env })).toEqual({ Env: expected, User: "web" });
  });

  it("removes the member with the last variable", async () => {
    expect(await change({ Env: ["A=1"] }, { env: { A: null } })).toEqual({});
  });

  it("handles variables called __proto__ and constructor as others", async () => {
    const env = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>;
    expect(await change({}, { env })).toEqual({ Env: ["__proto__=x", "constructor=y"] });
  });
});

describe("entrypoint and cmd", () => {
  const before = { Entrypoint: ["/bin/sh", "-c"], Cmd: ["ls"] };

  it.each<[string, ConfigChanges, object]>([
    [
      "an entry point removes the arguments, as in a Dockerfile",
      { entrypoint: ["/app"] },
      { Entrypoint: ["/app"] },
    ],
    [
      "an entry point keeps arguments that are given with it",
      { entrypoint: ["/app"], cmd: ["-v"] },
      { Entrypoint: ["/app"], Cmd: ["-v"] },
    ],
    ["removing the entry point removes the arguments", { entrypoint: null }, {}],
    ["arguments keep the entry point", { cmd: ["-v"] }, { Entrypoint: ["/bin/sh", "-c"], Cmd: ["-v"] }],
    ["null removes the arguments", { cmd: null }, { Entrypoint: ["/bin/sh", "-c"] }],
    ["an empty list is stored", { entrypoint: [], cmd: [] }, { Entrypoint: [], Cmd: [] }],
  ])("%s", async (_name, changes, expected) => {
    expect(await change(before, changes)).toEqual(expected);
  });

  it("null keeps values that are null already", async () => {
    const empty = { Entrypoint: null, Cmd: null };
    expect(await change(empty, { entrypoint: null })).toEqual(empty);
  });
});

describe("labels, user and working directory", () => {
  it("change in their place", async () => {
    const before = { User: "a", WorkingDir: "/a", Labels: { x: "1", y: "2" }, Healthcheck: {} };
    const changes = { user: "b", workingDirectory: "/b", labels: { x: "3", z: "4" } };
    expect(JSON.stringify(await change(before, changes))).toBe(
      '{"User":"b","WorkingDir":"/b","Labels":{"x":"3","y":"2","z":"4"},"Healthcheck":{}}',
    );
  });

  it("are removed by null", async () => {
    const before = { User: "a", WorkingDir: "/a", Labels: { x: "1" }, Healthcheck: {} };
    expect(await change(before, { user: null, workingDirectory: null, labels: { x: null } })).toEqual({
      Healthcheck: {},
    });
  });

  it.each([null, {}])("keep labels that are %j when there is nothing to remove", async (Labels) => {
    expect(await change({ Labels }, { labels: { x: null } })).toEqual({ Labels });
  });

  it.each([undefined, null])("are added to defaults that are %j", async (before) => {
    expect(await change(before, { user: "web" })).toEqual({ User: "web" });
  });

  it.each([undefined, null])(
    "leave defaults that are %j alone when there is nothing to do",
    async (before) => {
      expect(await change(before, { user: null, labels: { x: null }, env: {} })).toEqual(before);
    },
  );
});

describe("invalid changes of a config", () => {
  it.each<ConfigChanges>([
    { env: { "": "x" } },
    { env: { "A=B": "x" } },
    { env: { "A\0": "x" } },
    { env: { A: "\0" } },
    { entrypoint: ["a\0b"] },
    { cmd: ["\0"] },
    { user: "\0" },
    { workingDirectory: "\0" },
  ])("are rejected with MANIFEST_INVALID: %j", async (changes) => {
    await expect(change({}, changes)).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
  });

  // clause 1
  it.each([
    { env: ["A=1"] },
    { env: { A: 1 } },
    { entrypoint: "sh" },
    { entrypoint: [1] },
    { cmd: {} },
    { labels: { a: true } },
    { labels: null },
    { user: 0 },
    { workingDirectory: {} },
  ])("of other types are rejected with a TypeError: %j", async (changes) => {
    await expect(change({}, changes as never)).rejects.toThrow(TypeError);
  });

  // clause 1
  it.each([
    [{ Entrypoint: ["/app"] }, '"Entrypoint" is not a change of a config: did you mean entrypoint?'],
    [{ label: { a: "1" } }, '"label" is not a change of a config: did you mean labels?'],
    [{ WorkingDir: "/" }, '"WorkingDir" is not a change of a config: did you mean workingDirectory?'],
    [
      { volumes: [] },
      '"volumes" is not a change of a config: the changes are env, entrypoint, cmd, labels, user, workingDirectory',
    ],
    [{ env: ["A=1"] }, 'env must be an object with a text for each name, such as { A: "1" }'],
  ])("are rejected with a hint: %j", async (changes, message) => {
    await expect(change({}, changes as never)).rejects.toThrow(new TypeError(message));
  });
});
