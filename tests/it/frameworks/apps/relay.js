// The same with nothing but Node.js.
const http = require("http");

const server = http.createServer(async (request, response) => {
  const answer = await fetch(process.env.NEXT + request.url);
  console.warn("passed on %s", request.url);
  response.setHeader("content-type", "application/json");
  response.end(await answer.text());
});
server.listen(Number(process.env.PORT), "127.0.0.1");
