import type { StartUploadCall, UploadCall, UploadSession } from "@ocilayout/oci-backend";
import { isRegistryError } from "@ocilayout/oci-types";

import type { Remote } from "../remote/remote.ts";
import { idOf, locationOf } from "./ids.ts";
import type { UploadPlace } from "./requests.ts";
import { postUpload, uploadLocation, uploadsPath } from "./requests.ts";
import { askStatus, minChunkOf, RemoteUpload } from "./session.ts";

/** The most sessions that are remembered. Those of other processes are found by their ids. */
const MAX_SESSIONS = 4096;

/** The most ids of one session. It may get a new one with every write; the first and the newest stay valid. */
const MAX_IDS = 8;

/** A session that this process knows. */
interface Known {
  readonly repository: string;
  readonly minChunk: number;
  readonly ids: string[];
  location: URL;
  /** Whether it was committed, was cancelled, or is lost. */
  isOver?: boolean | undefined;
  /** The session, while a writer has it open. */
  session?: RemoteUpload | "opening" | undefined;
}

/** The upload sessions at a registry. */
export class Uploads {
  readonly #remote: Remote;
  readonly #byId: Map<string, Known> = new Map();

  constructor(remote: Remote) {
    this.#remote = remote;
  }

  /** Starts a session. */
  async start({ repository, algorithm, signal }: StartUploadCall): Promise<RemoteUpload> {
    const place = { remote: this.#remote, repository, signal };
    // A registry may ignore the algorithm, and then hashes the content anew.
    const response = await postUpload(
      place,
      algorithm === "sha256" ? "" : `?digest-algorithm=${encodeURIComponent(algorithm)}`,
    );
    const known: Known = {
      repository,
      minChunk: minChunkOf(response),
      ids: [],
      location: uploadLocation(this.#remote, response),
    };
    return this.#open(place, known, 0);
  }

  /** Opens a session for one writer. Returns `"busy"` if another writer of this process has it open. */
  async resume({ repository, id, signal }: UploadCall): Promise<UploadSession | "busy" | undefined> {
    const known = this.#find(repository, id);
    if (known === undefined || known.isOver === true) return undefined;
    if (known.session !== undefined) return "busy";
    known.session = "opening";
    // Before the registry answers, so that a second caller finds the session busy.
    if (!known.ids.includes(id)) this.#remember(known, id);
    let session: RemoteUpload | undefined;
    try {
      const place = { remote: this.#remote, repository, signal };
      const status = await statusOf(place, known.location);
      if (status === undefined) {
        this.#forget(known);
        return undefined;
      }
      known.location = status.location;
      session = this.#open(place, known, status.size);
      return session;
    } finally {
      if (session === undefined) known.session = undefined;
    }
  }

  /** Returns the size of a session, or `undefined` if it does not exist. */
  async find({ repository, id, signal }: UploadCall): Promise<{ readonly size: number } | undefined> {
    const known = this.#find(repository, id);
    if (known === undefined || known.isOver === true) return undefined;
    if (known.session instanceof RemoteUpload) return { size: known.session.size };
    const status = await statusOf({ remote: this.#remote, repository, signal }, known.location);
    if (status === undefined) this.#forget(known);
    else known.location = status.location;
    return status;
  }

  #find(repository: string, id: string): Known | undefined {
    const known = this.#byId.get(id);
    if (known !== undefined) return known.repository === repository ? known : undefined;
    const location = locationOf(id, this.#remote.client.origin, uploadsPath(this.#remote, repository));
    return location === undefined ? undefined : { repository, minChunk: 0, ids: [], location };
  }

  #open(place: UploadPlace, known: Known, size: number): RemoteUpload {
    const session = new RemoteUpload(
      place,
      {
        idOf: (location) => {
          const id = idOf(location, this.#remote.client.origin);
          if (known.ids.at(-1) !== id) this.#remember(known, id);
          return id;
        },
        onEnd: (ended) => {
          known.location = ended.location;
          known.session = undefined;
          // The ids stay, because not every registry knows that a session is over.
          known.isOver = ended.ended !== undefined;
        },
      },
      { location: known.location, size, minChunk: known.minChunk },
    );
    known.session = session;
    return session;
  }

  #remember(known: Known, id: string): void {
    known.ids.push(id);
    this.#byId.set(id, known);
    if (known.ids.length > MAX_IDS) this.#byId.delete(known.ids.splice(1, 1)[0] ?? "");
    if (this.#byId.size <= MAX_SESSIONS) return;
    for (const [old, { session }] of this.#byId) {
      if (session !== undefined) continue;
      this.#byId.delete(old);
      return;
    }
  }

  #forget(known: Known): void {
    for (const id of known.ids) this.#byId.delete(id);
  }
}

/** Asks for the status of an upload. A registry may call an id that it did not make invalid. */
async function statusOf(
  place: UploadPlace,
  location: URL,
): Promise<{ readonly location: URL; readonly size: number } | undefined> {
  try {
    return await askStatus(place, location);
  } catch (error) {
    if (isRegistryError(error, "BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID", "NAME_UNKNOWN"))
      return undefined;
    throw error;
  }
}
