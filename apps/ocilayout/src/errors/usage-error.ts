/** The command line is invalid. The command did nothing and exits with 2. */
export class UsageError extends Error {}
