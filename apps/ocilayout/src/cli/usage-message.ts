/** The verbs of the command, with their usage: `tags <path>`. */
export type Usages = ReadonlyMap<string, string>;

/**
 * Returns the message for an invalid command line, with the next step.
 *
 * @param message - The message of the parser.
 * @param args - The command line; its first word is the verb.
 */
export function explainUsage(message: string, args: readonly string[], usages: Usages): string {
  const verb = verbOf(args);
  const usage = verb === undefined ? undefined : usages.get(verb);
  if (verb === undefined) return `a command is needed: ${[...usages.keys()].join(", ")}`;
  if (usage === undefined) return unknownVerb(verb, [...usages.keys()]);
  const [, few] = /^Not enough non-option arguments: got (\d+)/.exec(message) ?? [];
  if (few !== undefined) return `${verb} needs ${missing(usage, Number(few))}: ocilayout ${usage}`;
  const [, extra] = /^Unknown commands?: (.*)$/s.exec(message) ?? [];
  if (extra !== undefined) return `unexpected argument ${JSON.stringify(extra)}: ocilayout ${usage}`;
  const [, option] = /^Unknown arguments?: ([^,]*)/.exec(message) ?? [];
  if (option !== undefined) return `unknown option ${option.length === 1 ? "-" : "--"}${option}`;
  const [, bare] = /^Not enough arguments following: (.*)$/.exec(message) ?? [];
  return bare === undefined ? message : `--${bare} needs a value`;
}

/** Returns the first word of a command line that is not an option. */
export function verbOf(args: readonly string[]): string | undefined {
  return args.find((arg) => !arg.startsWith("-"));
}

/** Returns the names of the positional arguments of `usage`, from the one at `place` onward. */
function missing(usage: string, place: number): string {
  const names = Array.from(usage.matchAll(/<(\w+)(?:\.\.)?>/g), ([, name = ""]) => name.toUpperCase());
  return names.slice(place).join(" and ") || names.join(" and ");
}

function unknownVerb(verb: string, verbs: readonly string[]): string {
  const near = verbs.filter(
    (known) =>
      distance(verb.slice(0, 20), known) < Math.min(3, known.length) ||
      (verb.length > 2 && known.startsWith(verb)),
  );
  const hint =
    near.length > 0 ? `did you mean ${near.join(" or ")}?` : `the commands are ${verbs.join(", ")}`;
  return `unknown command ${JSON.stringify(verb)}: ${hint}`;
}

/** Returns the edit distance of `a` and `b`. */
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, place) => place);
  for (const [row, letter] of Array.from(a).entries()) {
    const now = [row + 1];
    for (const [column, other] of Array.from(b).entries()) {
      const kept = (before[column] ?? 0) + (letter === other ? 0 : 1);
      now.push(Math.min(kept, (before[column + 1] ?? 0) + 1, (now[column] ?? 0) + 1));
    }
    before = now;
  }
  return before.at(-1) ?? 0;
}
