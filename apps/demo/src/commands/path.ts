import type { Argv } from "yargs";

import { UsageError } from "../cli/usage-error.ts";
import type { CommonArguments } from "./command.ts";

/** The arguments of a command that takes a path. */
export type PathArguments = CommonArguments & { readonly path: string };

/** Adds the PATH of a command that needs one. */
export function withPath(parser: Argv<CommonArguments>, describe: string): Argv<PathArguments> {
  return parser.positional("path", { type: "string", demandOption: true, describe });
}

/** Adds the PATH of a command that is about a manifest or, with `--blob`, a blob. */
export function withContentPath(
  parser: Argv<CommonArguments>,
): Argv<PathArguments & { readonly blob: boolean }> {
  return withPath(parser, "A tag or a digest").option("blob", {
    type: "boolean",
    default: false,
    describe: "A blob and not a manifest",
  });
}

/** The error for `--blob` with a path that does not end in a digest alone. */
export function blobWithTag(): UsageError {
  return new UsageError("a blob has no tag: --blob needs PATH@DIGEST");
}
