import { CONTRACT } from "../case/cites.ts";

/** Thrown if the command cannot run. The message is one line. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UsageError";
  }
}

/** The text of `--help`. */
export const help: string = `Usage: layout-testkit TARGET [options]

Tests whether a registry fulfils the contract of the Registry interface:
${CONTRACT}

TARGET is a module: .js, .mjs or .cjs, or .ts if this Node runs TypeScript. It exports
ConformanceOptions as its default export, or each option by its name:

  export function create({ tempDir, signal }) { return { registry: openMyRegistry(tempDir) }; }
  export const capabilities = { deleteBlob: false };

Options, which override those of TARGET:
  -t, --only ID      run the case ID, or the cases whose ids begin with ID; repeatable
      --seed N       use N as the seed of random choices; each report contains its seed
      --runs N       compare N random sequences of calls with the registry in memory; 0 for none
      --timeout MS   limit each case to MS milliseconds
      --shuffle      run the cases in an order that the seed determines
      --junit FILE   also write the results as JUnit XML
      --json FILE    also write the results as JSON
      --list         print the cases, with TARGET only those that apply to it, and run none
      --version      print the version
  -h, --help         print this help

Exit codes: 0 no case failed; 1 a case failed; 2 the command line or TARGET is invalid.

Examples:
  layout-testkit ./target.js
  layout-testkit ./target.js -t UPLOAD -t BLOB-02
  layout-testkit ./target.js -t UPLOAD-07 --seed 41
  layout-testkit ./target.js --timeout 60000 --junit conformance.xml
  layout-testkit --list -t REFERRER
`;
