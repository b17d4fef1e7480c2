import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { temporaryDirectory } from "@ocilayout/testing";

import type { CredentialPlaces } from "../../src/auth/credential-places.ts";

/** A user with a home directory of its own, and the notes that were made. */
export interface Home {
  readonly home: string;
  readonly notes: string[];
  /** The options for this user. */
  readonly places: CredentialPlaces & { readonly env: Record<string, string> };
  /** Writes a file below the home directory: JSON, or text as it is. */
  write(path: string, content: unknown): string;
}

/** Creates a user. It has only the files and variables of the test. */
export function createHome(env: Record<string, string> = {}): Home {
  const home = temporaryDirectory();
  const notes: string[] = [];
  return {
    home,
    notes,
    places: {
      home,
      // The files of the user that runs the tests must not be found.
      env: { XDG_RUNTIME_DIR: join(home, "runtime"), ...env },
      onNote: (text) => notes.push(text),
    },
    write(path, content) {
      const file = join(home, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
      return file;
    },
  };
}

/** A file of accounts with one user for each host. */
export function accounts(users: Record<string, string>): { auths: Record<string, { auth: string }> } {
  const entries = Object.entries(users).map(([key, user]) => [
    key,
    { auth: Buffer.from(`${user}:secret`).toString("base64") },
  ]);
  return { auths: Object.fromEntries(entries) as Record<string, { auth: string }> };
}
