// Collects what the instruments have gathered, at the interval of OTEL_METRIC_EXPORT_INTERVAL and
// at the end.
'use strict';

const context = require('../context.cjs');
const { hasRegistered } = require('../rival.cjs');
const sender = require('../sender.cjs');
const settings = require('../settings.cjs');
const { asked } = require('./instruments.cjs');

const { setInterval } = globalThis;
/** Instruments that are kept; those beyond it measure nothing. */
const MOST = 2000;

/** Instruments with the encoded scopes that they belong to. */
const instruments = new Map();
/** Callbacks for several instruments at once, with those that they observe. */
const batches = new Map();
let running = false;
let changed = false;

/** Whether there was room for it. */
function add(instrument, scope) {
  if (!settings.metrics || instruments.size >= MOST) return false;
  instruments.set(instrument, scope);
  return true;
}

/** A value has come, or somebody who will have one. */
function start() {
  changed = true;
  if (running) return;
  running = true;
  context.outside(() => setInterval(collect, settings.interval).unref());
}

function addBatch(callback, observables) {
  if (typeof callback !== 'function' || batches.size >= MOST) return;
  batches.set(callback, new Set(observables));
  start();
}

function removeBatch(callback) {
  batches.delete(callback);
}

function collect() {
  changed = false;
  // A provider of the application's has come since, and everything is its own.
  if (hasRegistered('metrics')) return;
  const observed = [...instruments.keys()].filter(one => one.ask !== undefined && !one.busy);
  const late = new Map(observed.map(one => [one, one.ask()]));
  for (const [callback, observables] of batches) {
    const promise = asked(() => callback({ observe: (one, n, attributes) => observables.has(one) && one.observe(n, attributes) }));
    if (promise !== undefined) for (const one of observables) if (late.has(one)) late.get(one).push(promise);
  }
  for (const [one, scope] of instruments) {
    const promises = late.get(one) || [];
    if (one.busy) continue;
    if (promises.length === 0) {
      send(one, scope);
      continue;
    }
    one.busy = true;
    Promise.all(promises).then(() => {
      one.busy = false;
      send(one, scope);
    });
  }
}

function send(instrument, scope) {
  try {
    const record = instrument.encode();
    if (record !== '') sender.metric(scope, record);
  } catch {
    // The others are sent all the same.
  }
}

sender.beforeEnd(() => {
  if (changed) collect();
});

module.exports = { add, addBatch, removeBatch, start };
