import { CONTRACT } from "../case/cites.ts";

/** A command that cannot be run: what is wrong with it, in a line. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UsageError";
  }
}

/** What `--help` prints. */
export const help: string = `Usage: layout-testkit TARGET [options]

Finds out whether a registry keeps the contract of the Registry interface:
${CONTRACT}

TARGET is a module: .js, .mjs, .cjs, or .ts where Node runs TypeScript. Its default export is
ConformanceOptions, or it exports what they consist of, each by its name:

  export function create({ tempDir, signal }) { return { registry: openMyRegistry(tempDir) }; }
  export const capabilities = { deleteBlob: false };

Options, which win over the target's own:
  -t, --only ID      run the case ID, or those whose ids begin with it; may be given more than once
      --seed N       begin random choices here: the report of an earlier run says where it began
      --runs N       compare N random sequences of calls with a model; 0 for none
      --timeout MS   how long a case may take, in milliseconds
      --shuffle      run the cases in an order that the seed decides
      --junit FILE   write the results as JUnit XML, too
      --json FILE    write the results as JSON, too
      --list         print the cases (of TARGET, where there is one), and run none
      --version      print the version
  -h, --help         print this

Exit codes: 0 nothing failed; 1 something failed; 2 the command or the target makes no sense.

Examples:
  layout-testkit ./target.js
  layout-testkit ./target.js -t UPLOAD -t BLOB-02
  layout-testkit ./target.js -t UPLOAD-07 --seed 41
  layout-testkit ./target.js --timeout 60000 --junit conformance.xml
  layout-testkit --list -t REFERRER
`;
