// A span of ours as an object of OpenTelemetry's API.
'use strict';

const ids = require('../ids.cjs');
const sender = require('../sender.cjs');
const { exceptionAttributes } = require('../span.cjs');
const value = require('../value.cjs');
const wire = require('../wire.cjs');
const { milliseconds } = require('./time.cjs');

/** So many attributes, events and links of one span are kept, each. */
const MOST = 128;
const OK = 1;
const ERROR = 2;

/** What the application says of a span, encoded at once: nobody changes it afterwards. */
class Additions {
  constructor() {
    this.attributes = new Map();
    this.droppedAttributes = 0;
    this.events = 0;
    this.droppedEvents = 0;
    this.links = [];
    this.droppedLinks = 0;
    this.status = undefined;
  }

  encode() {
    let out = '';
    for (const encoded of this.attributes.values()) out += encoded;
    out += wire.number(10, this.droppedAttributes) + wire.number(12, this.droppedEvents);
    out += this.links.join('') + wire.number(14, this.droppedLinks);
    if (this.status !== undefined) {
      out += wire.bytes(15, wire.text(2, this.status.message) + wire.number(3, this.status.code));
    }
    return out;
  }
}

/** Reads and fills a span. Only what the application has begun itself can it end. */
class View {
  constructor(api, span) {
    this._api = api;
    this._span = span;
    this._spanContext = undefined;
  }

  spanContext() {
    if (this._spanContext === undefined) this._spanContext = spanContext(this._api, this._span.context);
    return this._spanContext;
  }

  isRecording() {
    return !this._span.ended && (this._span.context.flags & 1) === 1;
  }

  setAttribute(key, given) {
    return this._add(added => {
      if (given === undefined || given === null || !key) return;
      const name = String(key);
      // The route is also part of the span's name.
      if (name === 'http.route' && 'routed' in this._span) {
        const route = String(given);
        this._span.routed = () => route;
      } else if (added.attributes.has(name) || added.attributes.size < MOST) {
        added.attributes.set(name, value.attribute(9, name, given));
      } else {
        added.droppedAttributes++;
      }
    });
  }

  setAttributes(attributes) {
    for (const key of Object.keys(attributes || {})) this.setAttribute(key, attributes[key]);
    return this;
  }

  addEvent(name, attributesOrTime, time) {
    const withoutAttributes = attributesOrTime instanceof Date || Array.isArray(attributesOrTime) || typeof attributesOrTime === 'number';
    return this._event(
      String(name),
      withoutAttributes ? attributesOrTime : time,
      () => value.attributes(3, (!withoutAttributes && attributesOrTime) || {})
    );
  }

  recordException(exception, time) {
    return this._event('exception', time, () => exceptionAttributes(3, exception));
  }

  _event(name, time, attributes) {
    return this._add(added => {
      if (added.events >= MOST) {
        added.droppedEvents++;
        return;
      }
      added.events++;
      this._span.events += wire.bytes(11, wire.time(1, milliseconds(time)) + wire.text(2, name) + attributes());
    });
  }

  addLink(link) {
    return this._add(added => {
      if (added.links.length >= MOST) added.droppedLinks++;
      else added.links.push(wire.bytes(13, linked(link)));
    });
  }

  addLinks(links) {
    for (const link of links || []) this.addLink(link);
    return this;
  }

  /** OK is the last word. */
  setStatus(status) {
    return this._add(added => {
      const { code, message } = status;
      if ((code !== OK && code !== ERROR) || (added.status !== undefined && added.status.code === OK)) return;
      added.status = { code, message: code === ERROR && message ? String(message) : '' };
    });
  }

  updateName(name) {
    return this._add(() => {
      this._span.name = String(name);
    });
  }

  end() {}

  _add(work) {
    try {
      if (this.isRecording()) {
        if (this._span.added === null) this._span.added = new Additions();
        work(this._span.added);
      }
    } catch {
      // Odd values cost what they would have added.
    }
    return this;
  }
}

/** A span that the application has begun. */
class Own extends View {
  constructor(api, span, scope) {
    super(api, span);
    this._scope = scope;
  }

  end(time) {
    const span = this._span;
    if (span.ended) return;
    span.ended = true;
    if ((span.context.flags & 1) === 0) return;
    try {
      sender.span(this._scope, span.encode('', Math.max(span.start, milliseconds(time))));
    } catch {
      // It is lost.
    }
  }
}

function linked({ context, attributes }) {
  return (
    wire.bytes(1, ids.fromHex(context.traceId)) +
    wire.bytes(2, ids.fromHex(context.spanId)) +
    wire.text(3, context.traceState ? context.traceState.serialize() : '') +
    value.attributes(4, attributes || {}) +
    wire.fixed32(6, (context.isRemote ? 0x300 : 0x100) | context.traceFlags)
  );
}

/** The API's SpanContext of one of ours. */
function spanContext(api, context) {
  const found = { traceId: context.traceHex(), spanId: ids.toHex(context.id), traceFlags: context.flags & 0xff };
  if (context.remote) found.isRemote = true;
  if (context.state && api.createTraceState) found.traceState = api.createTraceState(context.state);
  return found;
}

/** The API's object for a span of ours: the same one each time. */
function viewOf(api, span) {
  if (span.view === undefined) span.view = new View(api, span);
  return span.view;
}

module.exports = { Own, View, spanContext, viewOf };
