import type { BlobWriter, Registry } from "@ocilayout/oci-types";
import { isRegistryError } from "@ocilayout/oci-types";

import type { Answer } from "../http/answer.ts";
import { tooMany } from "../limits/budget.ts";
import { FairPool } from "../limits/fair-pool.ts";
import type { ServerLimits } from "../settings/options.ts";

/** An upload session that is known here. */
interface Session {
  readonly repository: string;
  readonly id: string;
  readonly client: string | undefined;
  /** Whether nothing was received, as far as is known here. */
  isEmpty: boolean;
  /** How many requests work on it. */
  requests: number;
}

/** How many sessions the registry is asked about, at most, before a request is refused: they may have ended without a request. */
const MAX_ASKED = 8;

/**
 * Keeps the number of upload sessions within a limit, of which each client has a fair share. For a session beyond it the
 * one is given up that is empty and has not been used for longest. A session with content is never given up: its client has
 * been told that the content is kept. Sessions from before the server started are known once they are used.
 */
export class UploadSessions {
  readonly #registry: Pick<Registry, "resolveUpload" | "cancelUpload">;
  readonly #pool: FairPool;
  /** The one that has not been used for longest is first. */
  readonly #sessions: Map<string, Session> = new Map();

  constructor(
    registry: Pick<Registry, "resolveUpload" | "cancelUpload">,
    { maxUploadSessions, clientPercent }: ServerLimits,
  ) {
    this.#registry = registry;
    this.#pool = new FairPool(maxUploadSessions, clientPercent);
  }

  /** How many sessions are known. */
  get size(): number {
    return this.#sessions.size;
  }

  /**
   * Starts a session by `begin`.
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

  /** Does `work` on a session, which is not given up meanwhile, and learns from its answer what has become of it. */
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

  /** Makes a session the one that was used last. Adds one that is not known, if there is room. */
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

  /** Takes the place of a session, giving another one up if there is none. */
  async #makeRoom(client: string | undefined): Promise<void> {
    for (let asked = 0; !this.#pool.take(client, 1); asked += 1) {
      const session = asked < MAX_ASKED ? this.#leastNeeded(client) : undefined;
      if (session === undefined) throw tooMany("too many uploads have been begun and not ended");
      await this.#giveUp(session);
    }
  }

  /** The session that goes first: an empty one, else one that may have ended. A client's own, if it has any. */
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

  /** Cancels a session, unless the registry says that it has content. */
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
      // Another program writes to it, or it has ended: only the second is a reason to forget it.
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
