import type { Argv } from "yargs";

import { UsageError } from "../cli/usage-error.ts";
import type { CommonArguments } from "./command.ts";

/** The arguments of a command with a path. */
export type PathArguments = CommonArguments & { readonly path: string };

/** Adds a required PATH. */
export function withPath(parser: Argv<CommonArguments>, describe: string): Argv<PathArguments> {
  return parser.positional("path", { type: "string", demandOption: true, describe });
}

/** Adds the PATH of a manifest or, with `--blob`, of a blob. */
export function withContentPath(
  parser: Argv<CommonArguments>,
): Argv<PathArguments & { readonly blob: boolean }> {
  return withPath(parser, "A tag or a digest").option("blob", {
    type: "boolean",
    default: false,
    describe: "The digest is that of a blob, not of a manifest",
  });
}

/** Returns the error for `--blob` with a tag. */
export function blobWithTag(): UsageError {
  return new UsageError("--blob needs a digest, not a tag: PATH@DIGEST");
}
