import type { Argv } from "yargs";

import type { CommonArguments } from "./command.ts";

/** The arguments of a command that takes a path. */
export type PathArguments = CommonArguments & { readonly path: string };

/** Adds the PATH of a command that needs one. */
export function withPath(parser: Argv<CommonArguments>, describe: string): Argv<PathArguments> {
  return parser.positional("path", { type: "string", demandOption: true, describe });
}
