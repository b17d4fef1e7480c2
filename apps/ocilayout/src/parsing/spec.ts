/** An option without a value. */
export interface Flag {
  readonly kind: "flag";
  readonly describe: string;
}

/** An option with a value. */
export interface Text<Default extends string | undefined = string | undefined> {
  readonly kind: "text";
  /** The name of the value in the help, such as `DIRECTORY`. */
  readonly value: string;
  readonly describe: string;
  readonly initial: Default;
}

/** An option with a value that can be given more than once. */
export interface List {
  readonly kind: "list";
  readonly value: string;
  readonly describe: string;
}

/** An option of a verb. */
export type Option = Flag | Text | List;

/** The options of a verb, by name. */
export type Options = Readonly<Record<string, Option>>;

/** A positional argument. Only the last one of a verb can be `many`, and only the last ones can be optional. */
export interface Positional {
  readonly describe: string;
  readonly isRequired: boolean;
  readonly isMany: boolean;
  /** The kind of value, for the completion of shells. */
  readonly completes: "place" | "file" | "none";
}

/** The positional arguments of a verb, by name and in their order. */
export type Positionals = Readonly<Record<string, Positional>>;

/** Describes an option without a value. */
export function flag(describe: string): Flag {
  return { kind: "flag", describe };
}

/** Describes an option with a value. */
export function text(value: string, describe: string): Text<undefined>;
export function text(value: string, describe: string, initial: string): Text<string>;
export function text(value: string, describe: string, initial?: string): Text {
  return { kind: "text", value, describe, initial };
}

/** Describes an option that can be given more than once. */
export function list(value: string, describe: string): List {
  return { kind: "list", value, describe };
}

interface Required extends Positional {
  readonly isRequired: true;
  readonly isMany: false;
}
interface Optional extends Positional {
  readonly isRequired: false;
  readonly isMany: false;
}
interface Many extends Positional {
  readonly isMany: true;
}

/** Describes an argument that must be given. */
export function required(describe: string, completes: Positional["completes"] = "place"): Required {
  return { describe, isRequired: true, isMany: false, completes };
}

/** Describes an argument that can be left out. */
export function optional(describe: string, completes: Positional["completes"] = "place"): Optional {
  return { describe, isRequired: false, isMany: false, completes };
}

/** Describes the last arguments: at least one, or any number unless `isRequired`. */
export function many(
  describe: string,
  completes: Positional["completes"] = "place",
  isRequired: boolean = true,
): Many {
  return { describe, isRequired, isMany: true, completes };
}

/** The values of options and arguments, by name. */
export type ValuesOf<Specs extends Options | Positionals> = {
  readonly [Name in keyof Specs]: ValueOf<Specs[Name]>;
};

type ValueOf<Spec> = Spec extends Flag
  ? boolean
  : Spec extends List | Many
    ? readonly string[]
    : Spec extends Text<string> | Required
      ? string
      : string | undefined;
