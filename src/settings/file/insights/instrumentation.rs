//! What is observed: switches of the Java agent, and what they are called in other languages.

use super::Insights;
use crate::settings::shape::{AttributeMatch, Item, Processor, Selector, Shape, SpanKind, Text, Work};

/// One switch of `instrumentation`.
struct Switch {
    name: &'static str,
    /// `OTEL_INSTRUMENTATION_..._ENABLED`.
    java: &'static [&'static str],
    /// `OTEL_PYTHON_DISABLED_INSTRUMENTATIONS`.
    python: &'static str,
    /// `OTEL_NODE_DISABLED_INSTRUMENTATIONS`.
    node: &'static str,
    /// Databases whose calls are left out here, too, because not every program listens to a variable.
    systems: Option<&'static str>,
}

const SQL: &str = "other_sql|postgresql|mysql|mariadb|mssql|microsoft\\.sql_server|sqlite|oracle|oracle\\.db|db2|\
                   ibm\\.db2|h2|h2database|hsqldb|derby|cockroachdb|redshift|aws\\.redshift|clickhouse|trino";

const SWITCHES: &[Switch] = &[
    Switch { name: "azureSdk", java: &["AZURE_CORE"], python: "azure_sdk", node: "azure-sdk", systems: None },
    Switch {
        name: "cassandra",
        java: &["CASSANDRA"],
        python: "cassandra",
        node: "cassandra-driver",
        systems: Some("cassandra"),
    },
    Switch {
        name: "jdbc",
        java: &["JDBC"],
        python: "aiopg,asyncpg,dbapi,mysql,mysqlclient,psycopg,psycopg2,pymssql,pymysql,sqlalchemy,sqlite3,tortoiseorm",
        node: "knex,mysql,mysql2,pg,tedious",
        systems: Some(SQL),
    },
    Switch { name: "jms", java: &["JMS", "SPRING_JMS"], python: "", node: "", systems: None },
    Switch {
        name: "kafka",
        java: &["KAFKA", "SPRING_KAFKA"],
        python: "aiokafka,confluent_kafka,kafka",
        node: "kafkajs",
        systems: None,
    },
    Switch { name: "micrometer", java: &["MICROMETER"], python: "", node: "", systems: None },
    Switch {
        name: "mongo",
        java: &["MONGO"],
        python: "pymongo",
        node: "mongodb,mongoose",
        systems: Some("mongodb"),
    },
    Switch { name: "quartz", java: &["QUARTZ"], python: "", node: "", systems: None },
    Switch {
        name: "rabbitmq",
        java: &["RABBITMQ", "SPRING_RABBIT"],
        python: "aio-pika,pika",
        node: "amqplib",
        systems: None,
    },
    Switch {
        name: "redis",
        java: &["JEDIS", "LETTUCE", "REDISSON"],
        python: "redis",
        node: "ioredis,redis,redis-4",
        systems: Some("redis"),
    },
    Switch { name: "springScheduling", java: &["SPRING_SCHEDULING"], python: "", node: "", systems: None },
];

/// Switches of `preview.instrumentation`, all of Java.
const PREVIEW: &[(&str, &[&str])] = &[
    ("play", &["PLAY_MVC", "PLAY_WS"]),
    ("akka", &["AKKA_ACTOR", "AKKA_HTTP"]),
    ("apacheCamel", &["CAMEL"]),
    ("ktor", &["KTOR"]),
    ("azureSdk", &["AZURE_CORE"]),
    ("grizzly", &["GRIZZLY"]),
    ("javaHttpClient", &["JAVA_HTTP_CLIENT"]),
    ("jaxws", &["JAXWS"]),
    ("quartz", &["QUARTZ"]),
    ("rabbitmq", &["RABBITMQ", "SPRING_RABBIT"]),
    ("springIntegration", &["SPRING_INTEGRATION"]),
    ("vertx", &["VERTX"]),
    ("jaxrsAnnotations", &["JAXRS"]),
    ("r2dbc", &["R2DBC"]),
    ("pekko", &["PEKKO_ACTOR", "PEKKO_HTTP"]),
];

/// Other keys that are a property of OpenTelemetry's agent for Java, with the value that counts.
const PROPERTIES: &[(&str, bool, &str)] = &[
    ("instrumentation.jdbc.masking.enabled", false, "OTEL_INSTRUMENTATION_JDBC_STATEMENT_SANITIZER_ENABLED"),
    (
        "instrumentation.mongo.masking.enabled",
        false,
        "OTEL_INSTRUMENTATION_MONGO_STATEMENT_SANITIZER_ENABLED",
    ),
    (
        "preview.captureControllerSpans",
        true,
        "OTEL_INSTRUMENTATION_COMMON_EXPERIMENTAL_CONTROLLER_TELEMETRY_ENABLED",
    ),
    (
        "preview.captureLogbackCodeAttributes",
        true,
        "OTEL_INSTRUMENTATION_LOGBACK_APPENDER_EXPERIMENTAL_CAPTURE_CODE_ATTRIBUTES",
    ),
    (
        "preview.captureLogbackMarker",
        true,
        "OTEL_INSTRUMENTATION_LOGBACK_APPENDER_EXPERIMENTAL_CAPTURE_MARKER_ATTRIBUTE",
    ),
    (
        "preview.captureLog4jMarker",
        true,
        "OTEL_INSTRUMENTATION_LOG4J_APPENDER_EXPERIMENTAL_CAPTURE_MARKER_ATTRIBUTE",
    ),
];

pub(super) fn read(insights: &Insights<'_>, shape: &mut Shape) {
    for switch in SWITCHES {
        let path = format!("instrumentation.{}.enabled", switch.name);
        let Some(place) = insights.is(&path, false) else { continue };
        for java in switch.java {
            insights.say(&format!("OTEL_INSTRUMENTATION_{java}_ENABLED"), "false", place);
        }
        if !switch.python.is_empty() {
            insights.said.add("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", switch.python, place);
        }
        if !switch.node.is_empty() {
            insights.said.add("OTEL_NODE_DISABLED_INSTRUMENTATIONS", switch.node, place);
        }
        if let Some(systems) = switch.systems {
            let name = format!("{path} ({})", insights.problems().at(place));
            shape.processors.extend(["db.system.name", "db.system"].map(|key| without(&name, key, systems)));
        }
    }
    for (name, java) in PREVIEW {
        let path = format!("preview.instrumentation.{name}.enabled");
        let Some((value, place)) = insights.text(&path) else { continue };
        for java in *java {
            let variable = format!("OTEL_INSTRUMENTATION_{java}_ENABLED");
            insights.say(&variable, &value.text.to_lowercase(), place);
        }
    }
    for (path, counts, variable) in PROPERTIES {
        if let Some(place) = insights.is(path, *counts) {
            insights.say(variable, &counts.to_string(), place);
        }
    }
}

/// Calls of these databases are left out.
fn without(name: &str, key: &str, systems: &str) -> Processor {
    let system = AttributeMatch { key: key.to_owned(), value: Some(Text::WholePattern(systems.to_owned())) };
    Processor {
        name: name.to_owned(),
        items: vec![Item::Span],
        include: Some(Selector {
            kinds: vec![SpanKind::Client],
            attributes: vec![system],
            ..Selector::default()
        }),
        exclude: None,
        work: Work::Drop,
    }
}
