// Tells on stderr where a server listens, as the tests wait for it.
module.exports = server => process.stderr.write(`http://127.0.0.1:${server.address().port}\n`);
