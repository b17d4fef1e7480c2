import { describe } from "vitest";

import { testProperties } from "./properties.ts";

describe("copy, for many graphs", () => {
  testProperties(150);
});
