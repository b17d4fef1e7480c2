import type { Socket } from "node:net";

/** Handles one request; resolves when nothing of it is under way any more. Never rejects. */
export type Turn = () => Promise<void>;

/** How many requests of one connection may wait before the connection is no longer read. */
const MAX_WAITING = 16;

/**
 * Lets the requests of each connection take turns. A client may send many before it reads an answer, and Node reports
 * them all at once, but only the first has the connection. The next begins when the one before has ended: a request that
 * waits holds no file, no body and no timer, and a request whose connection has ended never begins.
 */
export class ConnectionTurns {
  readonly #waiting: WeakMap<Socket, Turn[]> = new WeakMap();

  /** Runs `turn` when the requests before it on `socket` have ended; forgets it if the connection ends first. */
  add(socket: Socket, turn: Turn): void {
    const waiting = this.#waiting.get(socket);
    if (waiting === undefined) {
      void this.#work(socket, turn);
      return;
    }
    waiting.push(turn);
    if (waiting.length > MAX_WAITING) socket.pause();
  }

  async #work(socket: Socket, first: Turn): Promise<void> {
    const waiting: Turn[] = [];
    this.#waiting.set(socket, waiting);
    const forget = (): void => void waiting.splice(0);
    socket.once("close", forget);
    for (let turn: Turn | undefined = first; turn !== undefined && !socket.destroyed; turn = waiting.shift()) {
      await turn();
      if (waiting.length === 0 && socket.isPaused()) socket.resume();
    }
    socket.off("close", forget);
    this.#waiting.delete(socket);
  }
}
