import type { LayoutDirectory } from "./directory.ts";
import type { Report } from "./problem.ts";

/** Runs a check; what the system does not allow becomes a problem of `path`, and the answer `undefined`. */
export type Attempt = <Result>(path: string, check: () => Promise<Result>) => Promise<Result | undefined>;

/** Looks for links that lead out of the directory, wherever in it. */
export async function checkLinks(layout: LayoutDirectory, report: Report, attempt: Attempt): Promise<void> {
  const waiting = [""];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const below = directory;
    // What is not readable in the three parts is said where they are looked at.
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
  "the link leads out of the layout, or nowhere: whoever copies the directory copies no content; store the file itself";
