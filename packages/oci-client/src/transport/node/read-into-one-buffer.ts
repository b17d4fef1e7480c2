import type { Agent } from "node:http";
import type { Socket } from "node:net";

/** The size of a read, in bytes, as Node has it too. */
const READ_BYTES = 64 * 1024;

/** The part of an agent that connects. Node documents it, but its types have another signature. */
interface Connecting {
  createConnection(options: object, created: unknown): Socket;
}

/**
 * Makes an agent read each connection into one buffer. Node's parser of HTTP copies what it hands on, so the buffer is free
 * again after each read. Otherwise Node allocates memory for each read, which V8 frees much later.
 */
export function readIntoOneBuffer<Kept extends Agent>(agent: Kept): Kept {
  const connecting = agent as unknown as Connecting;
  const connect = connecting.createConnection.bind(agent);
  connecting.createConnection = (options, created) => {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const callback = (count: number): boolean => socket.emit("data", buffer.subarray(0, count));
    const socket = connect({ ...options, onread: { buffer, callback } }, created);
    return socket;
  };
  return agent;
}
