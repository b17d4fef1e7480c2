import { MessageChannel } from "node:worker_threads";

/** Newer versions of JavaScript can take the memory of an array buffer away. */
interface Transferable extends ArrayBuffer {
  transfer?(size: number): unknown;
}

/**
 * Frees the memory of a chunk that nothing uses anymore. V8 frees it only when it collects garbage, and until then tens of
 * mebibytes may be waiting. The chunk is empty afterwards. Memory that the chunk shares with others stays as it is.
 */
export function freeMemory(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== chunk.byteLength) return;
  try {
    const memory: Transferable = buffer;
    if (memory.transfer === undefined) nowhere().postMessage(undefined, [buffer]);
    else memory.transfer(0);
  } catch {
    // Some memory cannot be taken away. V8 frees it later.
  }
}

let closed: MessageChannel["port1"] | undefined;

/** Returns a port without another end. Node drops its messages, with their memory. */
function nowhere(): MessageChannel["port1"] {
  if (closed !== undefined) return closed;
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.close();
  closed = port1;
  return port1;
}
