// No package at all: http, and a call to ourselves.
const http = require("http");

const port = Number(process.env.PORT);
const server = http.createServer(async (request, response) => {
  if (request.url !== "/twice") return response.end("once\n");
  const answers = await Promise.all([1, 2].map(n => fetch(`http://127.0.0.1:${port}/part/${n}`)));
  response.end(`${answers.length} answers\n`);
});
server.listen(port, "127.0.0.1");
