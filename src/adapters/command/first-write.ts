import type { Socket } from 'node:net';

/** What is known about the first byte of a request on one socket. */
export interface FirstWrite {
  /** True from the moment the first byte was handed to the socket. */
  readonly hasBegun: boolean;
  /** Why nothing was written; null where nobody refused. */
  readonly refusal: string | null;
  /** True where the system took the write back whole: nothing left this machine. */
  readonly isTakenBack: boolean;
  /** From now on every first write is refused. */
  forbid(why: string): void;
}

type WriteEnd = (error?: Error | null) => void;

/**
 * Asks `mayWrite` in one step with the first byte that is written to the socket; where it says no, the socket is
 * destroyed and stays silent. `onBegin` runs just before that byte.
 */
export function guardFirstWrite(socket: Socket, mayWrite: () => boolean, onBegin: () => void): FirstWrite {
  const state = {
    hasBegun: false,
    refusal: null as string | null,
    isTakenBack: false,
    forbidden: null as string | null,
  };
  const pass = (write: (end: WriteEnd) => void, end: WriteEnd): void => {
    if (state.hasBegun) return write(end);
    state.refusal ??= state.forbidden ?? whyNotWritable(socket) ?? whyNotAllowed(mayWrite);
    if (state.refusal !== null) {
      end(new Error(state.refusal));
      socket.destroy();
      return undefined;
    }
    onBegin();
    return writeFirst(write, end);
  };
  const writeFirst = (write: (end: WriteEnd) => void, end: WriteEnd): void => {
    let isInCall = true;
    state.hasBegun = true;
    write((error) => {
      state.isTakenBack = isRefusedBySystem(error, isInCall);
      end(error);
    });
    isInCall = false;
  };
  wrapWrites(socket, pass);
  return Object.assign(state, { forbid: (why: string) => void (state.forbidden ??= why) });
}

/* oxlint-disable no-underscore-dangle -- the names that Node gives to the methods of a stream's implementer */
/** Node calls one of these two for whatever was written or corked; each hands the bytes to the system at once. */
function wrapWrites(socket: Socket, pass: (write: (end: WriteEnd) => void, end: WriteEnd) => void): void {
  const write = socket._write.bind(socket);
  const writeMany = socket._writev?.bind(socket);
  socket._write = (chunk, encoding, end) => pass((wrapped) => write(chunk, encoding, wrapped), end);
  if (writeMany) socket._writev = (chunks, end) => pass((wrapped) => writeMany(chunks, wrapped), end);
}
/* oxlint-enable no-underscore-dangle */

function whyNotWritable(socket: Socket): string | null {
  if (socket.destroyed || socket.readableEnded || !socket.writable)
    return 'the connection was closed before the request';
  // a server that speaks first is closing (408, or garbage): it would not read the request as one
  return socket.readableLength > 0 ? 'the server spoke before the request' : null;
}

function whyNotAllowed(mayWrite: () => boolean): string | null {
  try {
    return mayWrite() ? null : 'too late to send';
  } catch (error) {
    return `it could not be decided whether to send: ${String(error)}`;
  }
}

/**
 * A write call that failed on the spot copied nothing; EPIPE says that the connection was already closed when the
 * write came. Any later failure may come after bytes that left.
 */
function isRefusedBySystem(error: Error | null | undefined, isInCall: boolean): boolean {
  if (!error) return false;
  return isInCall || ('code' in error && error.code === 'EPIPE');
}
