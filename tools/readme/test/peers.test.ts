import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
/** The programs that tests run. The others are known from their documentation. */
const tested = ["ocilayout", "skopeo", "umoci"];
const programs = ["ocilayout", "skopeo", "crane", "oras", "regctl", "umoci"];

/** Returns the cells of each row of the table below a line that contains `heading`. */
function table(text: string, heading: string): string[][] {
  const lines = text.slice(text.indexOf(heading)).split("\n");
  const from = lines.findIndex((line) => line.startsWith("| "));
  const end = lines.findIndex((line, at) => at > from && !line.startsWith("|"));
  const rows = lines.slice(from, end < 0 ? undefined : end);
  return rows.map((line) => line.split("|").slice(1, -1)).map((cells) => cells.map((cell) => cell.trim()));
}

const [names = [], , ...shown] = table(read("README.md"), "Beside other programs:");
const [, , ...evidence] = table(read("docs/other-programs.md"), "| row ");

it("the README and the page with the evidence have the same cells", () => {
  expect(names.slice(1)).toEqual(programs);
  expect(shown.length).toBeGreaterThanOrEqual(10);
  const cells = shown.flatMap(([row = "", ...answers]) =>
    answers.map((answer, at) => [row, names[at + 1], answer]),
  );
  expect(evidence.map((cells) => cells.slice(0, 3))).toEqual(cells);
});

it("other programs are ahead in some rows, and the table shows them", () => {
  expect(shown.filter(([, ours]) => ours === "no").length).toBeGreaterThanOrEqual(2);
});

it.each(evidence.filter(([, program = ""]) => tested.includes(program)))(
  "%s, %s: %s has a test",
  (_row, _program, _answer, proof = "") => {
    const [, path = "", title = ""] = /^`([^`]+)`: "([^"]+)"$/.exec(proof) ?? /^()(\[.*)$/.exec(proof) ?? [];
    // A test cannot run the language of a library.
    if (path === "") expect(title).toMatch(/^\[[^\]]+\]\(https:\/\/github\.com\/[^)]+README\.md\)$/);
    else expect(read(path)).toContain(JSON.stringify(title));
  },
);

it.each(evidence.filter(([, program = ""]) => !tested.includes(program)))(
  "%s, %s: %s has a source in a fixed version",
  (_row, _program, _answer, proof = "") => {
    const links = Array.from(proof.matchAll(/\]\(([^)]+)\)/g), ([, link = ""]) => link);
    expect(links).not.toEqual([]);
    for (const link of links)
      expect(link).toMatch(/^https:\/\/github\.com\/[\w./-]+\/(?:blob|tag)\/v\d+\.\d+\.\d+/);
  },
);
