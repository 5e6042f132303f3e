// A span as it is while it runs, and as it is sent (opentelemetry/proto/trace/v1/trace.proto).
'use strict';

const clock = require('./clock.cjs');
const { Context } = require('./context.cjs');
const ids = require('./ids.cjs');
const sampler = require('./sampler.cjs');
const value = require('./value.cjs');
const wire = require('./wire.cjs');

const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
/** The flags are known; the parent is remote. */
const KNOWN = 0x100;
const REMOTE = 0x200;

class Span {
  /** Starts a span below `parent`, a context or undefined. */
  constructor(kind, parent) {
    // A parent without an id carries baggage alone.
    const above = parent !== undefined && parent.id !== '' ? parent : undefined;
    const traceId = above ? above.traceId : ids.traceId();
    this.start = clock.time();
    this.kind = kind;
    this.parent = above;
    this.context = new Context(
      traceId,
      ids.spanId(),
      sampler.flags(traceId, above),
      above ? above.state : '',
      parent ? parent.baggage : '',
      false
    );
    this.context.span = this;
    if (above) this.context.request = above.request;
    this.name = '';
    this.events = '';
    /** What the application has added through OpenTelemetry's API (`api/span.cjs`). */
    this.added = null;
    this.ended = false;
  }

  /** Notes an exception as an event. */
  exception(error) {
    this.events += wire.bytes(
      11,
      wire.time(1, clock.time()) + wire.text(2, 'exception') + exceptionAttributes(3, error)
    );
  }

  /** The message Span, ended now (or at `end`) with these encoded attributes. */
  encode(attributes, end = clock.time()) {
    const { context, parent } = this;
    let flags = KNOWN | context.flags;
    let out = wire.bytes(1, context.traceId) + wire.bytes(2, context.id) + wire.text(3, context.state);
    if (parent) {
      out += wire.bytes(4, parent.id);
      if (parent.remote) flags |= REMOTE;
    }
    return (
      out +
      wire.text(5, this.name) +
      wire.number(6, this.kind) +
      wire.time(7, this.start) +
      wire.time(8, end) +
      attributes +
      this.events +
      (this.added === null ? '' : this.added.encode()) +
      wire.fixed32(16, flags)
    );
  }
}

/** `exception.*` in `field`. */
function exceptionAttributes(field, error) {
  return (
    value.attribute(field, 'exception.type', typeOf(error)) +
    value.attribute(field, 'exception.message', textOf(error)) +
    value.attribute(field, 'exception.stacktrace', stackOf(error))
  );
}

/** What `error.type` says of an error: the system's code, or its class. */
function typeOf(error) {
  try {
    if (error === null || typeof error !== 'object') return typeof error;
    if (error.constructor && typeof error.constructor.name === 'string' && error.constructor.name !== 'Object') {
      return error.name && error.name !== 'Error' ? String(error.name) : error.constructor.name;
    }
    return String(error.name || 'Object');
  } catch {
    return 'Error';
  }
}

function textOf(error) {
  try {
    if (error !== null && typeof error === 'object' && 'message' in error) return String(error.message);
    return typeof error === 'object' ? JSON.stringify(error) : String(error);
  } catch {
    return '';
  }
}

function stackOf(error) {
  try {
    return error !== null && typeof error === 'object' && typeof error.stack === 'string' ? error.stack : '';
  } catch {
    return '';
  }
}

/** `ECONNREFUSED` rather than `Error`. */
function errorType(error) {
  const code = error !== null && typeof error === 'object' ? error.code : undefined;
  return typeof code === 'string' && code ? code : typeOf(error);
}

module.exports = { KIND, Span, errorType, exceptionAttributes };
