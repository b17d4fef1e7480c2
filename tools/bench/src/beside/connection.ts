import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";

/** The memory into which a connection receives. It is used again and again. */
const RECEIVED_BYTES = 256 * 1024;

const HEADERS_END = "\r\n\r\n";

/** The start of an answer. Its body has been received and dropped. */
export interface Received {
  readonly status: number;
  readonly location: string | undefined;
}

interface Exchange {
  readonly isHead: boolean;
  readonly resolve: (received: Received) => void;
  readonly reject: (error: Error) => void;
  headers: string;
  received: Received | undefined;
  /** The number of bytes of the body that are missing. */
  left: number;
}

/**
 * A connection that stays open, for one request after the other. The client of `node:http` would take more time, which would be
 * measured with the server. This one sends text that was made before. It searches two headers of the answer, and receives a body
 * into one buffer without looking at it.
 */
export class Connection {
  readonly #socket: Socket;
  #exchange: Exchange | undefined;
  #failure: Error | undefined;

  private constructor(url: string) {
    const { hostname, port } = new URL(url);
    const buffer = Buffer.allocUnsafeSlow(RECEIVED_BYTES);
    const callback = (count: number): boolean => {
      this.#receive(buffer, count);
      return true;
    };
    this.#socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer, callback },
    });
    this.#socket.on("error", (error) => {
      this.#fail(error);
    });
    this.#socket.on("close", () => {
      this.#fail(new Error("the server closed the connection"));
    });
  }

  /** Connects to a server. */
  static async open(url: string): Promise<Connection> {
    const connection = new Connection(url);
    await once(connection.#socket, "connect");
    return connection;
  }

  /** Sends a request, and receives its answer. Fails if the status is an error. */
  async ask(head: string, body: Iterable<Uint8Array> = []): Promise<Received> {
    if (this.#failure !== undefined) throw this.#failure;
    const answered: Promise<Received> = new Promise((resolve, reject) => {
      const isHead = head.startsWith("HEAD");
      this.#exchange = { isHead, resolve, reject, headers: "", received: undefined, left: 0 };
    });
    answered.catch(() => undefined);
    this.#socket.write(head, "latin1");
    for (const chunk of body) if (!this.#socket.write(chunk)) await once(this.#socket, "drain");
    const received = await answered;
    if (received.status >= 400) throw new Error(`${head.split("\r\n")[0] ?? ""}: status ${received.status}`);
    return received;
  }

  /** Closes the connection. */
  close(): void {
    this.#socket.destroy();
  }

  #receive(buffer: Buffer, count: number): void {
    const exchange = this.#exchange;
    if (exchange === undefined) throw new Error("the server sent bytes without a request");
    if (exchange.received === undefined) {
      exchange.headers += buffer.toString("latin1", 0, count);
      const end = exchange.headers.indexOf(HEADERS_END);
      if (end < 0) return;
      const length = /\r\ncontent-length: *(\d+)/i.exec(exchange.headers)?.[1];
      exchange.received = {
        status: Number(exchange.headers.slice(9, 12)),
        location: /\r\nlocation: *(\S+)/i.exec(exchange.headers)?.[1],
      };
      exchange.left = exchange.isHead ? 0 : Number(length ?? 0);
      exchange.left -= exchange.headers.length - end - HEADERS_END.length;
    } else exchange.left -= count;
    if (exchange.left > 0) return;
    this.#exchange = undefined;
    if (exchange.left < 0) exchange.reject(new Error("the answer is longer than its Content-Length"));
    else exchange.resolve(exchange.received);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#exchange?.reject(error);
    this.#exchange = undefined;
  }
}

/** Runs `use` with a connection. A server closes one that is idle for some seconds, so work opens its own. */
export async function withConnection<Result>(
  url: string,
  use: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await Connection.open(url);
  try {
    return await use(connection);
  } finally {
    connection.close();
  }
}

/** Returns the head of a request, as it is sent. */
export function requestHead(
  method: string,
  url: string,
  path: string,
  headers: Readonly<Record<string, string | number>> = {},
): string {
  const lines = Object.entries({ Host: new URL(url).host, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}
