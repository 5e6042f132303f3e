// The API's current context and ours are one: each of ours knows what it is for the API.
'use strict';

const { EventEmitter } = require('events');
const ids = require('../ids.cjs');
const { Context, current, storage } = require('../context.cjs');
const baggage = require('./baggage.cjs');
const { View, spanContext, viewOf } = require('./span.cjs');

/** By this the SDK's exporters and others say that what they do is not to be observed. */
const SUPPRESSED = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
const ADDING = ['addListener', 'on', 'prependListener'];
const ADDING_ONCE = { once: 'on', prependOnceListener: 'prependListener' };

/** What stands for the API's context `given` in ours. */
function of(api, given) {
  const now = current();
  if (now !== undefined && now.shown === given) return now;
  const span = api.trace.getSpan(given);
  const text = baggage.text(api.propagation.getBaggage(given));
  const made = like(span, now, text);
  // Frameworks go on to tell us of the request, whatever the application does in between.
  if (made.request === null && now !== undefined) made.request = now.request;
  made.shown = given;
  made.silent = given.getValue(SUPPRESSED) === true;
  return made;
}

function like(span, now, text) {
  if (span === undefined) return new Context('', '', 0, '', text, false);
  const { traceId, spanId, traceFlags, traceState, isRemote } = span.spanContext();
  const id = ids.fromHex(spanId);
  // Somebody may have put a span of ours into an object of his own.
  const known = span instanceof View ? span._span.context : now !== undefined && now.id === id ? now : null;
  if (known === null) {
    if (!/[1-9a-f]/.test(traceId)) return new Context('', '', 0, '', text, false);
    return new Context(ids.fromHex(traceId), id, traceFlags, traceState ? traceState.serialize() : '', text, isRemote === true);
  }
  const made = new Context(known.traceId, known.id, known.flags, known.state, text, known.remote);
  made.span = known.span;
  made.request = known.request;
  return made;
}

/** One of ours for the API. */
function shown(api, ours) {
  if (ours.shown !== undefined) return ours.shown;
  let made = api.ROOT_CONTEXT;
  if (ours.span !== null) made = api.trace.setSpan(made, viewOf(api, ours.span));
  else if (ours.id !== '') made = api.trace.setSpanContext(made, spanContext(api, ours));
  const carried = ours.baggage === '' ? undefined : baggage.parse(api, ours.baggage);
  if (carried !== undefined) made = api.propagation.setBaggage(made, carried);
  ours.shown = made;
  return made;
}

/** The API's ContextManager. */
class Manager {
  constructor(api) {
    this._api = api;
  }

  active() {
    const now = current();
    return now === undefined ? this._api.ROOT_CONTEXT : shown(this._api, now);
  }

  with(given, work, self, ...values) {
    return storage.run(this._of(given), () => work.apply(self, values));
  }

  /** What is no context changes nothing. */
  _of(given) {
    try {
      return of(this._api, given);
    } catch {
      return current();
    }
  }

  attach(given) {
    const before = current();
    storage.enterWith(this._of(given));
    const back = { dispose: () => storage.enterWith(before) };
    if (Symbol.dispose) back[Symbol.dispose] = back.dispose;
    return back;
  }

  bind(given, target) {
    if (target instanceof EventEmitter) return this._bindEmitter(given, target);
    return typeof target === 'function' ? this._bindFunction(given, target) : target;
  }

  _bindFunction(given, target) {
    const manager = this;
    const bound = function (...values) {
      return manager.with(given, target, this, ...values);
    };
    Object.defineProperty(bound, 'length', { value: target.length, configurable: true });
    return bound;
  }

  /** Listeners that are added from now on run in the context. */
  _bindEmitter(given, target) {
    const manager = this;
    for (const name of ADDING) {
      const original = target[name];
      target[name] = function (event, listener) {
        if (typeof listener !== 'function' || listener.listener !== undefined) return original.apply(this, arguments);
        const bound = manager._bindFunction(given, listener);
        bound.listener = listener; // by which it is found again, to be removed
        return original.call(this, event, bound);
      };
    }
    for (const name of Object.keys(ADDING_ONCE)) {
      const original = target[name];
      target[name] = function (event, listener) {
        if (typeof listener !== 'function') return original.apply(this, arguments);
        const emitter = this;
        const bound = manager._bindFunction(given, function (...values) {
          emitter.removeListener(event, listener);
          return listener.apply(this, values);
        });
        bound.listener = listener;
        return emitter[ADDING_ONCE[name]](event, bound);
      };
    }
    return target;
  }

  enable() {
    return this;
  }

  disable() {
    return this;
  }
}

module.exports = { Manager, of };
