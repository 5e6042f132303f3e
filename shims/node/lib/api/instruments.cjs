// What the application measures, added up until it is sent (opentelemetry/proto/metrics/v1/metrics.proto).
'use strict';

const clock = require('../clock.cjs');
const settings = require('../settings.cjs');
const value = require('../value.cjs');
const wire = require('../wire.cjs');

/** Sets of attributes that one instrument keeps apart; what comes beyond falls into one of its own. */
const MOST = 2000;
const OVERFLOW = { 'otel.metric.overflow': true };
const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];
const DELTA = 1;
const CUMULATIVE = 2;
/** The API's ValueType. */
const INTEGER = 0;

class Instrument {
  /** `about` is what the API was told; `changed` is called with each value. */
  constructor(name, about, changed) {
    this.head = wire.text(1, name) + wire.text(2, about.description) + wire.text(3, about.unit);
    this.integer = about.valueType === INTEGER;
    this.changed = changed;
    this.points = new Map();
    this.start = clock.time();
  }

  /** The values of these attributes, made by `first` if there are none. */
  _at(attributes, first) {
    const key = attributes ? encoded(this.attributesField, attributes) : '';
    let point = this.points.get(key);
    if (point !== undefined) return point;
    const full = this.points.size >= MOST;
    const place = full ? encoded(this.attributesField, OVERFLOW) : key;
    point = full ? this.points.get(place) : undefined;
    if (point === undefined) this.points.set(place, (point = first()));
    return point;
  }

  /** The message Metric; nothing without values. */
  encode() {
    if (this.points.size === 0) return '';
    const now = clock.time();
    let out = '';
    for (const [attributes, point] of this.points) {
      out += wire.bytes(1, attributes + wire.time(2, this.start) + wire.time(3, now) + this._point(point));
    }
    if (this.forgets) {
      this.points.clear();
      this.start = now;
    }
    return this.head + wire.bytes(this.field, out + this._data());
  }

  _number(n) {
    return this.integer ? wire.fixed64(6, Math.trunc(n)) : wire.double(4, n);
  }
}

Instrument.prototype.attributesField = 7;
Instrument.prototype.forgets = false;

/** Counter and UpDownCounter. */
class Sum extends Instrument {
  constructor(name, about, changed, monotonic) {
    super(name, about, changed);
    this.monotonic = monotonic;
    this.forgets = settings.delta && monotonic;
  }

  add(n, attributes) {
    if (typeof n !== 'number' || !Number.isFinite(n) || (this.monotonic && n < 0)) return;
    quietly(() => {
      this._at(attributes, () => ({ n: 0 })).n += n;
      this.changed();
    });
  }

  _point(point) {
    return this._number(point.n);
  }

  _data() {
    return wire.number(2, this.forgets ? DELTA : CUMULATIVE) + wire.number(3, this.monotonic ? 1 : 0);
  }
}
Sum.prototype.field = 7;

/** Gauge. */
class Last extends Instrument {
  record(n, attributes) {
    if (typeof n !== 'number' || !Number.isFinite(n)) return;
    quietly(() => {
      this._at(attributes, () => ({ n })).n = n;
      this.changed();
    });
  }

  _point(point) {
    return this._number(point.n);
  }

  _data() {
    return '';
  }
}
Last.prototype.field = 5;

class Histogram extends Instrument {
  constructor(name, about, changed) {
    super(name, about, changed);
    const wished = about.advice && about.advice.explicitBucketBoundaries;
    this.bounds = Array.isArray(wished) ? [...wished].sort((a, b) => a - b) : BOUNDS;
    this.forgets = settings.delta;
  }

  record(n, attributes) {
    if (typeof n !== 'number' || !Number.isFinite(n) || n < 0) return;
    quietly(() => {
      const point = this._at(attributes, () => ({
        counts: new Array(this.bounds.length + 1).fill(0),
        sum: 0,
        least: Infinity,
        most: -Infinity,
      }));
      const at = this.bounds.findIndex(bound => n <= bound);
      point.counts[at < 0 ? this.bounds.length : at]++;
      point.sum += n;
      point.least = Math.min(point.least, n);
      point.most = Math.max(point.most, n);
      this.changed();
    });
  }

  _point({ counts, sum, least, most }) {
    const count = counts.reduce((all, n) => all + n, 0);
    return (
      wire.fixed64(4, count) +
      wire.double(5, sum) +
      wire.counts(6, counts) +
      wire.doubles(7, this.bounds) +
      wire.double(11, least) +
      wire.double(12, most)
    );
  }

  _data() {
    return wire.number(2, this.forgets ? DELTA : CUMULATIVE);
  }
}
Histogram.prototype.field = 9;
Histogram.prototype.attributesField = 9;

/** Asked for its values when they are sent. `monotonic` is undefined for gauges. */
class Observable extends Instrument {
  constructor(name, about, changed, monotonic) {
    super(name, about, changed);
    this.monotonic = monotonic;
    this.field = monotonic === undefined ? 5 : 7;
    this.callbacks = new Set();
    this.busy = false;
  }

  addCallback(callback) {
    if (typeof callback === 'function' && this.callbacks.size < MOST) this.callbacks.add(callback);
    this.changed();
  }

  removeCallback(callback) {
    this.callbacks.delete(callback);
  }

  observe(n, attributes) {
    if (typeof n !== 'number' || !Number.isFinite(n)) return;
    quietly(() => {
      this._at(attributes, () => ({ n })).n = n;
    });
  }

  /** Asks; what answers later is given in the promises. */
  ask() {
    this.points.clear();
    return [...this.callbacks].map(callback => asked(() => callback(this))).filter(Boolean);
  }

  _point(point) {
    return this._number(point.n);
  }

  _data() {
    if (this.monotonic === undefined) return '';
    return wire.number(2, CUMULATIVE) + wire.number(3, this.monotonic ? 1 : 0);
  }
}

/** The promise that a callback returns, if it does. */
function asked(callback) {
  try {
    const result = callback();
    return result && typeof result.then === 'function' ? Promise.resolve(result).catch(() => undefined) : undefined;
  } catch {
    return undefined; // one that fails observes nothing
  }
}

/** Attributes in the order of their names, so that equal sets are equal texts. */
function encoded(field, attributes) {
  let out = '';
  for (const key of Object.keys(attributes).sort()) out += value.attribute(field, key, attributes[key]);
  return out;
}

function quietly(work) {
  try {
    work();
  } catch {
    // Odd attributes cost one value.
  }
}

module.exports = { Histogram, Last, Observable, Sum, asked };
