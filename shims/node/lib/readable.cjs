// Spans and log records of the OpenTelemetry SDK as OTLP, releases 1 and 2.
'use strict';

const ids = require('./ids.cjs');
const value = require('./value.cjs');
const wire = require('./wire.cjs');

const KNOWN = 0x100;
const REMOTE = 0x200;

/** `[seconds, nanoseconds]` as milliseconds. */
function milliseconds(time) {
  return time[0] * 1000 + time[1] / 1e6;
}

/** The message Span. */
function span(s) {
  const context = s.spanContext();
  const parent = s.parentSpanContext;
  const parentId = parent ? parent.spanId : s.parentSpanId;
  let out = wire.bytes(1, ids.fromHex(context.traceId)) + wire.bytes(2, ids.fromHex(context.spanId));
  if (context.traceState) out += wire.text(3, context.traceState.serialize());
  if (parentId) out += wire.bytes(4, ids.fromHex(parentId));
  out +=
    wire.text(5, s.name) +
    wire.number(6, s.kind + 1) +
    wire.time(7, milliseconds(s.startTime)) +
    wire.time(8, milliseconds(s.endTime)) +
    value.attributes(9, s.attributes) +
    wire.number(10, s.droppedAttributesCount);
  for (const event of s.events) {
    out += wire.bytes(
      11,
      wire.time(1, milliseconds(event.time)) + wire.text(2, event.name) + value.attributes(3, event.attributes || {})
    );
  }
  out += wire.number(12, s.droppedEventsCount);
  for (const link of s.links) {
    out += wire.bytes(
      13,
      wire.bytes(1, ids.fromHex(link.context.traceId)) +
        wire.bytes(2, ids.fromHex(link.context.spanId)) +
        value.attributes(4, link.attributes || {})
    );
  }
  const { code, message } = s.status;
  if (code) out += wire.bytes(15, wire.text(2, message) + wire.number(3, code));
  return out + wire.fixed32(16, KNOWN | context.traceFlags | (parent && parent.isRemote ? REMOTE : 0));
}

/** The message LogRecord. */
function log(r) {
  const context = r.spanContext;
  let out =
    wire.time(1, milliseconds(r.hrTime)) +
    wire.number(2, r.severityNumber) +
    wire.text(3, r.severityText) +
    wire.bytes(5, value.any(r.body)) +
    value.attributes(6, r.attributes || {});
  if (context) {
    out +=
      wire.fixed32(8, context.traceFlags) +
      wire.bytes(9, ids.fromHex(context.traceId)) +
      wire.bytes(10, ids.fromHex(context.spanId));
  }
  return out + wire.time(11, milliseconds(r.hrTimeObserved || r.hrTime)) + wire.text(12, r.eventName);
}

module.exports = { log, span };
