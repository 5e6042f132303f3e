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
  constructor(request, host) {
    super(KIND.client, context.current());
    this.attributes = attribute.method(request.method) + attribute.url(urlOf(request, host));
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

function urlOf(request, host) {
  return `${request.protocol || 'http:'}//${host || request.host || 'localhost'}${request.path}`;
}

/** Requests to the agent are not the application's. */
function isOurs(request, host) {
  const { endpoint } = settings;
  return endpoint !== null && request.host === endpoint.host && String(host).endsWith(`:${endpoint.port}`);
}

/** Begins a span, and returns the headers with ours among them. */
function begin(request, headers) {
  if (request[SPAN] !== undefined || request.socketPath || rival.isThere() || context.isSilent()) return headers;
  const listed = Array.isArray(headers) ? new List(headers) : null;
  const host = listed ? listed.get('host') : request.getHeader('host');
  if (isOurs(request, host)) return headers;
  const span = new ClientSpan(request, host);
  Object.defineProperty(request, SPAN, { value: span, enumerable: false });
  propagation.inject(
    span.context,
    (name, text) => (listed || request).setHeader(name, text),
    name => (listed ? listed.get(name) !== undefined : request.hasHeader(name))
  );
  return listed ? listed.headers : headers;
}

/** Headers that were given as a list: of pairs, or of names and values in turn. */
class List {
  constructor(headers) {
    this.headers = headers.slice();
    this.paired = Array.isArray(headers[0]);
  }

  get(wanted) {
    const { headers, paired } = this;
    for (let i = 0; i < headers.length; i += paired ? 1 : 2) {
      const [name, text] = paired ? headers[i] : [headers[i], headers[i + 1]];
      if (String(name).toLowerCase() === wanted) return text;
    }
    return undefined;
  }

  setHeader(name, text) {
    if (this.paired) this.headers.push([name, text]);
    else this.headers.push(name, text);
  }
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
