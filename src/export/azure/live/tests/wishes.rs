//! What the portal wishes to see.

use super::*;

#[test]
fn filters() {
    let request = Sample::request("GET /Shop/{id}", 1500.0, 404)
        .attribute("tenant", json!({"stringValue": "Blue"}))
        .attribute("size", json!({"doubleValue": 1.5}))
        .attribute("list", json!({"arrayValue": {"values": [{"stringValue": "needle"}]}}));
    let dependency = Sample::new(Kind::Dependency)
        .text(Field::Target, "db.example|shop")
        .text(Field::Type, "SQL")
        .text(Field::Data, "SELECT 1")
        .text(Field::Code, "0");
    let exception =
        Sample::new(Kind::Exception).text(Field::Message, "no Ärger").text(Field::StackTrace, "at line 7");
    let trace = Sample::new(Kind::Trace).text(Field::Message, "hello");
    let event = Sample::new(Kind::Event).text(Field::Name, "checkout");
    for (sample, field, predicate, comparand, expected) in [
        (&request, "Name", "Equal", "get /shop/{ID}", Some(true)),
        (&request, "Name", "NotEqual", "GET /shop/{id}", Some(false)),
        (&request, "Name", "Contains", "SHOP", Some(true)),
        (&request, "Name", "Contains", "", Some(true)),
        (&request, "Name", "DoesNotContain", "shop", Some(false)),
        (&request, "Url", "Contains", "shop.example", Some(true)),
        (&request, "Url", "Contains", &"x".repeat(1024), Some(false)),
        (&request, "Url", "Contains", &"x".repeat(1025), None),
        (&request, "ResponseCode", "Equal", "404", Some(true)),
        (&request, "ResponseCode", "GreaterThanOrEqual", "400", Some(true)),
        (&request, "ResponseCode", "LessThan", "404", Some(false)),
        (&request, "ResponseCode", "LessThan", "four", None),
        (&request, "ResponseCode", "LessThan", "NaN", None),
        (&request, "Success", "Equal", "False", Some(true)),
        (&request, "Success", "NotEqual", "false", Some(false)),
        (&request, "Success", "Equal", "maybe", None),
        (&request, "Success", "Contains", "true", None),
        (&request, "Duration", "GreaterThan", "0.0:0:1.4", Some(true)),
        (&request, "Duration", "Equal", "0.00:00:01.5000000", Some(true)),
        (&request, "Duration", "LessThanOrEqual", "00:00:01", Some(false)),
        (&request, "Duration", "NotEqual", "14.6:56:7.89", Some(true)),
        (&request, "Duration", "LessThan", "99999999999999.0:0:0", None),
        (&request, "Duration", "LessThan", "1000", None),
        (&request, "Duration", "LessThan", "-0.0:0:1", None),
        (&request, "Duration", "LessThan", "0.0:0:", None),
        (&request, "Duration", "LessThan", "0:0:0:0", None),
        (&request, "Duration", "Contains", "0.0:0:1", None),
        (&request, "CustomDimensions.tenant", "Equal", "blue", Some(true)),
        (&request, "CustomDimensions.Tenant", "Contains", "lu", Some(true)),
        (&request, "CustomDimensions.size", "GreaterThan", "1", Some(true)),
        (&request, "CustomDimensions.tenant", "GreaterThan", "1", Some(false)),
        (&request, "CustomDimensions.missing", "Equal", "x", Some(false)),
        (&request, "CustomDimensions.missing", "NotEqual", "x", Some(true)),
        (&request, "CustomDimensions.missing", "DoesNotContain", "x", Some(true)),
        (&request, "CustomDimensions.missing", "LessThan", "1", Some(false)),
        (&request, "CustomDimensions.", "Equal", "x", None),
        (&request, "CustomMetrics.size", "Equal", "1", None),
        (&request, "*", "Contains", "bLUE", Some(true)),
        (&request, "*", "Contains", "shop.example", Some(true)),
        (&request, "*", "Contains", "needle", Some(true)),
        (&request, "*", "Contains", "nowhere", Some(false)),
        (&request, "*", "DoesNotContain", "blue", Some(false)),
        (&request, "*", "DoesNotContain", "nowhere", Some(true)),
        (&request, "*", "Equal", "Blue", None),
        (&request, "Target", "Equal", "x", None),
        (&request, "Name", "Like", "x", None),
        (&request, "", "Equal", "x", None),
        (&dependency, "Target", "Contains", "|shop", Some(true)),
        (&dependency, "Type", "Equal", "sql", Some(true)),
        (&dependency, "Data", "Contains", "select", Some(true)),
        (&dependency, "ResultCode", "Equal", "0", Some(true)),
        (&dependency, "ResponseCode", "Equal", "0", None),
        (&dependency, "Success", "Equal", "true", Some(true)),
        (&exception, "Exception.Message", "Contains", "äRGER", Some(true)),
        (&exception, "Message", "Equal", "NO ÄRGER", Some(true)),
        (&exception, "Exception.StackTrace", "Contains", "line 7", Some(true)),
        (&exception, "Duration", "GreaterThan", "0:0:0", None),
        (&trace, "Message", "Equal", "Hello", Some(true)),
        (&trace, "Name", "Equal", "x", None),
        (&event, "Name", "NotEqual", "checkin", Some(true)),
    ] {
        let matches = Filter::new(sample.kind, field, predicate, comparand)
            .ok()
            .map(|filter| sample.with(|item| filter.matches(item)));
        assert_eq!(matches, expected, "{field} {predicate} {comparand}");
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_of_the_users_own() {
    let live = live();
    live.watch().await;
    let slow = json!([{"Filters": [filter("Duration", "GreaterThan", "0.0:0:0.015"), filter("Success", "Equal", "true")]},
        {"Filters": [filter("Name", "Equal", "b")]}]);
    configure(
        &live,
        "1",
        &json!({"ETag": "1", "QuotaInfo": null, "DocumentStreams": null, "Metrics": [
            derived("count", "Request", &json!([]), "Count()", "Sum"),
            derived("groups", "Request", &slow, "Count()", "Sum"),
            derived("avg", "Request", &json!([{"Filters": []}]), "Duration", "Avg"),
            derived("min", "Request", &Value::Null, "Duration", "Min"),
            derived("max", "Request", &json!([]), "Duration", "Max"),
            derived("size", "Request", &json!([]), "CustomDimensions.size", "Sum"),
            derived("traces", "Trace", &json!([]), "Count()", "Sum"),
            derived("none", "Event", &json!([]), "Count()", "Avg"),
        ]}),
    );
    let mut sampled = Sample::request("a", 40.0, 200).attribute("size", json!({"stringValue": " 2.5 "}));
    sampled.weight = 3.0;
    see(
        &live,
        &[
            sampled,
            Sample::request("b", 20.0, 500).attribute("size", json!({"intValue": 4})),
            Sample::request("c", 10.0, 200).attribute("size", json!({"stringValue": "large"})),
            Sample::request("d", 16.0, 500),
            Sample::new(Kind::Trace),
        ],
    );
    tokio::time::advance(Duration::from_secs(1)).await;
    let point = take(&live, None);
    for (id, value, weight) in [
        ("count", 6.0, 6),
        ("groups", 4.0, 4),
        ("avg", (120.0 + 20.0 + 10.0 + 16.0) / 6.0, 6),
        ("min", 10.0, 6),
        ("max", 40.0, 6),
        ("size", 11.5, 4),
        ("traces", 1.0, 1),
        ("none", 0.0, 0),
    ] {
        assert_eq!(metric(&point, id), Some((value, weight)), "{id}");
    }
    assert_eq!(point["CollectionConfigurationErrors"], json!([]));
    assert_eq!(point["Documents"], json!([]), "no stream, no documents");
    // The same again is nothing new, and nothing is lost; another one begins afresh.
    see(&live, &[Sample::request("a", 1.0, 200)]);
    configure(&live, "1", &json!({"Metrics": []}));
    assert_eq!(metric(&take(&live, None), "count"), Some((1.0, 1)));
    see(&live, &[Sample::request("a", 1.0, 200)]);
    configure(&live, "2", &json!({"Metrics": [derived("new", "Request", &json!([]), "Count()", "Sum")]}));
    let point = take(&live, None);
    assert_eq!((metric(&point, "count"), metric(&point, "new")), (None, Some((0.0, 0))));
    assert_eq!(live.etag(), "2");
    live.unwatch();
    assert_eq!(live.etag(), "");
}

#[tokio::test(start_paused = true)]
async fn documents_go_to_the_streams_that_want_them() {
    let live = live();
    live.watch().await;
    let group =
        |kind: &str, filters: &[Value]| json!({"TelemetryType": kind, "Filters": {"Filters": filters}});
    configure(
        &live,
        "1",
        &json!({"DocumentStreams": [
            {"Id": "failed", "DocumentFilterGroups": [
                group("Request", &[filter("Success", "Equal", "false")]),
                group("Exception", &[])]},
            {"Id": "slow or b", "DocumentFilterGroups": [
                group("Request", &[filter("Duration", "GreaterThan", "0.0:0:1")]),
                group("Request", &[filter("Name", "Equal", "b")])]},
            {"Id": "nothing", "DocumentFilterGroups": [
                group("Request", &[filter("Name", "Equal", "b"), filter("Colour", "Equal", "red")])]},
        ]}),
    );
    see(
        &live,
        &[
            Sample::request("a", 1.0, 200),
            Sample::request("b", 1.0, 500),
            Sample::request("c", 2000.0, 200),
            Sample::new(Kind::Exception),
            Sample::new(Kind::Trace),
        ],
    );
    let point = take(&live, None);
    let documents = point["Documents"].as_array().unwrap().iter();
    let ids: Vec<(Option<&str>, &Value)> =
        documents.map(|d| (d["Name"].as_str(), &d["DocumentStreamIds"])).collect();
    assert_eq!(
        ids,
        [
            (Some("b"), &json!(["failed", "slow or b"])),
            (None, &json!(["failed"])),
            (Some("c"), &json!(["slow or b"]))
        ]
    );
    let errors = point["CollectionConfigurationErrors"].as_array().unwrap();
    assert_eq!(errors.len(), 1);
    assert_eq!(
        errors[0],
        json!({"CollectionConfigurationErrorType": "DocumentStreamFailureToCreateFilterUnexpected",
            "Message": "no field \"Colour\" in telemetry of type Request", "FullException": "",
            "Data": [{"key": "DocumentStreamInfoId", "value": "nothing"}, {"key": "ETag", "value": "1"}]})
    );
}

#[test]
fn what_cannot_be_applied_is_told_and_the_rest_holds() {
    let good = derived("good", "Request", &json!([]), "Count()", "Sum");
    let bad_filter = json!([{"Filters": [filter("*", "Equal", "x")]}]);
    let stream = |id: &str, kind: &str| json!({"Id": id, "DocumentFilterGroups": [{"TelemetryType": kind, "Filters": null}]});
    let parsed = Configuration::parse(
        "7",
        json!({"ETag": "7", "Metrics": [
            good,
            derived("good", "Request", &json!([]), "Count()", "Sum"),
            derived("counter", "PerformanceCounter", &json!([]), "Count()", "Sum"),
            derived("custom", "Request", &json!([]), "CustomMetrics.x", "Sum"),
            derived("duration", "Trace", &json!([]), "Duration", "Sum"),
            derived("median", "Request", &json!([]), "Count()", "Median"),
            derived("any", "Request", &bad_filter, "Count()", "Sum"),
            derived("", "Request", &json!([]), "Count()", "Sum"),
        ], "DocumentStreams": [
            stream("s", "Request"), stream("s", "Trace"), stream("t", "Metric"), stream(&"x".repeat(300), "Trace"),
        ]})
        .to_string()
        .as_bytes(),
    );
    let kinds: Vec<(&str, &str)> =
        parsed.errors.iter().map(|error| (error.kind, error.about.as_ref().unwrap().1.as_str())).collect();
    let long = "x".repeat(64);
    assert_eq!(
        kinds,
        [
            ("MetricDuplicateIds", "good"),
            ("MetricTelemetryTypeUnsupported", "counter"),
            ("MetricFailureToCreate", "custom"),
            ("MetricFailureToCreate", "duration"),
            ("MetricFailureToCreate", "median"),
            ("MetricFailureToCreateFilterUnexpected", "any"),
            ("MetricFailureToCreate", ""),
            ("DocumentStreamDuplicateIds", "s"),
            ("DocumentStreamFailureToCreate", "t"),
            ("DocumentStreamFailureToCreate", &long),
        ]
    );
    assert_eq!(parsed.metrics.iter().map(|metric| metric.id.as_str()).collect::<Vec<_>>(), ["good"]);
    let streams: Vec<String> = parsed.streams.unwrap().into_iter().map(|stream| stream.id).collect();
    assert_eq!(streams, ["s", "t"]);
}

#[test]
fn nothing_that_is_sent_harms() {
    for body in ["", "null", "\"x\"", "{\"Metrics\": 5}", "{\"Metrics\": [5]}", "{", "\u{0}"] {
        let parsed = Configuration::parse("e", body.as_bytes());
        let [Complaint { kind, about: None, .. }] = &parsed.errors[..] else { panic!("{body}: {parsed:?}") };
        assert_eq!(*kind, "CollectionConfigurationFailureToCreateUnexpected");
        assert_eq!((parsed.etag.as_str(), parsed.metrics.len()), ("e", 0));
    }
    let nothing = Configuration::parse("e", b"{\"Metrics\":null,\"DocumentStreams\":null,\"Unknown\":{}}");
    assert_eq!((nothing.errors.len(), nothing.streams), (0, Some(Vec::new())));
    let deep = format!("{{\"Metrics\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(Configuration::parse("e", deep.as_bytes()).errors.len(), 1);
    let filters = |count: usize| json!([{"Filters": vec![filter("Name", "Equal", "x"); count]}]);
    let metrics: Vec<Value> =
        (0..1000).map(|n| derived(&n.to_string(), "Request", &filters(20), "Count()", "Sum")).collect();
    let many = Configuration::parse("e", json!({ "Metrics": metrics }).to_string().as_bytes());
    assert_eq!((many.metrics.len(), many.errors.len()), (512 / 21, 32));
    let metrics: Vec<Value> =
        (0..1000).map(|n| derived(&n.to_string(), "Request", &json!([]), "Count()", "Sum")).collect();
    let many = Configuration::parse("e", json!({ "Metrics": metrics }).to_string().as_bytes());
    assert_eq!((many.metrics.len(), many.errors.len()), (64, 1));
}
