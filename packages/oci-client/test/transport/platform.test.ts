import { expect, it } from "vitest";

import * as node from "../../src/platform/node.ts";
import * as web from "../../src/platform/web.ts";

it("both platforms export the same names, so that a bundle for a browser has all of them", () => {
  expect(Object.keys(web).sort()).toEqual(Object.keys(node).sort());
});
