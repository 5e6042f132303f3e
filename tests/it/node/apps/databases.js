// Calls to each database whose port is given, with what they answer.
const http = require("http");
const announce = require("./announce");

const { PG_PORT, PG_USER, MYSQL_PORT, REDIS_PORT } = process.env;
const host = "127.0.0.1";

async function postgres() {
  const { Pool } = require("pg");
  const pool = new Pool({ host, port: Number(PG_PORT), user: PG_USER, database: "postgres", max: 1 });
  const found = [(await pool.query("SELECT 1 + $1::int AS n", [2])).rows[0].n];
  found.push(await new Promise(done => pool.query("SELECT 7 AS n", (error, result) => done(result.rows[0].n))));
  found.push(await pool.query("SELECT * FROM nowhere").catch(error => error.code));
  await pool.end();
  return found;
}

async function mysql() {
  const connection = await require("mysql2/promise").createConnection({ host, port: Number(MYSQL_PORT), user: "root" });
  const found = [(await connection.query("SELECT ? + 1 AS n", [2]))[0][0].n];
  found.push((await connection.execute("SELECT ? AS n", [4]))[0][0].n);
  found.push(await connection.query("SELECT * FROM no.where").catch(error => error.code));
  await connection.end();
  return found;
}

async function redis() {
  const client = require("redis").createClient({ url: `redis://${host}:${REDIS_PORT}` });
  await client.connect();
  await client.set("a", "1");
  const found = [await client.get("a")];
  await client.hSet("h", "k", "v");
  found.push(await client.incr("h").catch(error => error.message.split(" ")[0]));
  await client.close();
  return found;
}

async function ioredis() {
  const client = new (require("ioredis").default)(Number(REDIS_PORT), host);
  const found = [await client.get("a")];
  found.push(await client.incr("h").catch(error => error.message.split(" ")[0]));
  client.disconnect();
  return found;
}

const all = { postgres, mysql, redis, ioredis };
const server = http.createServer(async (request, response) => {
  response.end(JSON.stringify(await all[request.url.slice(1)]()));
});
server.listen(0, host, () => announce(server));
