// W3C Trace Context (level 2) and Baggage, in and out.
'use strict';

const { Context } = require('./context.cjs');
const ids = require('./ids.cjs');
const settings = require('./settings.cjs');

const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
const LONGEST_STATE = 512;
const LONGEST_BAGGAGE = 8192;

/** The remote parent that a request names, or undefined. */
exports.parent = function (headers) {
  const text = headers.traceparent;
  if (text === undefined || !settings.traceContext) return undefined;
  const found = PARENT.exec(typeof text === 'string' ? text.trim() : '');
  if (found === null) return undefined;
  const [, version, trace, span, flags, more] = found;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (trace === NO_TRACE || span === NO_SPAN) return undefined;
  return new Context(ids.fromHex(trace), ids.fromHex(span), parseInt(flags, 16), state(headers.tracestate), '', true);
};

exports.baggage = function (headers) {
  const text = headers.baggage;
  return settings.baggage && typeof text === 'string' && text.length <= LONGEST_BAGGAGE ? text : '';
};

function state(text) {
  return typeof text === 'string' && text.length <= LONGEST_STATE ? text : '';
}

/** Gives `set(name, value)` the headers of an outgoing request. */
exports.inject = function (context, set, has) {
  if (settings.traceContext && context.id && !has('traceparent')) {
    const flags = context.flags & 1 ? '01' : '00';
    set('traceparent', `00-${context.traceHex()}-${ids.toHex(context.id)}-${flags}`);
    if (context.state && !has('tracestate')) set('tracestate', context.state);
  }
  if (settings.baggage && context.baggage && !has('baggage')) set('baggage', context.baggage);
};
