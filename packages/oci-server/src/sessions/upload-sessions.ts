import type { BlobWriter, Registry } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";

import type { Answer } from "../http/answer.ts";
import { tooMany } from "../limits/budget.ts";
import { FairPool } from "../limits/fair-pool.ts";
import type { ServerLimits } from "../settings/options.ts";

/** An upload session that the server knows. */
interface Session {
  readonly repository: string;
  readonly id: string;
  readonly client: string | undefined;
  /** Whether the session has no content, as far as the server knows. */
  isEmpty: boolean;
  /** The number of requests that use it. */
  requests: number;
}

/** The most sessions to check with the registry before a request is rejected. They may have ended without a request. */
const MAX_ASKED = 8;

/**
 * Limits the number of upload sessions, and the share of each client. Beyond the limit it cancels the least recently
 * used empty session. A session with content is never cancelled, because its client relies on the content. The server
 * learns of sessions from before its start when they are used.
 */
export class UploadSessions {
  readonly #registry: Pick<Registry, "resolveUpload" | "cancelUpload">;
  readonly #pool: FairPool;
  /** The sessions, the least recently used first. */
  readonly #sessions: Map<string, Session> = new Map();

  constructor(
    registry: Pick<Registry, "resolveUpload" | "cancelUpload">,
    { maxUploadSessions, clientPercent }: ServerLimits,
  ) {
    this.#registry = registry;
    this.#pool = new FairPool(maxUploadSessions, clientPercent);
  }

  /** The number of known sessions. */
  get size(): number {
    return this.#sessions.size;
  }

  /**
   * Starts a session with `begin`.
   *
   * @throws {@link HttpError} 429 if there are too many sessions, and all have content.
   */
  async open(
    client: string | undefined,
    repository: string,
    begin: () => Promise<BlobWriter>,
  ): Promise<BlobWriter> {
    await this.#makeRoom(client);
    try {
      const writer = await begin();
      this.#sessions.set(keyOf(repository, writer.id), {
        repository,
        id: writer.id,
        client,
        isEmpty: true,
        requests: 0,
      });
      return writer;
    } catch (error) {
      this.#pool.give(client, 1);
      throw error;
    }
  }

  /** Does `work` on a session, which cannot be cancelled meanwhile. Learns the state of the session from the answer. */
  async use(
    client: string | undefined,
    repository: string,
    id: string,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    const key = keyOf(repository, id);
    const session = this.#sessions.get(key);
    if (session !== undefined) session.requests += 1;
    try {
      const answer = await work();
      const offset = answer.headers["upload-offset"];
      if (offset === undefined) this.#forget(key);
      else
        this.#touch(key, {
          repository,
          id,
          client,
          isEmpty: offset === "0",
          requests: session?.requests ?? 1,
        });
      return answer;
    } catch (error) {
      if (isRegistryError(error, "BLOB_UPLOAD_UNKNOWN")) this.#forget(key);
      else if (session !== undefined) session.isEmpty = false;
      throw error;
    } finally {
      const known = this.#sessions.get(key);
      if (known !== undefined && known.requests > 0) known.requests -= 1;
    }
  }

  /** Makes a session the most recently used. Adds an unknown session if there is room. */
  #touch(key: string, current: Session): void {
    const known = this.#sessions.get(key);
    if (known === undefined && !this.#pool.take(current.client, 1)) return;
    this.#sessions.delete(key);
    const session = known ?? current;
    session.isEmpty = current.isEmpty;
    this.#sessions.set(key, session);
  }

  #forget(key: string): void {
    const session = this.#sessions.get(key);
    if (session === undefined) return;
    this.#sessions.delete(key);
    this.#pool.give(session.client, 1);
  }

  /** Reserves room for a session, and cancels another session if there is too little. */
  async #makeRoom(client: string | undefined): Promise<void> {
    for (let asked = 0; !this.#pool.take(client, 1); asked += 1) {
      const session = asked < MAX_ASKED ? this.#leastNeeded(client) : undefined;
      if (session === undefined) throw tooMany("too many unfinished uploads");
      await this.#giveUp(session);
    }
  }

  /**
   * Returns the session to cancel: an empty one, else one that may have ended. Only the client's own, if it has any.
   */
  #leastNeeded(client: string | undefined): Session | undefined {
    const isOwn = client !== undefined && this.#pool.takenBy(client) > 0;
    let other: Session | undefined;
    for (const session of this.#sessions.values()) {
      if (session.requests > 0 || (isOwn && session.client !== client)) continue;
      if (session.isEmpty) return session;
      other ??= session;
    }
    return other;
  }

  /** Cancels a session if it is empty. */
  async #giveUp(session: Session): Promise<void> {
    const { repository, id } = session;
    const key = keyOf(repository, id);
    session.requests += 1;
    try {
      const { size } = await this.#registry.resolveUpload(repository, id);
      session.isEmpty = size === 0;
      if (size === 0) {
        await this.#registry.cancelUpload(repository, id);
        this.#forget(key);
      } else this.#touch(key, session);
    } catch (error) {
      // Forget a session that has ended, but not one that another program is writing to.
      if (isRegistryError(error, "BLOB_UPLOAD_UNKNOWN", "NAME_UNKNOWN")) this.#forget(key);
      else if (isRegistryError(error, "BLOB_UPLOAD_INVALID")) this.#touch(key, session);
      else throw error;
    } finally {
      session.requests -= 1;
    }
  }
}

function keyOf(repository: string, id: string): string {
  return `${repository}\n${id}`;
}
