// Tracers for an application that has set no provider.
'use strict';

const { current } = require('../context.cjs');
const { Span } = require('../span.cjs');
const { of } = require('./context.cjs');
const { Own } = require('./span.cjs');
const { milliseconds } = require('./time.cjs');

/** The API's Tracer. `scope` is the encoded InstrumentationScope. */
class Tracer {
  constructor(api, scope) {
    this._api = api;
    this._scope = scope;
  }

  startSpan(name, options, given) {
    try {
      return this._start(name, options || {}, given);
    } catch {
      return this._api.trace.wrapSpanContext(this._api.INVALID_SPAN_CONTEXT);
    }
  }

  _start(name, options, given) {
    const span = new Span((options.kind || 0) + 1, options.root ? undefined : this._parent(given));
    span.name = String(name);
    if (options.startTime !== undefined) span.start = milliseconds(options.startTime);
    const view = new Own(this._api, span, this._scope);
    span.view = view;
    if (options.attributes) view.setAttributes(options.attributes);
    if (options.links) view.addLinks(options.links);
    return view;
  }

  _parent(given) {
    const ours = of(this._api, given || this._api.context.active());
    // The application may have set a manager of contexts that knows nothing of ours.
    return ours.id === '' && given === undefined && ours.baggage === '' ? current() : ours;
  }

  /** `(name, work)`, `(name, options, work)` or `(name, options, context, work)`. */
  startActiveSpan(name, ...rest) {
    const work = rest.pop();
    if (typeof work !== 'function') return undefined;
    const [options, given] = rest;
    const { context, trace } = this._api;
    const span = this.startSpan(name, options, given);
    return context.with(trace.setSpan(given || context.active(), span), work, undefined, span);
  }
}

exports.Tracer = Tracer;
