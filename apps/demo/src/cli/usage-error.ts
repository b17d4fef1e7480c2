/** The command line makes no sense: exit code 2, and nothing was done. */
export class UsageError extends Error {}
