import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = join(import.meta.dirname, "TABLE.md");

const HEAD = `# Which case finds which mutant

Each mutant is a registry in memory with one fault, in a file of its own in [../mutants](../mutants). \`pnpm proof\` gives it
every case and compares with this table; \`WRITE=1 pnpm proof\` writes it anew. Mutants of layouts on disk are in
\`packages/layout-core/test/kit-mutants\`.

| mutant | a registry that … | is found by | and also by |
|---|---|---|---|
`;

/** Returns the committed rows by mutant. */
export function readTable(): Map<string, string> {
  const lines = readText()
    .split("\n")
    .filter((line) => /^\| [a-z]/.test(line) && !line.startsWith("| mutant |"));
  return new Map(
    lines.map((line): [string, string] => {
      const [name = "", ...rest] = line.slice(2, -2).split(" | ");
      return [name, rest.join(" | ")];
    }),
  );
}

/** Replaces the rows of these mutants and removes the rows of mutants that no longer exist. */
export function writeRows(rows: ReadonlyMap<string, string>): void {
  const all = [...new Map([...readTable(), ...rows])].sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(FILE, `${HEAD}${all.map(([name, row]) => `| ${name} | ${row} |`).join("\n")}\n`);
}

function readText(): string {
  try {
    return readFileSync(FILE, "utf8");
  } catch {
    return HEAD;
  }
}
