import type { TransportResponse } from "../transport/transport.ts";

/** A warning of a registry. */
export interface RegistryWarning {
  /** The text, without control characters, cut at 500 characters. */
  readonly text: string;
  /** The origin of the registry. */
  readonly origin: string;
}

/** The most different warnings of one registry that are reported. */
const MAX_WARNINGS = 100;
const MAX_LENGTH = 500;

/**
 * Reports the warnings of a registry, each text once.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#warnings}
 */
export class Warnings {
  readonly #report: (warning: RegistryWarning) => void;
  readonly #seen: Set<string> = new Set();

  constructor(report: (warning: RegistryWarning) => void) {
    this.#report = report;
  }

  /** Reports the new warnings of a response. An error of the hook does not fail the request. */
  take(response: Pick<TransportResponse, "header">, { origin }: URL): void {
    for (const value of response.header("warning")) {
      for (const [, quoted = ""] of value.matchAll(/(?:^|,)\s*299\s+\S+\s+"((?:[^"\\]|\\.)*)"/g)) {
        const text = quoted
          .replaceAll(/\\(.)/g, "$1")
          .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ")
          .slice(0, MAX_LENGTH);
        if (this.#seen.has(text) || this.#seen.size >= MAX_WARNINGS) continue;
        this.#seen.add(text);
        try {
          this.#report({ text, origin });
        } catch {
          // The request succeeds without its warning.
        }
      }
    }
  }
}
