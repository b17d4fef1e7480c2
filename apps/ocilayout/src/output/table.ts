import type { Output } from "./output.ts";
import { writeText } from "./output.ts";
import { largest, shorten } from "./text.ts";

/** A cell: text, or a digest, which is shortened if the table does not fit. */
export type Cell = string | { readonly digest: string };

/** The rows that are aligned together. More rows begin a new table. */
const MOST_ROWS = 1000;
const GAP = "  ";
const ELLIPSIS = "…";

/**
 * Writes rows of text. On a terminal their columns are aligned and fit its width. Elsewhere each row is written at once, in full,
 * with two spaces between its cells.
 */
export class Table {
  readonly #output: Output;
  #rows: (readonly Cell[])[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  async row(cells: readonly Cell[]): Promise<void> {
    if (this.#output.width === undefined) {
      await writeText(this.#output, cells.map(full).join(GAP));
      return;
    }
    this.#rows.push(cells);
    if (this.#rows.length === MOST_ROWS) await this.end();
  }

  /** Writes the rows that are left. */
  async end(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    for (const line of layOut(rows, this.#output.width ?? Infinity)) await writeText(this.#output, line);
  }
}

/** Returns the lines of a table that is at most `width` wide. */
export function layOut(rows: readonly (readonly Cell[])[], width: number): string[] {
  let texts = rows.map((cells) => cells.map(full));
  let widths = widthsOf(texts);
  if (totalOf(widths) > width) {
    texts = rows.map((cells) =>
      cells.map((cell) => (typeof cell === "string" ? cell : shorten(cell.digest))),
    );
    widths = widthsOf(texts);
  }
  for (let excess = totalOf(widths) - width; excess > 0; excess = totalOf(widths) - width) {
    const widest = widths.indexOf(largest(widths));
    const narrowed = Math.max(1, (widths[widest] ?? 1) - excess);
    if (narrowed === widths[widest]) break;
    // No column becomes narrower than the second widest, unless all of them are that narrow.
    const second = Math.max(1, largest(widths.filter((_, at) => at !== widest)));
    widths[widest] = Math.max(narrowed, Math.min(second, (widths[widest] ?? 1) - 1));
  }
  return texts.map((cells) =>
    cells
      .map((text, at) => {
        const most = widths[at] ?? 0;
        const cut = text.length > most ? `${text.slice(0, Math.max(0, most - 1))}${ELLIPSIS}` : text;
        return at === cells.length - 1 ? cut : cut.padEnd(most);
      })
      .join(GAP),
  );
}

function full(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.digest;
}

function widthsOf(texts: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const cells of texts)
    for (const [at, text] of cells.entries()) widths[at] = Math.max(widths[at] ?? 0, text.length);
  return widths;
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1);
}
