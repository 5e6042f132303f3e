// The route of a request, in the words of its framework. Never the path itself.
'use strict';

/** Next keeps what it finds out about a request here, whatever its code was bundled into. */
const OF_NEXT = Symbol.for('NextInternalRequestMeta');

/** The template that matched, or undefined. */
exports.of = function (span) {
  if (typeof span.routed === 'function') return span.routed();
  const ofNext = span.request[OF_NEXT];
  if (ofNext !== undefined && ofNext.match) return next(ofNext.match.definition);
  if (span.routed) return span.routed;
  return express(span.request);
};

/** `/items/[id]`. Its own pages (`/_not-found`, `/_error`) and the one for 404 are no routes. */
function next(definition) {
  const path = definition && definition.pathname;
  return typeof path === 'string' && !path.startsWith('/_') && path !== '/404' ? path : undefined;
}

/** Express leaves the route on the request, bundled or not. */
function express({ route, baseUrl }) {
  return route !== undefined && route !== null ? template(baseUrl, route.path) : undefined;
}

/** Where the router is mounted and the path of the route: a text, an expression, or several. */
function template(baseUrl, path) {
  const base = baseUrl || '';
  if (Array.isArray(path)) return template(base, path[0]);
  if (path instanceof RegExp) return base + path;
  if (typeof path !== 'string') return undefined;
  return path === '/' && base ? base : base + path;
}

exports.template = template;
