import type { Socket } from 'node:net';
import { MAX_BYTES_PER_REQUEST } from '../delivery/bound-answer.js';
import { answering, dripping, endless } from './raw-server.js';

const END_OF_HEADERS = '\r\n\r\n';
const KIB_64 = Buffer.alloc(64 * 1024, 'x');
const CUT_ANSWER = { kind: 'answered', status: 200, truncated: true } as const;

export interface ReceiverInTheZoo {
  /** What it does with a connection. */
  readonly on: (socket: Socket) => void;
  /** What a request to it comes to: matches a `SendResult`. */
  readonly ends: {
    readonly kind: 'answered' | 'timeout' | 'network-error';
    readonly status?: number;
    readonly truncated?: boolean;
    readonly message?: string;
  };
}

/** Each is a way in which receivers break, and what the sender makes of it. */
export const RECEIVER_ZOO: Readonly<Record<string, ReceiverInTheZoo>> = {
  'that says nothing': { on: (socket) => socket.resume(), ends: { kind: 'timeout' } },
  'that says nothing after its headers': { on: answering('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n'), ends: CUT_ANSWER },
  'that drips its headers, a byte at a time': { on: dripping('HTTP/1.1 200 OK\r\nx: ', 5), ends: { kind: 'timeout' } },
  'that drips its body, a byte at a time': { on: dripping('HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n', 2), ends: CUT_ANSWER },
  'that sends 1 GB': { on: endless(`HTTP/1.1 200 OK\r\ncontent-length: ${2 ** 30}${END_OF_HEADERS}`, KIB_64), ends: CUT_ANSWER },
  'that sends without end': { on: endless(`HTTP/1.1 200 OK${END_OF_HEADERS}`, KIB_64), ends: CUT_ANSWER },
  'that sends chunks without end': {
    on: endless(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked${END_OF_HEADERS}`, Buffer.from('1\r\nx\r\n'.repeat(10_000))),
    ends: CUT_ANSWER,
  },
  'that sends a chunk extension without end': {
    on: endless(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked${END_OF_HEADERS}1;a=`, KIB_64),
    ends: CUT_ANSWER,
  },
  'that sends trailers without end': {
    on: endless(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked${END_OF_HEADERS}1\r\nx\r\n0\r\n`, Buffer.from('a: b\r\n'.repeat(1_000))),
    ends: CUT_ANSWER,
  },
  'that sends 10 MB in one header': {
    on: endless('HTTP/1.1 200 OK\r\nx: ', KIB_64),
    ends: { kind: 'network-error', message: "the answer's headers are longer than 16384 bytes" },
  },
  'that sends headers without end': {
    on: endless('HTTP/1.1 200 OK\r\n', Buffer.from('a: b\r\n'.repeat(10_000))),
    ends: { kind: 'network-error', message: "the answer's headers are longer than 16384 bytes" },
  },
  'that sends a reason phrase without end': {
    on: endless('HTTP/1.1 200 ', KIB_64),
    ends: { kind: 'network-error', message: `the answer is longer than ${MAX_BYTES_PER_REQUEST} bytes` },
  },
  'that sends empty lines without end': {
    on: endless('', Buffer.from('\r\n'.repeat(10_000))),
    ends: { kind: 'network-error', message: `the answer is longer than ${MAX_BYTES_PER_REQUEST} bytes` },
  },
  'that sends "100 Continue" without end': {
    on: endless('', Buffer.from(`HTTP/1.1 100 Continue${END_OF_HEADERS}`.repeat(1_000))),
    ends: { kind: 'network-error', message: 'bad response' },
  },
  'that sends early hints without end': {
    on: endless('', Buffer.from(`HTTP/1.1 103 Early Hints\r\nlink: </a>${END_OF_HEADERS}`.repeat(1_000))),
    ends: { kind: 'network-error', message: 'more than 20 answers with a status below 200' },
  },
  'that sends early hints, and no answer': {
    on: answering(`HTTP/1.1 103 Early Hints${END_OF_HEADERS}`.repeat(3)),
    ends: { kind: 'timeout' },
  },
  'that changes the protocol': {
    on: answering(`HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade${END_OF_HEADERS}`),
    ends: { kind: 'network-error', message: 'bad upgrade' },
  },
  'with a malformed status line': { on: answering('HTTP/1.1 abc\r\n\r\n'), ends: { kind: 'network-error' } },
  'with a status of four digits': { on: answering('HTTP/1.1 2000 OK\r\n\r\n'), ends: { kind: 'network-error' } },
  'of HTTP/0.9': { on: answering('<html>hello</html>', (socket) => socket.end()), ends: { kind: 'network-error' } },
  'of another protocol': { on: (socket) => socket.end('SSH-2.0-OpenSSH_9.7\r\n').resume(), ends: { kind: 'network-error' } },
  'with two lengths': {
    on: answering('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'),
    ends: { kind: 'network-error' },
  },
  'with a length and chunks': {
    on: answering('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'),
    ends: { kind: 'network-error' },
  },
  'with a NUL in a header': { on: answering('HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n'), ends: { kind: 'network-error' } },
  'that closes at once': { on: (socket) => socket.end().resume(), ends: { kind: 'network-error', message: 'other side closed' } },
  'that resets at once': { on: (socket) => socket.resetAndDestroy(), ends: { kind: 'network-error' } },
  'that resets before it answers': {
    on: (socket) => socket.once('data', () => socket.resetAndDestroy()),
    ends: { kind: 'network-error', message: 'read ECONNRESET' },
  },
  'that resets in the middle of its body': {
    on: answering('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', (socket) => setTimeout(() => socket.resetAndDestroy(), 20)),
    ends: CUT_ANSWER,
  },
  'that closes in the middle of its body': {
    on: answering('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', (socket) => socket.end()),
    ends: CUT_ANSWER,
  },
  'that breaks off within its headers': {
    on: answering('HTTP/1.1 200 OK\r\ncontent-le', (socket) => socket.end()),
    ends: { kind: 'network-error', message: 'other side closed' },
  },
  'that answers before it has read the request': {
    on: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok').resume(),
    ends: { kind: 'answered', status: 200 },
  },
  'that says 204 and sends a body': {
    on: answering('HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello'),
    ends: { kind: 'answered', status: 204, truncated: false },
  },
};
