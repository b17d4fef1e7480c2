import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** Handles one request. Resolves when all of its work has ended. Never rejects. */
export type Turn = () => Promise<void>;

/**
 * Reserves the memory of a waiting request. Returns a function that releases it, or `undefined` if there is too little.
 */
export type TakeWaiting = (socket: Socket) => (() => void) | undefined;

/** The number of requests of one connection that may wait. Beyond it the connection is not read. */
const MAX_WAITING = 16;

interface Waiting {
  readonly message: IncomingMessage;
  readonly turn: Turn;
  readonly give: () => void;
}

/**
 * Handles the requests of each connection one after the other. A client may send many requests before it reads an
 * answer, and Node emits all of them at once. A waiting request holds no file, no body and no timer. It never begins if
 * its connection ends.
 */
export class ConnectionTurns {
  readonly #waiting: WeakMap<Socket, Waiting[]> = new WeakMap();
  readonly #take: TakeWaiting;

  constructor(take: TakeWaiting) {
    this.#take = take;
  }

  /**
   * Runs `turn` when the earlier requests of the connection have ended. Drops it if the connection ends first. Closes
   * the connection if too little memory is left for waiting requests.
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
    // Node continues to read after each request. By the next tick it has parsed all that it has received.
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
        // Otherwise Node fails each message with an error of its own, and hundreds of these take tens of milliseconds.
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
