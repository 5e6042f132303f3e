// Spans of calls to databases, whichever they are.
'use strict';

const context = require('./context.cjs');
const rival = require('./rival.cjs');
const sender = require('./sender.cjs');
const { KIND, Span, errorType } = require('./span.cjs');
const value = require('./value.cjs');

const attribute = {
  system: value.repeated('db.system.name'),
  namespace: value.repeated('db.namespace'),
  text: value.repeated('db.query.text'),
  operation: value.repeated('db.operation.name'),
  collection: value.repeated('db.collection.name'),
  many: value.repeated('otel_run.db.many'),
  address: value.repeated('server.address'),
  port: value.repeated('server.port'),
  error: value.repeated('error.type'),
  code: value.repeated('db.response.status_code'),
};

/** A call that begins; `about` has what is known of `attribute`. */
class Call {
  constructor(scope, about) {
    this.scope = scope;
    this.about = about;
    this.span = new Span(KIND.client, context.current());
  }

  end(error) {
    const { about, span } = this;
    if (span.ended) return;
    span.ended = true;
    let attributes = '';
    for (const key of Object.keys(about)) attributes += attribute[key](about[key]);
    if (error) attributes += attribute.error(errorType(error)) + attribute.code(codeOf(error));
    sender.span(this.scope, span.encode(attributes));
  }

  /** The callback with the end of the call before it, in the context of the call. */
  callback(callback) {
    const call = this;
    const within = context.current();
    return function (error) {
      call.quietly(error);
      return context.run(within, () => callback.apply(this, arguments));
    };
  }

  /** The promise with the end of the call before it. */
  promise(promise) {
    return promise.then(
      result => {
        this.quietly();
        return result;
      },
      error => {
        this.quietly(error);
        throw error;
      }
    );
  }

  quietly(error) {
    try {
      this.end(error);
    } catch {
      this.span.ended = true;
    }
  }
}

/** The server's own code: SQLSTATE, or a number. */
function codeOf(error) {
  const { code, errno, sqlState } = error;
  if (typeof sqlState === 'string') return sqlState;
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
  return typeof code === 'number' ? String(code) : typeof errno === 'number' && errno > 0 ? String(errno) : undefined;
}

/** Begins a call, or nothing when that fails. */
exports.begin = function (scope, describe) {
  try {
    return rival.isThere() || context.isSilent() ? null : new Call(scope, describe());
  } catch {
    return null;
  }
};

/** What clients of Redis say when they open a connection, and outside of anybody's request to keep it. */
const OPENING = new Set(['auth', 'client', 'hello', 'info']);
const KEEPING = new Set(['ping', 'quit', 'select']);

exports.isOwn = function (command) {
  const name = String(command).toLowerCase();
  return OPENING.has(name) || (KEEPING.has(name) && context.current() === undefined);
};

exports.scope = name => sender.scope(`otel_run.node.${name}`);
