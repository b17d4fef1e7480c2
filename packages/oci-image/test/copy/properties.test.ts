import { describe } from "vitest";

import { testProperties } from "./properties.ts";

describe("copy, for any graph", () => {
  testProperties(5);
});
