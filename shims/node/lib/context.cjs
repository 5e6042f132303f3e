// What belongs to what: the current span, carried along asynchronous calls.
'use strict';

const { AsyncLocalStorage } = require('async_hooks');
const ids = require('./ids.cjs');

const storage = new AsyncLocalStorage();

/** A span's identity, and what travels with it. */
class Context {
  /** `traceId` and `id` as bytes; `state` and `baggage` are header values. */
  constructor(traceId, id, flags, state, baggage, remote) {
    this.traceId = traceId;
    this.id = id;
    this.flags = flags;
    this.state = state;
    this.baggage = baggage;
    this.remote = remote;
    /** The server span around it, which learns of errors and routes. */
    this.request = null;
    /** The span, where it is one of ours. */
    this.span = null;
    /** The same as OpenTelemetry's API has it (`api/context.cjs`). */
    this.shown = undefined;
    /** The application wants no spans within it. */
    this.silent = false;
    this.hexTraceId = '';
  }

  traceHex() {
    return this.hexTraceId || (this.hexTraceId = ids.toHex(this.traceId));
  }
}

module.exports = {
  Context,
  storage,
  current: () => storage.getStore(),
  /** Whether no span is to begin here. */
  isSilent() {
    const now = storage.getStore();
    return now !== undefined && now.silent;
  },
  enter: context => storage.enterWith(context),
  run: (context, work) => storage.run(context, work),
  /** What is done for ourselves belongs to nobody's request. */
  outside: work => storage.run(undefined, work),
};
