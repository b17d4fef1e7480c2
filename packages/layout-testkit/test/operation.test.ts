import { expect, it } from "vitest";

import { operation } from "../src/model/operation.ts";

it("a call of the model is shown with every argument, undefined ones included, and with short digests", () => {
  const run = async (): Promise<void> => Promise.resolve();
  expect(operation("mountBlob", [undefined, "a", `sha256:${"0".repeat(64)}`], run).text).toBe(
    'mountBlob(undefined, "a", "sha256:00000000…")',
  );
});
