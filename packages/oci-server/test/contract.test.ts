import { readFileSync } from "node:fs";
import { join } from "node:path";

import { registryErrorCodes } from "@ocilayout/oci-types";
import { expect, it } from "vitest";

import { httpStatus } from "../src/http/status.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/contract.md"), "utf8");

it.each(registryErrorCodes)("%s has the status that docs/contract.md names", (code) => {
  const row = page.split("\n").find((line) => line.startsWith(`| \`${code}\``));
  const statuses = row?.split("|").at(-2)?.match(/\d+/g)?.map(Number);
  const expected = [httpStatus(code), httpStatus(code, "manifest"), httpStatus(code, "delete")];
  expect(statuses).toEqual([...new Set(expected)]);
});
