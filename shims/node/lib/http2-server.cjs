// Requests that come in over http2. Node tells nothing of them before version 24, and its
// module is costly to load: servers are recognised when they begin to listen.
'use strict';

const net = require('net');
const context = require('./context.cjs');
const { begin, end } = require('./http-server.cjs');
const rival = require('./rival.cjs');

const SERVER = /^Http2(Secure)?Server$/;
const known = new WeakSet();

exports.start = function () {
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function () {
    try {
      if (SERVER.test(this.constructor.name)) watch(Object.getPrototypeOf(this));
    } catch {
      // It listens all the same.
    }
    return listen.apply(this, arguments);
  };
};

function watch(prototype) {
  if (known.has(prototype)) return;
  known.add(prototype);
  const { emit } = prototype;
  prototype.emit = function (event, stream, headers) {
    const span = event === 'stream' ? started(stream, headers) : null;
    if (span === null) return emit.apply(this, arguments);
    return context.run(span.context, () => emit.apply(this, arguments));
  };
}

function started(stream, headers) {
  try {
    if (rival.isThere()) return null;
    const { remoteAddress, remotePort, encrypted } = stream.session.socket;
    const request = {
      headers,
      method: headers[':method'],
      url: headers[':path'] || '',
      httpVersion: '2',
      socket: { remoteAddress, remotePort },
    };
    const span = begin(request, stream, headers[':scheme'] || (encrypted ? 'https' : 'http'));
    span.request = stream;
    stream.once('close', () => {
      const { sentHeaders } = stream;
      end(span, sentHeaders ? sentHeaders[':status'] : undefined);
    });
    return span;
  } catch {
    return null;
  }
}
