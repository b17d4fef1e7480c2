import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { registryErrorCodes } from "@ocilayout/oci-types";
import { describe, expect, it } from "vitest";

import { CONTRACT } from "../src/case/cites.ts";
import { allCases } from "../src/index.ts";
import { untestedClauses } from "./untested-clauses.ts";

const root = join(import.meta.dirname, "../../..");
const page = readFileSync(join(root, "docs/contract.md"), "utf8");
const anchors = Array.from(page.matchAll(/<a id="([^"]*)"><\/a>/g), ([, id = ""]) => id);
const links = Array.from(page.matchAll(/\]\(#([^)]*)\)/g), ([, id = ""]) => id);
const headings = Array.from(page.matchAll(/^##+ (.*)$/gm), ([, heading = ""]) => heading);

/** Returns the anchors of the contract that a case cites. */
function citedAnchors({ cites }: (typeof allCases)[number]): string[] {
  return cites.flatMap(({ url }) => (url.startsWith(`${CONTRACT}#`) ? [url.slice(CONTRACT.length + 1)] : []));
}

const cited = new Set(allCases.flatMap(citedAnchors));

/** Whether a case cites `anchor` or a part of its clause. */
function isCited(anchor: string): boolean {
  return cited.has(anchor) || anchors.some((part) => part.startsWith(`${anchor}-`) && cited.has(part));
}

/** Returns the anchor that GitHub makes of a heading. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, "")
    .replaceAll(" ", "-");
}

describe("docs/contract.md", () => {
  it("has each anchor once", () => {
    expect(anchors.filter((id, at) => anchors.indexOf(id) !== at)).toEqual([]);
  });

  it("links to no anchor that it does not have", () => {
    const known = new Set([...anchors, ...headings.map(slugOf)]);
    expect(links.filter((id) => !known.has(id))).toEqual([]);
  });

  it("has the clauses 1 to 33 in order, each with the anchor of its number", () => {
    const numbered = page.matchAll(/^<a id="clause-(\d+)"><\/a>\n\n### (\d+)\. \S/gm);
    const numbers = Array.from(numbered, ([, id, number]) => [Number(id), Number(number)]);
    expect(numbers).toEqual(Array.from({ length: 33 }, (_, at) => [at + 1, at + 1]));
  });

  it("has the anchor of a part within the clause that it names", () => {
    let clause = "";
    const strays = anchors.filter((id) => {
      if (/^clause-\d+$/.test(id)) clause = id;
      return id.startsWith("clause-") && id !== clause && !id.startsWith(`${clause}-`);
    });
    expect(strays).toEqual([]);
  });

  it("has a row for each error code, in their order", () => {
    const table = page.slice(page.indexOf("## Error codes"), page.indexOf("## Capabilities"));
    expect(Array.from(table.matchAll(/^\| `([A-Z_]+)`/gm), ([, code]) => code)).toEqual(registryErrorCodes);
  });
});

describe("the cases", () => {
  it("each cite the contract, and only anchors that it has", () => {
    const wrong = allCases.flatMap((it) => {
      const own = citedAnchors(it);
      const unknown = own.filter((anchor) => !anchors.includes(anchor));
      return own.length === 0 || unknown.length > 0 ? [`${it.id}: ${unknown.join(", ")}`] : [];
    });
    expect(wrong).toEqual([]);
  });

  it("cite every clause and every part of one, except those in the table of other tests", () => {
    const isRule = (anchor: string): boolean => /^(?:clause|rule)-/.test(anchor);
    const uncited = anchors.filter((anchor) => isRule(anchor) && !isCited(anchor));
    expect(uncited).toEqual(Object.keys(untestedClauses));
  });
});

it.each(Object.entries(untestedClauses))("%s, which no case cites, is tested elsewhere", (_anchor, other) => {
  expect(readFileSync(join(root, other.file), "utf8")).toContain(other.test);
});

/** Returns every source file, test and README of the packages as path and text. */
const files = readdirSync(join(root, "packages")).flatMap((name) => [
  [`${name}/README.md`, readFileSync(join(root, "packages", name, "README.md"), "utf8")] as const,
  ...["src", "test"].flatMap((folder) =>
    readdirSync(join(root, "packages", name, folder), { recursive: true })
      .map((file) => `${name}/${folder}/${String(file)}`)
      .filter((file) => file.endsWith(".ts"))
      .map((file) => [file, readFileSync(join(root, "packages", file), "utf8")] as const),
  ),
]);

describe("the packages", () => {
  it("cite no clause that the contract does not have", () => {
    const isUnknown = (number: string): boolean => !anchors.includes(`clause-${number}`);
    const wrong = files.flatMap(([file, text]) =>
      (text.match(/\bclauses? \d+(?:(?:, | and | to )\d+)*/gi) ?? [])
        .filter((citation) => citation.match(/\d+/g)?.some(isUnknown) === true)
        .map((citation) => `${file}: ${citation}`),
    );
    expect(wrong).toEqual([]);
  });

  it("link to the contract at one address, and to anchors that it has", () => {
    const known = [CONTRACT, ...anchors.map((id) => `${CONTRACT}#${id}`)];
    const wrong = files.flatMap(([file, text]) =>
      (text.match(/https:[^\s"`)}]*\/docs\/contract\.md(?:#[\w-]+)?/g) ?? [])
        .filter((url) => !known.includes(url))
        .map((url) => `${file}: ${url}`),
    );
    expect(wrong).toEqual([]);
  });
});
