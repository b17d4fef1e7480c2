import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** Handles one request; resolves when nothing of it is under way any more. Never rejects. */
export type Turn = () => Promise<void>;

/** Takes what a request that waits needs; returns what gives it back, or `undefined` if there is no more. */
export type TakeWaiting = (socket: Socket) => (() => void) | undefined;

/** How many requests of one connection may wait before the connection is no longer read. */
const MAX_WAITING = 16;

interface Waiting {
  readonly message: IncomingMessage;
  readonly turn: Turn;
  readonly give: () => void;
}

/**
 * Lets the requests of each connection take turns. A client may send many before it reads an answer, and Node reports
 * them all at once, but only the first has the connection. The next begins when the one before has ended: a request that
 * waits holds no file, no body and no timer, and a request whose connection has ended never begins.
 */
export class ConnectionTurns {
  readonly #waiting: WeakMap<Socket, Waiting[]> = new WeakMap();
  readonly #take: TakeWaiting;

  constructor(take: TakeWaiting) {
    this.#take = take;
  }

  /**
   * Runs `turn` when the requests before `message` on its connection have ended; forgets it if the connection ends first.
   * Ends the connection if there is no room for one more that waits.
   */
  add(message: IncomingMessage, turn: Turn): void {
    const { socket } = message;
    const waiting = this.#waiting.get(socket);
    if (waiting === undefined) {
      void this.#work(socket, turn);
      return;
    }
    const give = socket.destroyed ? undefined : this.#take(socket);
    if (give === undefined) {
      socket.destroy();
      message.destroy();
      return;
    }
    waiting.push({ message, turn, give });
    // Node reads on whenever it has parsed a request. It has parsed all that has come before the next tick.
    if (waiting.length === MAX_WAITING)
      process.nextTick(() => {
        if (waiting.length >= MAX_WAITING) socket.pause();
      });
  }

  async #work(socket: Socket, first: Turn): Promise<void> {
    const waiting: Waiting[] = [];
    this.#waiting.set(socket, waiting);
    const forget = (): void => {
      for (const { message, give } of waiting.splice(0)) {
        give();
        // Node ends each with an error of its own otherwise, and hundreds of those take tens of milliseconds at once.
        message.destroy();
      }
    };
    socket.prependOnceListener("close", forget);
    for (let turn: Turn | undefined = first; turn !== undefined && !socket.destroyed;) {
      await turn();
      if (waiting.length === 0 && socket.isPaused()) socket.resume();
      const next = waiting.shift();
      next?.give();
      turn = next?.turn;
    }
    socket.off("close", forget);
    this.#waiting.delete(socket);
  }
}
