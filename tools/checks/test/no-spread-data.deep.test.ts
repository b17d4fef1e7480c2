import { join } from "node:path";

import { ESLint } from "eslint";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const eslint = new ESLint({ cwd: root });

/** Whether the lint refuses `code` in a source file. */
async function refuses(code: string): Promise<boolean> {
  const [result] = await eslint.lintText(`${code}\n`, {
    filePath: join(root, "packages/oci-types/src/index.ts"),
  });
  return (
    result?.messages.some(
      ({ ruleId }) => ruleId === "ocilayout/no-spread-data" || ruleId === "no-restricted-globals",
    ) === true
  );
}

it.each([
  ["a list pushed to another", "export const f = (all: string[], more: string[]) => all.push(...more);"],
  ["a list handed to Math.min", "export const f = (all: number[]) => Math.min(...all);"],
  [
    "what a call returns",
    "export const f = (text: string) => String.fromCharCode(...text.split('').map(Number));",
  ],
  ["a list handed to a constructor", "export const f = (all: number[]) => new Array<number>(...all);"],
  ["the open end of a tuple", "export const f = (all: [number, ...number[]]) => Math.min(...all);"],
  ["structuredClone", "export const f = (it: object) => structuredClone(it);"],
])("the lint rule rejects spreading %s", async (_name, code) => {
  expect(await refuses(code)).toBe(true);
});

it.each([
  ["a rest parameter", "export const f = (...all: number[]) => Math.min(...all);"],
  ["a rest parameter in an inner function", "export const f = (...all: number[]) => () => Math.min(...all);"],
  ["a tuple", "export const f = (all: readonly [number, number]) => Math.min(...all);"],
  ["a list within a list", "export const f = (all: string[]) => [...all];"],
])("the lint rule allows spreading %s", async (_name, code) => {
  expect(await refuses(code)).toBe(false);
});
