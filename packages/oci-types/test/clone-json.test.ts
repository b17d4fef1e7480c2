import { expect, it } from "vitest";

import { cloneJson } from "../src/basics/clone-json.ts";

it("cloneJson copies values and shares no object or array with the original", () => {
  const data = { text: "a", list: [1, { deep: null }], empty: {}, flag: false };
  const copy = cloneJson(data);
  expect(copy).toEqual(data);
  expect(copy).not.toBe(data);
  expect(copy.list).not.toBe(data.list);
  expect(copy.list[1]).not.toBe(data.list[1]);
});

it("cloneJson copies a member called __proto__ as a member", () => {
  const copy = cloneJson(JSON.parse('{"__proto__":{"a":1}}') as object);
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  expect(JSON.stringify(copy)).toBe('{"__proto__":{"a":1}}');
});

it("cloneJson copies data that is nested 200,000 deep", () => {
  const depth = 200_000;
  const copy = cloneJson(JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`) as unknown[]);
  let reached = 0;
  for (let next: unknown = copy; Array.isArray(next); next = next[0]) reached += 1;
  expect(reached).toBe(depth);
});

it("cloneJson copies data with cycles", () => {
  const data: { self?: object } = {};
  data.self = data;
  const copy = cloneJson(data);
  expect(copy.self).toBe(copy);
  expect(copy).not.toBe(data);
});
