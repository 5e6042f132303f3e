//! Calls of databases.

use super::peer::peer;
use super::{Known, Slot};
use std::borrow::Cow;

/// The system, stable name first.
pub(super) fn system<'a>(known: &Known<'a>) -> Option<&'a str> {
    known.first(&[Slot::DbSystemName, Slot::DbSystem])
}

/// The type that Application Insights has an icon for; the system itself if it has none.
pub(super) fn kind<'a>(known: &Known<'a>, system: &'a str) -> &'a str {
    match system {
        "mariadb"
        | "mssql"
        | "microsoft.sql_server"
        | "oracle"
        | "oracle.db"
        | "db2"
        | "ibm.db2"
        | "sqlite"
        | "other_sql"
        | "hsqldb"
        | "h2"
        | "h2database"
        | "derby" => "SQL",
        "cosmosdb" | "azure.cosmosdb" => "Microsoft.DocumentDb",
        system => {
            known.take_first(&[Slot::DbSystemName, Slot::DbSystem]);
            system
        }
    }
}

fn default_port(system: &str) -> Option<u16> {
    Some(match system {
        "mysql" | "mariadb" => 3306,
        "postgresql" => 5432,
        "mongodb" => 27017,
        "redis" => 6379,
        "mssql" | "microsoft.sql_server" => 1433,
        "oracle" | "oracle.db" => 1521,
        "db2" | "ibm.db2" => 50000,
        "h2" | "h2database" => 8082,
        "derby" => 1527,
        "cassandra" => 9042,
        "memcached" => 11211,
        _ => return None,
    })
}

/// `host|database`, one of them alone, or the system.
pub(super) fn target<'a>(known: &Known<'a>, system: &'a str) -> Cow<'a, str> {
    let host = host(known, system);
    match (host, known.take_first(&[Slot::DbNamespace, Slot::DbName])) {
        (Some(host), Some(database)) => Cow::Owned([&*host, "|", database].concat()),
        (Some(host), None) => host,
        (None, Some(database)) => Cow::Borrowed(database),
        (None, None) => Cow::Borrowed(system),
    }
}

fn host<'a>(known: &Known<'a>, system: &str) -> Option<Cow<'a, str>> {
    const HOSTS: [Slot; 4] = [Slot::ServerAddress, Slot::NetPeerName, Slot::NetPeerIp, Slot::NetSockPeerAddr];
    peer(known, &HOSTS, |port| default_port(system) == Some(port))
}

/// The query, else what it does and to what.
pub(super) fn data<'a>(known: &Known<'a>) -> Cow<'a, str> {
    if let Some(query) = known.take_first(&[Slot::DbQueryText, Slot::DbStatement]) {
        return Cow::Borrowed(query);
    }
    match known.take_first(&[Slot::DbOperationName, Slot::DbOperation]) {
        Some(operation) => match known.take(Slot::DbCollectionName) {
            Some(collection) => Cow::Owned([operation, " ", collection].concat()),
            None => Cow::Borrowed(operation),
        },
        None => Cow::Borrowed(known.take(Slot::DbQuerySummary).unwrap_or_default()),
    }
}
