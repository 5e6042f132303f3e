'use strict';

const http = require('http');

const server = http.createServer((request, response) => {
  if (request.url === '/inner') return response.end('inner');
  http.get({ port: server.address().port, path: '/inner', host: '127.0.0.1' }, inner => {
    // In one piece, so that its length is told.
    let body = '';
    inner.on('data', chunk => (body += chunk));
    inner.on('end', () => response.end(body));
  });
});
server.listen(0, '127.0.0.1', () => console.error(`http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
