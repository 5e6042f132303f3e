// The API's TextMapPropagator: W3C Trace Context and Baggage, as for our own requests.
'use strict';

const propagation = require('../propagation.cjs');
const settings = require('../settings.cjs');
const baggage = require('./baggage.cjs');
const { of } = require('./context.cjs');
const { spanContext } = require('./span.cjs');

class Propagator {
  constructor(api) {
    this._api = api;
  }

  inject(given, carrier, setter) {
    const ours = of(this._api, given);
    if (ours.silent) return;
    propagation.inject(ours, (name, text) => setter.set(carrier, name, text), () => false);
  }

  extract(given, carrier, getter) {
    const headers = {};
    for (const name of ['traceparent', 'tracestate', 'baggage']) {
      const found = getter.get(carrier, name);
      headers[name] = Array.isArray(found) ? found.join(',') : found;
    }
    const parent = propagation.parent(headers);
    const text = propagation.baggage(headers);
    const carried = text ? baggage.parse(this._api, text) : undefined;
    let made = given;
    if (parent !== undefined) made = this._api.trace.setSpanContext(made, spanContext(this._api, parent));
    if (carried !== undefined) made = this._api.propagation.setBaggage(made, carried);
    return made;
  }

  fields() {
    return [...(settings.traceContext ? ['traceparent', 'tracestate'] : []), ...(settings.baggage ? ['baggage'] : [])];
  }
}

exports.Propagator = Propagator;
