// Requests that go out over http and https, whoever sends them: the headers are added where
// Node puts them together, which every way to call it passes.
'use strict';

const http = require('http');
const context = require('./context.cjs');
const propagation = require('./propagation.cjs');
const rival = require('./rival.cjs');
const sender = require('./sender.cjs');
const settings = require('./settings.cjs');
const { KIND, Span, errorType } = require('./span.cjs');
const value = require('./value.cjs');

const SPAN = Symbol('otel-run.span');
const SCOPE = sender.scope('otel_run.node.http');

const attribute = {
  method: value.repeated('http.request.method'),
  url: value.single('url.full'),
  status: value.repeated('http.response.status_code'),
  version: value.repeated('network.protocol.version'),
  error: value.repeated('error.type'),
};

class ClientSpan extends Span {
  constructor(request) {
    super(KIND.client, context.current());
    this.attributes = attribute.method(request.method) + attribute.url(urlOf(request));
    this.status = undefined;
    this.version = undefined;
    this.error = undefined;
  }

  end() {
    if (this.ended) return;
    this.ended = true;
    const { error, status } = this;
    sender.span(
      SCOPE,
      this.encode(
        this.attributes +
          attribute.status(status) +
          attribute.version(this.version) +
          (status === undefined && error !== undefined ? attribute.error(errorType(error)) : '')
      )
    );
  }
}

function urlOf(request) {
  const scheme = request.protocol || 'http:';
  let host = request.getHeader('host') || request.host || 'localhost';
  if (Array.isArray(host)) host = host[0];
  return `${scheme}//${host}${request.path}`;
}

/** Requests to the agent are not the application's. */
function isOurs(request) {
  const { endpoint } = settings;
  if (endpoint === null || request.host !== endpoint.host) return false;
  const address = String(request.getHeader('host') || '');
  return address.endsWith(`:${endpoint.port}`);
}

function begin(request, headers) {
  if (request[SPAN] !== undefined || request.socketPath || isOurs(request) || rival.isThere()) return headers;
  const span = new ClientSpan(request);
  Object.defineProperty(request, SPAN, { value: span, enumerable: false });
  if (Array.isArray(headers)) return withHeaders(span, headers);
  propagation.inject(
    span.context,
    (name, text) => request.setHeader(name, text),
    name => request.hasHeader(name)
  );
  return headers;
}

/** Headers that were given as a list: of pairs, or of names and values in turn. */
function withHeaders(span, headers) {
  const list = headers.slice();
  const paired = Array.isArray(list[0]);
  const names = new Set();
  for (let i = 0; i < list.length; i += paired ? 1 : 2) {
    names.add(String(paired ? list[i][0] : list[i]).toLowerCase());
  }
  propagation.inject(
    span.context,
    (name, text) => (paired ? list.push([name, text]) : list.push(name, text)),
    name => names.has(name)
  );
  return list;
}

function happened(span, event, detail) {
  if (event === 'response' || event === 'upgrade' || event === 'connect') {
    span.status = detail.statusCode;
    span.version = detail.httpVersion;
    if (event !== 'response') span.end();
  } else if (event === 'error') {
    span.error = detail;
  } else if (event === 'close') {
    span.end();
  }
}

exports.start = function () {
  const { prototype } = http.ClientRequest;
  const { _implicitHeader, _storeHeader, emit } = prototype;
  prototype._implicitHeader = function () {
    try {
      begin(this, null);
    } catch {
      // The request goes out without us.
    }
    return _implicitHeader.call(this);
  };
  prototype._storeHeader = function (line, headers) {
    let all = headers;
    try {
      all = begin(this, headers);
    } catch {
      all = headers;
    }
    return _storeHeader.call(this, line, all);
  };
  prototype.emit = function (event, detail) {
    const span = this[SPAN];
    if (span !== undefined && !span.ended) {
      try {
        happened(span, event, detail);
      } catch {
        span.ended = true;
      }
    }
    return emit.apply(this, arguments);
  };
};
