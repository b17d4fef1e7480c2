import { isRegistryError, type RegistryError } from "@ocilayout/oci-types";
import { excerpt } from "@ocilayout/oci-types/authors";

/**
 * Returns an error as one line: its code and message. If the storage failed, the message of the system follows.
 */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!isRegistryError(error)) return explainSystem(error);
  const cause =
    error.code === "STORAGE_FAILED" && error.cause instanceof Error
      ? withoutRepeat(error.message, error.cause.message)
      : "";
  return `${error.code}: ${error.message}${cause}${hintFor(error)}`;
}

/** Returns the message of the system for the end of `message`, without the reason that is already there. */
function withoutRepeat(message: string, system: string): string {
  const [, reason = "", call] = /^E[A-Z0-9]+: ([^,]*)(?:, (.*))?$/.exec(system) ?? [];
  if (reason === "" || !message.endsWith(reason)) return `: ${system}`;
  return call === undefined ? "" : ` (${call})`;
}

/** Returns advice about an error of a registry, if its message has none. */
function hintFor({ code, message }: RegistryError): string {
  const isKnown =
    code !== "UNAUTHORIZED" ||
    message.includes("credential") ||
    message.includes("login") ||
    message.includes("password");
  return isKnown ? "" : "; to store credentials, use ocilayout login HOST";
}

/** Verbs for the message, by system call. */
const DOING: Readonly<Record<string, string>> = {
  listen: "listen on",
  mkdir: "create",
  mkdtemp: "create",
  open: "open",
  rename: "write",
  scandir: "read",
};

/** Rewrites `ENOENT: no such file or directory, stat 'x'` to `cannot read "x": no such file or directory`. */
function explainSystem(error: Error): string {
  const { syscall, path, address, port } = error as Partial<
    Record<"syscall" | "path" | "address" | "port", unknown>
  >;
  const [, reason] = /^(?:\w+ )?E[A-Z0-9]+: ([^,]*?)(?:,| [\d.:[\]]+$|$)/.exec(error.message) ?? [];
  if (typeof syscall !== "string" || reason === undefined) return error.message;
  const what =
    typeof path === "string"
      ? excerpt(path)
      : typeof address === "string"
        ? `${address}:${String(port)}`
        : undefined;
  const advice = "code" in error && error.code === "EADDRINUSE" ? "; --port 0 chooses a free one" : "";
  return what === undefined
    ? error.message
    : `cannot ${DOING[syscall] ?? "read"} ${what}: ${reason}${advice}`;
}
