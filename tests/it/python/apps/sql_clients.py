"""Every SQL driver that is observed, as applications and the libraries above use it: what they know of
the drivers' objects must hold, and each statement must work. The arguments are the driver and the
port of the server.
"""

import asyncio
import io
import sys

PORT = int(sys.argv[2]) if len(sys.argv) > 2 else None
POSTGRESQL = "host=127.0.0.1 port=%s dbname=postgres user=app" % PORT


def fails(kind, function, *args):
    try:
        function(*args)
    except kind as error:
        return error
    raise AssertionError("no %s" % kind)


def sqlite3_():
    import sqlite3

    connection = sqlite3.connect(":memory:")
    assert isinstance(connection, sqlite3.Connection)
    assert repr(connection).startswith("<sqlite3.Connection object")
    with connection:
        connection.execute("create table t (a, b)")
        connection.executemany("insert into t values (?, ?)", [(1, 2), (3, 4)])
    connection.executescript("select 1; select 2")
    connection.row_factory = sqlite3.Row
    assert [row["b"] for row in connection.execute("select * from t where a > ?", (0,))] == [2, 4]
    cursor = connection.cursor()
    assert isinstance(cursor, sqlite3.Cursor) and cursor.connection is connection
    assert cursor.execute("select 1") is cursor and cursor.fetchone()[0] == 1
    fails(sqlite3.OperationalError, connection.execute, "select * from nowhere")

    class Cursor(sqlite3.Cursor):
        def execute(self, *args):
            return sqlite3.Cursor.execute(self, *args)

    class Connection(sqlite3.Connection):
        hello = "hi"

    own = sqlite3.connect(":memory:", factory=Connection)
    assert isinstance(own, Connection) and own.hello == "hi"
    assert isinstance(own.cursor(Cursor), Cursor)
    own.cursor(Cursor).execute("select 5")
    own = sqlite3.connect(":memory:", factory=lambda *args, **kwargs: sqlite3.Connection(*args, **kwargs))
    assert own.execute("select 6").fetchone() == (6,)


def aiosqlite_():
    import aiosqlite

    async def main():
        async with aiosqlite.connect(":memory:") as connection:
            async with connection.execute("select 1") as cursor:
                assert await cursor.fetchall() == [(1,)]

    asyncio.run(main())


def sqlalchemy_():
    from sqlalchemy import create_engine, text

    with create_engine("sqlite://").begin() as connection:
        connection.execute(text("create table t (id integer primary key, name text)"))
        connection.execute(text("insert into t (name) values (:name)"), [{"name": "a"}, {"name": "b"}])
        rows = connection.execute(text("select id from t where name = :name"), {"name": "b"}).all()
        assert [row.id for row in rows] == [2]


def django_():
    import django
    from django.conf import settings

    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    settings.configure(DATABASES={"default": database})
    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select %s", ["x"])
        assert cursor.fetchall() == [("x",)]


def psycopg2_():
    import psycopg2
    import psycopg2.extras
    import psycopg2.sql

    connection = psycopg2.connect(POSTGRESQL)
    assert isinstance(connection, psycopg2.extensions.connection)
    with connection, connection.cursor() as cursor:
        assert isinstance(cursor, psycopg2.extensions.cursor)
        cursor.execute("create table t2 (a int, b text)")
        cursor.executemany("insert into t2 values (%s, %s)", [(1, "x"), (2, "y")])
        psycopg2.extras.execute_values(cursor, "insert into t2 values %s", [(3, "z")])
        query = psycopg2.sql.SQL("select a from {} where b = %s").format(psycopg2.sql.Identifier("t2"))
        cursor.execute(query, ("z",))
        assert list(cursor) == [(3,)]
        cursor.copy_expert("copy t2 to stdout", io.StringIO())
    with connection.cursor("named") as cursor:
        cursor.execute("select a from t2")
        assert len([row for row in cursor]) == 3
    factory = psycopg2.extras.DictConnection
    connection = psycopg2.connect(POSTGRESQL, connection_factory=factory)
    assert isinstance(connection, factory)
    cursor = connection.cursor()
    cursor.execute("select 2 as two")
    assert cursor.fetchone()["two"] == 2
    psycopg2.extras.register_uuid(None, connection)
    fails(psycopg2.Error, cursor.execute, "select * from nowhere")


def psycopg_():
    import psycopg
    from psycopg.rows import dict_row

    with psycopg.connect(POSTGRESQL, row_factory=dict_row) as connection:
        assert connection.execute("select 1 as one").fetchall() == [{"one": 1}]
        with connection.cursor() as cursor:
            cursor.execute("create table t3 (a int)")
            cursor.executemany("insert into t3 values (%s)", [(1,), (2,)])
            with cursor.copy("copy t3 to stdout") as copy:
                assert len(list(copy)) == 2
            assert len(list(cursor.stream("select a from t3"))) == 2
        with connection.cursor("server") as cursor:
            assert cursor.execute("select 5 as five").fetchone() == {"five": 5}
        fails(psycopg.Error, connection.execute, "select * from nowhere")

    async def main():
        async with await psycopg.AsyncConnection.connect(POSTGRESQL) as connection:
            await connection.execute("select 1")
            async with connection.cursor() as cursor:
                async with cursor.copy("copy (select 6) to stdout") as copy:
                    assert [bytes(data) async for data in copy] == [b"6\n"]
                assert [row async for row in cursor.stream("select 7")] == [(7,)]
            try:
                await connection.execute("select * from nowhere")
            except psycopg.Error:
                pass

    asyncio.run(main())


def asyncpg_():
    import asyncpg

    async def main():
        where = {"host": "127.0.0.1", "port": PORT, "database": "postgres", "user": "app"}
        connection = await asyncpg.connect(**where)
        await connection.execute("create table t4 (a int)")
        await connection.executemany("insert into t4 values ($1)", [(1,), (2,)])
        assert await connection.fetchval("select count(*) from t4") == 2
        prepared = await connection.prepare("select $1::int")
        assert await prepared.fetchval(4) == 4
        async with connection.transaction():
            assert len([row async for row in connection.cursor("select a from t4")]) == 2
        try:
            await connection.fetch("select * from nowhere")
        except asyncpg.PostgresError:
            pass
        await connection.close()
        async with asyncpg.create_pool(min_size=1, max_size=1, **where) as pool:
            assert await pool.fetchval("select 11") == 11

    asyncio.run(main())


def pymysql_():
    import pymysql

    connection = pymysql.connect(host="127.0.0.1", port=PORT, user="root", database="mysql", autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("create table test_t (a int, b text)")
        cursor.executemany("insert into test_t values (%s, %s)", [(1, "a"), (2, "b")])
        cursor.execute("select a from test_t where b = %s", ("b",))
        assert cursor.fetchall() == ((2,),)
        fails(pymysql.Error, cursor.execute, "select * from nowhere")
    with connection.cursor(pymysql.cursors.SSDictCursor) as cursor:
        cursor.execute("select 1 as one")
        assert cursor.fetchall() == [{"one": 1}]


globals()[sys.argv[1] + "_"]()
