/** What an author is told beside what went wrong. */
export interface Hint {
  /** What goes wrong for somebody. */
  readonly why: string;
  /** Where to look in the backend. */
  readonly lookFor: string;
}

/** A registry that did not do what a case expects of it. */
export class ConformanceFailure extends Error {
  /** What a registry that is right would have done. */
  readonly expected: string;
  /** What this one did. */
  readonly received: string;
  /** In place of the case's own, where this is about something else. */
  readonly hint: Hint | undefined;

  constructor(expected: string, received: string, hint?: Hint) {
    super(`expected ${expected}, received ${received}`);
    this.name = "ConformanceFailure";
    this.expected = expected;
    this.received = received;
    this.hint = hint;
  }
}

/** Thrown by a case that cannot be tried here: it is skipped, and its reason is printed. */
export class NotApplicable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "NotApplicable";
  }
}
