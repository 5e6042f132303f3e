// Requests that come in over http and https. Node tells of them itself, bundled programs included.
'use strict';

const channels = require('diagnostics_channel');
const context = require('./context.cjs');
const propagation = require('./propagation.cjs');
const rival = require('./rival.cjs');
const routes = require('./routes.cjs');
const sender = require('./sender.cjs');
const { KIND, Span, errorType } = require('./span.cjs');
const value = require('./value.cjs');

const SPAN = Symbol('otel-run.span');
const SCOPE = sender.scope('otel_run.node.http');
// Not enumerable, so that a program that prints the response prints what it always did.
const descriptor = { value: null, writable: true, enumerable: false, configurable: true };

const attribute = {
  method: value.repeated('http.request.method'),
  scheme: value.repeated('url.scheme'),
  path: value.repeated('url.path'),
  query: value.single('url.query'),
  route: value.repeated('http.route'),
  status: value.repeated('http.response.status_code'),
  version: value.repeated('network.protocol.version'),
  peerAddress: value.repeated('network.peer.address'),
  peerPort: value.repeated('network.peer.port'),
  userAgent: value.repeated('user_agent.original'),
  error: value.repeated('error.type'),
  host: value.repeated('otel_run.host'),
  forwarded: value.single('otel_run.forwarded'),
  forwardedFor: value.single('otel_run.x_forwarded_for'),
  forwardedProto: value.repeated('otel_run.x_forwarded_proto'),
  forwardedHost: value.repeated('otel_run.x_forwarded_host'),
};

/** A server span and what its end needs. */
class ServerSpan extends Span {
  constructor(parent, request, response, scheme) {
    super(KIND.server, parent);
    this.request = request;
    this.response = response;
    this.error = undefined;
    this.routed = undefined;
    const { headers, socket } = request;
    // Seen now, since frameworks rewrite it.
    const target = request.url;
    const question = target.indexOf('?');
    this.context.request = this;
    this.attributes =
      attribute.method(request.method) +
      attribute.scheme(scheme) +
      attribute.path(question < 0 ? target : target.slice(0, question)) +
      (question < 0 ? '' : attribute.query(target.slice(question + 1))) +
      attribute.version(request.httpVersion) +
      attribute.host(headers.host || headers[':authority']) +
      attribute.userAgent(headers['user-agent']) +
      (headers.forwarded ? attribute.forwarded(headers.forwarded) : '') +
      (headers['x-forwarded-for'] ? attribute.forwardedFor(headers['x-forwarded-for']) : '') +
      attribute.forwardedProto(headers['x-forwarded-proto']) +
      attribute.forwardedHost(headers['x-forwarded-host']);
    if (socket) this.attributes += peer(socket);
  }

  /** An error came out of the application's handler. */
  failed(error) {
    if (this.ended || this.error !== undefined || error === undefined || error === null) return;
    this.error = error;
    this.exception(error);
  }

  end(status) {
    if (this.ended) return;
    this.ended = true;
    const { error, attributes } = this;
    sender.span(
      SCOPE,
      this.encode(
        attributes +
          attribute.route(routes.of(this)) +
          attribute.status(status) +
          (error === undefined ? '' : attribute.error(errorType(error)))
      )
    );
    this.request = this.response = this.routed = null;
  }
}

const PEER = Symbol('otel-run.peer');

/** Address and port of the other side, encoded once for each connection. */
function peer(socket) {
  let known = socket[PEER];
  if (known === undefined) {
    const { remoteAddress = '', remotePort } = socket;
    // IPv4, as a socket for both families shows it.
    const address = remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress;
    known = attribute.peerAddress(address) + attribute.peerPort(remotePort);
    descriptor.value = known;
    Object.defineProperty(socket, PEER, descriptor);
  }
  return known;
}

/** Begins a span and makes it current. */
function begin(request, response, scheme) {
  const { headers } = request;
  let parent = propagation.parent(headers);
  const baggage = propagation.baggage(headers);
  if (baggage) {
    if (parent === undefined) parent = new context.Context('', '', 0, '', '', true);
    parent.baggage = baggage;
  }
  const span = new ServerSpan(parent, request, response, scheme);
  descriptor.value = span;
  Object.defineProperty(response, SPAN, descriptor);
  return span;
}

function started({ request, response, socket }) {
  try {
    if (rival.isThere()) return;
    const span = begin(request, response, socket.encrypted ? 'https' : 'http');
    context.enter(span.context);
    response.on('close', closed);
  } catch {
    // The request is served all the same.
  }
}

function finished({ response }) {
  const span = response[SPAN];
  if (span !== undefined) end(span, response.statusCode);
}

/** After the end, or instead of it when the client has gone. */
function closed() {
  const span = this[SPAN];
  if (span !== undefined) end(span, this.headersSent ? this.statusCode : undefined);
}

function end(span, status) {
  try {
    span.end(status);
  } catch {
    span.ended = true;
  }
}

exports.start = function () {
  channels.subscribe('http.server.request.start', started);
  channels.subscribe('http.server.response.finish', finished);
};

Object.assign(exports, { SPAN, begin, end });
