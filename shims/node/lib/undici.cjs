// fetch, and undici however it was installed or bundled: it tells of its requests itself.
'use strict';

const context = require('./context.cjs');
const propagation = require('./propagation.cjs');
const rival = require('./rival.cjs');
const sender = require('./sender.cjs');
const settings = require('./settings.cjs');
const { KIND, Span, errorType } = require('./span.cjs');
const value = require('./value.cjs');

const SCOPE = sender.scope('otel_run.node.undici');
/** Spans of requests that are on their way. */
const running = new WeakMap();

const attribute = {
  method: value.repeated('http.request.method'),
  url: value.single('url.full'),
  status: value.repeated('http.response.status_code'),
  error: value.repeated('error.type'),
};

function created({ request }) {
  if (running.has(request) || rival.isThere() || context.isSilent()) return;
  const origin = String(request.origin || '');
  const { endpoint } = settings;
  if (endpoint !== null && origin === `http://${endpoint.host}:${endpoint.port}`) return;
  const span = new Span(KIND.client, context.current());
  span.attributes = attribute.method(request.method) + attribute.url(origin + request.path);
  running.set(request, span);
  propagation.inject(
    span.context,
    (name, text) => request.addHeader(name, text),
    name => hasHeader(request.headers, name)
  );
}

/** A text of lines in old versions, a list of names and values in new ones. */
function hasHeader(headers, name) {
  if (Array.isArray(headers)) {
    for (let i = 0; i < headers.length; i += 2) {
      if (String(headers[i]).toLowerCase() === name) return true;
    }
    return false;
  }
  return typeof headers === 'string' && new RegExp(`(^|\n)${name}:`, 'i').test(headers);
}

function answered({ request, response }) {
  const span = running.get(request);
  if (span !== undefined) span.status = response.statusCode;
}

function ended({ request, error }) {
  const span = running.get(request);
  if (span === undefined || span.ended) return;
  span.ended = true;
  running.delete(request);
  const { status } = span;
  sender.span(
    SCOPE,
    span.encode(
      span.attributes +
        attribute.status(status) +
        (status === undefined && error ? attribute.error(errorType(error)) : '')
    )
  );
}

Object.assign(exports, { created, answered, ended });
