import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ForeignConnection,
  HttpBodyTooLarge,
  type HttpHost,
  type HttpRequest,
  type HttpResponse,
} from '../http.ts';
import type { Endpoint, Listener } from '../network.ts';

/** HTTP through Node's own server, which is loaded when the first one listens. */
export const nodeHttpHost: HttpHost = {
  async listen(at, handle, onForeign): Promise<Listener> {
    const { createServer } = await import('node:http');
    const server = createServer((request, response) => {
      void answer(request, response, handle);
    });
    server.on('clientError', (error, socket) => refuse(error, socket, onForeign));
    const local = await startListening(server, at);
    return {
      local,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  },
};

function startListening(server: Server, at: Endpoint): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: at.port, ...(at.host && { host: at.host }) }, () => {
      server.off('error', reject);
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : at.port;
      resolve({ host: at.host, port });
    });
  });
}

/** Bytes that are no HTTP: an HTTP client is told so, any other would not understand. */
function refuse(
  error: Error,
  socket: Duplex,
  onForeign: ((connection: ForeignConnection) => void) | undefined,
): void {
  // Not in the type definitions, and only there where the parser had bytes.
  const { rawPacket: bytes } = error as { rawPacket?: Uint8Array };
  if (bytes && onForeign && !/^[A-Z]{3,} /.test(Buffer.from(bytes).toString('latin1', 0, 12))) {
    const { remoteAddress = '', remotePort = 0 } = socket as {
      remoteAddress?: string;
      remotePort?: number;
    };
    onForeign({ remote: { host: remoteAddress.replace(/^::ffff:/, ''), port: remotePort }, bytes });
    socket.destroy();
    return;
  }
  if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
  else socket.destroy();
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: (request: HttpRequest) => Promise<HttpResponse>,
): Promise<void> {
  const { status, headers, body } = await handle(requestOf(incoming));
  const size = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  outgoing.writeHead(status, { ...headers, 'content-length': String(size) });
  outgoing.end(incoming.method === 'HEAD' ? undefined : body);
}

function requestOf(incoming: IncomingMessage): HttpRequest {
  const [path = '/', query = ''] = splitOnce(incoming.url ?? '/', '?');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  }
  return {
    method: incoming.method ?? 'GET',
    path: decodePath(path),
    query: new URLSearchParams(query),
    headers,
    body: (maxBytes) => readBody(incoming, maxBytes),
  };
}

async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBytes) throw new HttpBodyTooLarge(`the body is over ${maxBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** A path that can't be decoded stays as it is, and matches no route. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
