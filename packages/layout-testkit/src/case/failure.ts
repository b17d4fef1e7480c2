/** The help that a failure offers to the backend's author. */
export interface Hint {
  /** The harm that the failure causes. */
  readonly why: string;
  /** The likely cause in the backend. */
  readonly lookFor: string;
}

/** Thrown if a registry does not behave as a case expects. */
export class ConformanceFailure extends Error {
  /** The result of a correct registry. */
  readonly expected: string;
  /** The result of this registry. */
  readonly received: string;
  /** Replaces the case's own hint if the failure has another cause. */
  readonly hint: Hint | undefined;

  constructor(expected: string, received: string, hint?: Hint) {
    super(`expected ${expected}, received ${received}`);
    this.name = "ConformanceFailure";
    this.expected = expected;
    this.received = received;
    this.hint = hint;
  }
}

/** Thrown by a case that cannot run here. The case is skipped, and the reason is printed. */
export class NotApplicable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "NotApplicable";
  }
}
