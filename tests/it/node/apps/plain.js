// http alone, without a framework: /api/items/ID answers, and these do more.
//   /fetch /undici /get /post   one request to ourselves
//   /parent                     the headers that came
const http = require("http");
const announce = require("./announce");

const calls = {
  fetch: async url => (await fetch(url)).text(),
  undici: async url => (await require("undici").request(url)).body.text(),
  get: url => new Promise((done, failed) => http.get(url, whole(done)).on("error", failed)),
  post: url =>
    new Promise((done, failed) => {
      const request = http.request(url, { method: "POST", headers: { expect: "100-continue" } }, whole(done));
      request.on("continue", () => request.end("content")).on("error", failed);
    }),
  list: url =>
    new Promise((done, failed) =>
      http.get(url, { headers: ["Host", new URL(url).host, "X-Own", "1"] }, whole(done)).on("error", failed)
    ),
};

function whole(done) {
  return response => {
    let text = "";
    response.on("data", piece => (text += piece)).on("end", () => done(text));
  };
}

const server = http.createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://here");
  const call = calls[pathname.slice(1)];
  if (pathname === "/parent") return response.end(JSON.stringify(request.headers));
  if (pathname === "/exit") return response.on("close", () => process.exit(3)).end("bye");
  if (pathname === "/throw") return setImmediate(() => { throw new TypeError("not caught"); });
  if (pathname === "/reject") return Promise.reject(new TypeError("not caught"));
  if (pathname === "/nobody") return fetch("http://127.0.0.1:2/").catch(() => response.end("nobody"));
  if (call === undefined) return response.end(String(process.pid));
  response.end(await call(`http://127.0.0.1:${server.address().port}/parent?of=${pathname.slice(1)}`));
});
server.listen(Number(process.env.PORT || 0), "127.0.0.1", () => announce(server));
