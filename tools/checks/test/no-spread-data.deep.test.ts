import { join } from "node:path";

import { ESLint } from "eslint";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const eslint = new ESLint({ cwd: root });

/** Whether the lint rejects `code` in a source file. */
async function rejects(code: string): Promise<boolean> {
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
  ["spreading a list into push()", "export const f = (all: string[], more: string[]) => all.push(...more);"],
  ["spreading a list into Math.min()", "export const f = (all: number[]) => Math.min(...all);"],
  [
    "spreading the result of a call",
    "export const f = (text: string) => String.fromCharCode(...text.split('').map(Number));",
  ],
  ["spreading a list into a constructor", "export const f = (all: number[]) => new Array<number>(...all);"],
  [
    "spreading a tuple with a rest element",
    "export const f = (all: [number, ...number[]]) => Math.min(...all);",
  ],
  ["structuredClone", "export const f = (it: object) => structuredClone(it);"],
])("the lint rejects %s", async (_name, code) => {
  expect(await rejects(code)).toBe(true);
});

it.each([
  ["spreading a rest parameter", "export const f = (...all: number[]) => Math.min(...all);"],
  [
    "spreading a rest parameter in an inner function",
    "export const f = (...all: number[]) => () => Math.min(...all);",
  ],
  ["spreading a tuple", "export const f = (all: readonly [number, number]) => Math.min(...all);"],
  ["spreading a list into a list", "export const f = (all: string[]) => [...all];"],
])("the lint allows %s", async (_name, code) => {
  expect(await rejects(code)).toBe(false);
});
