import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseContentRange, parseRange } from "../src/http/range.ts";

// RFC 9110, section 14.2
describe("the Range header", () => {
  it.each([
    ["bytes=0-0", { start: 0, end: 1 }],
    ["bytes=0-9", { start: 0, end: 10 }],
    ["bytes=2-4", { start: 2, end: 5 }],
    ["bytes=5-", { start: 5, end: 10 }],
    ["bytes=5-99", { start: 5, end: 10 }],
    ["bytes=-3", { start: 7, end: 10 }],
    ["bytes=-99", { start: 0, end: 10 }],
    ["BYTES=1-2", { start: 1, end: 3 }],
    ["bytes=9-99999999999999999999999", { start: 9, end: 10 }],
  ])("%s of ten bytes selects %j", (header, range) => {
    expect(parseRange(header, 10)).toEqual(range);
  });

  it.each([
    "bytes=10-",
    "bytes=10-20",
    "bytes=-0",
    "bytes=99999999999999999999-",
    "bytes=5-2",
    "bytes=500-0",
  ])("%s of ten bytes cannot be satisfied", (header) => {
    expect(parseRange(header, 10)).toBe("unsatisfiable");
  });

  it.each([
    null,
    "",
    "bytes",
    "bytes=",
    "bytes=-",
    "bytes=a-b",
    "bytes=0-1,3-4",
    "lines=0-1",
    "bytes=0-1;x",
    "bytes=+1-2",
    "bytes 0-1",
  ])("%s is ignored", (header) => {
    expect(parseRange(header, 10)).toBeUndefined();
  });

  it("of empty content is never satisfied", () => {
    expect(["bytes=0-", "bytes=-1", "bytes=0-0"].map((header) => parseRange(header, 0))).toEqual(
      Array(3).fill("unsatisfiable"),
    );
  });

  it("selects what slice selects", () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(50), fc.nat(50), (size, first, last) => {
        const range = parseRange(`bytes=${first}-${last}`, size);
        const all = Array.from({ length: size }, (_, i) => i);
        if (last < first || first >= size) expect(range).toBe("unsatisfiable");
        else
          expect(all.slice((range as { start: number }).start, (range as { end: number }).end)).toEqual(
            all.slice(first, last + 1),
          );
      }),
    );
  });
});

// dist end-5
describe("the Content-Range header of a chunk", () => {
  it.each([
    ["0-0", { start: 0, end: 1 }],
    ["10-19", { start: 10, end: 20 }],
  ])("%s is parsed as %j", (header, range) => {
    expect(parseContentRange(header)).toEqual(range);
  });

  it.each(["", "bytes 0-1/2", "1-0", "-1", "5-", "0-1/2", "a-b", "0x1-2", "0-99999999999999999", "0--1"])(
    "%s is invalid",
    (header) => {
      expect(parseContentRange(header)).toBe("invalid");
    },
  );

  it("may be missing", () => {
    expect(parseContentRange(null)).toBeUndefined();
  });
});
