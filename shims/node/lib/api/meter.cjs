// Meters for an application that has set no provider.
'use strict';

const { scope } = require('../sender.cjs');
const { Histogram, Last, Observable, Sum } = require('./instruments.cjs');
const reader = require('./reader.cjs');

/** The API's Meter. */
class Meter {
  constructor(scopeMessage) {
    this._scope = scopeMessage;
    /** The same instrument for whoever asks for it again. */
    this._made = new Map();
  }

  createCounter(name, about) {
    return this._make(Sum, name, about, true);
  }

  createUpDownCounter(name, about) {
    return this._make(Sum, name, about, false);
  }

  createHistogram(name, about) {
    return this._make(Histogram, name, about);
  }

  createGauge(name, about) {
    return this._make(Last, name, about);
  }

  createObservableCounter(name, about) {
    return this._make(Observable, name, about, true);
  }

  createObservableUpDownCounter(name, about) {
    return this._make(Observable, name, about, false);
  }

  createObservableGauge(name, about) {
    return this._make(Observable, name, about, undefined);
  }

  addBatchObservableCallback(callback, observables) {
    reader.addBatch(callback, observables);
  }

  removeBatchObservableCallback(callback) {
    reader.removeBatch(callback);
  }

  _make(Kind, name, about = {}, monotonic) {
    const key = `${Kind.name} ${monotonic} ${String(name).toLowerCase()} ${about.unit || ''}`;
    let made = this._made.get(key);
    if (made === undefined) {
      made = new Kind(String(name), about, reader.start, monotonic);
      if (reader.add(made, this._scope)) this._made.set(key, made);
    }
    return made;
  }
}

const meters = new Map();

/** The API's MeterProvider. */
exports.provider = {
  getMeter(name, version) {
    const message = scope(String(name || ''), version);
    let meter = meters.get(message);
    if (meter === undefined) {
      meter = new Meter(message);
      if (meters.size < 1024) meters.set(message, meter);
    }
    return meter;
  },
};
