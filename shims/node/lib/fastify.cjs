// Fastify tells of each instance that is made, bundled or not.
'use strict';

const context = require('./context.cjs');

function initialized({ fastify }) {
  fastify.addHook('onRequest', function (request, reply, done) {
    try {
      const span = spanOf(request);
      if (span) span.routed = templateOf(request) || (() => undefined);
    } catch {
      // Without a route.
    }
    done();
  });
  fastify.addHook('onError', function (request, reply, error, done) {
    try {
      const span = spanOf(request);
      if (span && !(error.statusCode < 500)) span.failed(error);
    } catch {
      // Without the error.
    }
    done();
  });
}

function spanOf(request) {
  const now = context.current();
  if (!now || !now.request) return null;
  const seen = now.request.request; // of http2, the stream
  return seen === request.raw || seen === request.raw.stream ? now.request : null;
}

/** `/items/:id`; Fastify before 4.10 has it elsewhere. */
function templateOf(request) {
  return request.routeOptions ? request.routeOptions.url : request.routerPath;
}

exports.initialized = initialized;
