import { describe, it } from "vitest";

import { checkListing, checkReading } from "./properties.ts";

describe("random stacks of layers", () => {
  it("listFiles lists what applying the layers one after the other results in", async () => {
    await checkListing(60);
  });

  it("readFile reads the file that applying the layers one after the other results in, at every path", async () => {
    await checkReading(5);
  });
});
