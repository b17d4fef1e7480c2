import type { LayoutDirectory } from "./directory.ts";
import type { Report } from "./problem.ts";

/** Runs a check. If the system refuses access, reports a problem of `path` and returns `undefined`. */
export type Attempt = <Result>(path: string, check: () => Promise<Result>) => Promise<Result | undefined>;

/** Finds links that lead out of the directory, at any depth. */
export async function checkLinks(layout: LayoutDirectory, report: Report, attempt: Attempt): Promise<void> {
  const waiting = [""];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const below = directory;
    // The checks of the three parts report what they cannot read.
    const entries = await layout.list(below).catch(() => []);
    for (const entry of entries) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) waiting.push(path);
      else if (entry.isSymbolicLink() && (await attempt(path, () => layout.place(path))) === "outside")
        report("link", path, LEADS_OUT);
    }
  }
}

const LEADS_OUT =
  "the link is broken or leads out of the layout, so a copy of the directory lacks the content; store the file itself";
