import { spawn } from "node:child_process";

import { RegistryError } from "@ocilayout/oci-types";
import { concatBytes, onAbort } from "@ocilayout/oci-types/authors";

import { codeOf } from "./read-file.ts";

/** The maximum size of the output of a helper, in bytes. */
const MAX_BYTES = 64 * 1024;

/** The names that a helper can have. A name is never a path. */
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** A call of a helper. */
export interface HelperCall {
  /** The name, as files have it: without `docker-credential-`. */
  readonly name: string;
  readonly action: "get" | "store" | "erase";
  /** The text on its standard input. */
  readonly input: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How a helper ended. */
export interface HelperResult {
  /** The exit status; `undefined` if a signal ended it. */
  readonly status: number | undefined;
  readonly output: string;
}

/**
 * Runs the program `docker-credential-<name>`, which is found by `PATH`. No shell takes part.
 *
 * @returns `undefined` if it is not installed.
 * @throws `RegistryError` with `UNAUTHORIZED` if the name is invalid, or the helper cannot be started, takes too long or writes
 * too much; the signal's reason. The helper is then killed.
 * @see {@link https://github.com/docker/docker-credential-helpers}
 */
export async function runHelper(call: HelperCall): Promise<HelperResult | undefined> {
  const { name, signal } = call;
  if (!NAME.test(name)) throw new RegistryError("UNAUTHORIZED", "the name of a credential helper is invalid");
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${name}`, [call.action], {
      env: call.env,
      stdio: ["pipe", "pipe", "ignore"],
      windowsHide: true,
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      forget?.();
      child.kill("SIGKILL");
      // A process that the helper started may still hold the pipe.
      child.stdin.destroy();
      child.stdout.destroy();
      settle();
    };
    const fail = (reason: string, cause?: unknown): void => {
      end(() => {
        reject(failedHelper(name, reason, cause));
      });
    };
    const timer = setTimeout(() => {
      fail(`it took longer than ${call.timeMs} ms`);
    }, call.timeMs);
    const forget =
      signal &&
      onAbort(signal, () => {
        end(() => {
          reject(signal.reason as Error);
        });
      });
    child.on("error", (error) => {
      if (codeOf(error) !== "ENOENT") fail("it cannot be started", error);
      else
        end(() => {
          resolve(undefined);
        });
    });
    child.stdout.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_BYTES) fail(`it wrote more than ${MAX_BYTES} bytes`);
    });
    child.on("close", (status) => {
      end(() => {
        resolve({ status: status ?? undefined, output: new TextDecoder().decode(concatBytes(chunks, size)) });
      });
    });
    // A helper need not read its input.
    child.stdin.on("error", () => undefined);
    child.stdin.end(call.input);
  });
}

/** Returns the error of a helper. Its output may contain secrets and paths, so it is not in the message. */
export function failedHelper(name: string, reason: string, cause?: unknown): RegistryError {
  return new RegistryError(
    "UNAUTHORIZED",
    `the credential helper ${name} failed: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}
