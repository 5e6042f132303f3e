// W3C Baggage as OpenTelemetry's API has it, and as a header has it.
'use strict';

const MOST = 180;

/** The API's Baggage of a header's text; undefined if there is nothing in it. */
exports.parse = function (api, text) {
  const entries = {};
  let count = 0;
  for (const part of text.split(',')) {
    const [pair, ...properties] = part.split(';');
    const at = pair.indexOf('=');
    if (at < 1 || count++ === MOST) continue;
    const entry = { value: decoded(pair.slice(at + 1).trim()) };
    if (properties.length > 0) entry.metadata = api.baggageEntryMetadataFromString(properties.join(';').trim());
    entries[decoded(pair.slice(0, at).trim())] = entry;
  }
  return count > 0 ? api.propagation.createBaggage(entries) : undefined;
};

/** The header's text of the API's Baggage. */
exports.text = function (baggage) {
  if (!baggage) return '';
  return baggage
    .getAllEntries()
    .slice(0, MOST)
    .map(([key, { value, metadata }]) => {
      const pair = `${encodeURIComponent(key)}=${encodeURIComponent(value)}`;
      const properties = metadata ? String(metadata) : '';
      return properties ? `${pair};${properties}` : pair;
    })
    .join(',');
};

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
