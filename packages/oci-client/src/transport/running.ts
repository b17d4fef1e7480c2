import { onAbort } from "@ocilayout/oci-types/authors";

/** A request in flight. */
export interface Run {
  /** Ends the request. */
  readonly controller: AbortController;
  /** Forgets the request, after its body was read or dropped. Idempotent. */
  readonly end: () => void;
}

/** The requests in flight. Each ends with its caller's signal, or all of them together. */
export class Running {
  readonly #controllers: Set<AbortController> = new Set();

  /** Begins a request. `signal` ends it. */
  start(signal: AbortSignal | undefined): Run {
    const controller = new AbortController();
    this.#controllers.add(controller);
    const forget =
      signal &&
      onAbort(signal, () => {
        controller.abort(signal.reason);
      });
    const end = (): void => {
      forget?.();
      this.#controllers.delete(controller);
    };
    return { controller, end };
  }

  /** Ends all requests. */
  abort(reason: unknown): void {
    for (const controller of this.#controllers) controller.abort(reason);
  }
}
