import type { Server } from "node:http";
import type { Socket } from "node:net";

import { FairPool } from "../limits/fair-pool.ts";

/** A connection of a client. */
interface Connection {
  readonly socket: Socket;
  readonly client: string | undefined;
  /** The number of its requests whose answers have not been sent. */
  underWay: number;
}

/**
 * Limits the number of connections, and the share of each client. Beyond the limit it closes the oldest connection of
 * the client without an active request. Connections that have not sent any request go first.
 */
export class Connections {
  readonly #pool: FairPool;
  /** The connections that have not sent any request, the oldest first. */
  readonly #fresh: Set<Connection> = new Set();
  /** The connections without an active request, the longest idle first. */
  readonly #idle: Set<Connection> = new Set();
  readonly #bySocket: WeakMap<Socket, Connection> = new WeakMap();

  /** @param percent - The share of a client while it is alone, in percent. */
  constructor(max: number, percent: number) {
    this.#pool = new FairPool(max, percent);
  }

  /** Applies the limit to the connections of `server`. */
  watch(server: Server, clientOf: (socket: Socket) => string | undefined): void {
    server.on("connection", (socket: Socket) => {
      this.#add(socket, clientOf(socket));
    });
    const begin = (
      { socket }: { readonly socket: Socket },
      response: { once(event: "close", listener: () => void): unknown },
    ): void => {
      this.#begin(socket);
      response.once("close", () => {
        this.#end(socket);
      });
    };
    server.on("request", begin);
    server.on("checkContinue", begin);
  }

  #add(socket: Socket, client: string | undefined): void {
    while (!this.#pool.take(client, 1)) {
      const other = this.#leastNeeded(client);
      if (other === undefined) {
        socket.destroy();
        return;
      }
      this.#close(other);
    }
    const connection = { socket, client, underWay: 0 };
    this.#bySocket.set(socket, connection);
    this.#fresh.add(connection);
    socket.once("close", () => {
      this.#forget(connection);
    });
  }

  /** Returns the connection to close for a new one of `client`: one of its own, if it has any. */
  #leastNeeded(client: string | undefined): Connection | undefined {
    const isOwn = client !== undefined && this.#pool.takenBy(client) > 0;
    for (const connections of [this.#fresh, this.#idle]) {
      for (const connection of connections) {
        if (!isOwn || connection.client === client) return connection;
      }
    }
    return undefined;
  }

  #close(connection: Connection): void {
    this.#forget(connection);
    connection.socket.destroy();
  }

  #forget(connection: Connection): void {
    if (!this.#bySocket.delete(connection.socket)) return;
    this.#fresh.delete(connection);
    this.#idle.delete(connection);
    this.#pool.give(connection.client, 1);
  }

  #begin(socket: Socket): void {
    const connection = this.#bySocket.get(socket);
    if (connection === undefined) return;
    connection.underWay += 1;
    this.#fresh.delete(connection);
    this.#idle.delete(connection);
  }

  #end(socket: Socket): void {
    const connection = this.#bySocket.get(socket);
    if (connection === undefined) return;
    connection.underWay -= 1;
    if (connection.underWay === 0) this.#idle.add(connection);
  }
}
