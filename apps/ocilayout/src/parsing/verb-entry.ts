import type { Verb } from "./verb.ts";

/** A verb in the list of verbs. Its module is loaded when the verb is used, because most are not. */
export interface VerbEntry {
  readonly name: string;
  /** One line for the list of verbs. */
  readonly summary: string;
  /** The heading that the verb has in the list. */
  readonly group: string;
  readonly load: () => Promise<{ readonly verb: Verb }>;
}

/** Returns the usage of a verb: `tag <path> <newtag..>`. */
export function usageOf(name: string, { positionals }: Pick<Verb, "positionals">): string {
  const shown = Object.entries(positionals).map(([argument, { isRequired, isMany }]) => {
    const text = `${argument}${isMany ? ".." : ""}`;
    return isRequired ? `<${text}>` : `[${text}]`;
  });
  return [name, ...shown].join(" ");
}
