use super::*;
use crate::export::azure::map::Mapper;
use crate::export::azure::map::fixture::{self, Collected, settings};
use crate::otlp::{Batch, Signal};
use crate::settings::AzureSettings;
use serde_json::Value as Json;
use serde_json::json as object;

/// A request of metrics, as OTLP/JSON, of one resource and one scope.
fn batch(metrics: Json) -> Batch {
    let request = object!({"resourceMetrics": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeMetrics": [{"scope": {"name": "app.meter"}, "metrics": metrics}],
    }]});
    fixture::batch(Signal::Metrics, &request)
}

fn map(settings: AzureSettings, metrics: Json) -> Collected {
    let mut made = Collected::default();
    Mapper::new(settings).map(&batch(metrics), &mut made);
    made
}

/// A metric with points of these fields, all at one time.
fn metric(name: &str, unit: &str, kind: &str, data: Json, points: &[Json]) -> Json {
    let mut data = data;
    let points: Vec<Json> = points
        .iter()
        .map(|point| {
            let mut point = point.clone();
            if point.get("timeUnixNano").is_none() {
                point["timeUnixNano"] = "1795223160402013260".into();
            }
            point
        })
        .collect();
    data["dataPoints"] = points.into();
    object!({"name": name, "unit": unit, kind: data})
}

fn attributes(pairs: &[(&str, Json)]) -> Json {
    pairs.iter().map(|(key, value)| object!({"key": key, "value": value})).collect()
}

fn data(envelope: &Json) -> &Json {
    &envelope["data"]["baseData"]
}

#[test]
fn each_kind_of_metric() {
    let (delta, cumulative) =
        (object!({"aggregationTemporality": 1}), object!({"aggregationTemporality": 2}));
    let counter = object!({"aggregationTemporality": 1, "isMonotonic": true});
    let histogram = object!({"count": "4", "sum": 10.0, "min": 1.0, "max": 4.0});
    let summary = object!({"count": "4", "sum": 10.0,
        "quantileValues": [{"quantile": 0.0, "value": 1.0}, {"quantile": 0.5, "value": 2.0}, {"quantile": 1.0, "value": 4.0}]});
    let of_four = object!({"name": "m", "value": 10, "count": 4, "min": 1, "max": 4});
    for (kind, data_of_kind, point, expected) in [
        (
            "gauge",
            object!({}),
            object!({"asDouble": -1.5}),
            object!({"name": "m", "value": -1.5, "count": 1}),
        ),
        ("gauge", object!({}), object!({}), object!({"name": "m", "value": 0, "count": 1})),
        ("sum", counter.clone(), object!({"asInt": "5"}), object!({"name": "m", "value": 5, "count": 1})),
        ("sum", counter, object!({"asInt": "0"}), object!({"name": "m", "value": 0, "count": 1})),
        ("sum", cumulative, object!({"asInt": "-5"}), object!({"name": "m", "value": -5, "count": 1})),
        ("histogram", delta.clone(), histogram.clone(), of_four.clone()),
        ("exponentialHistogram", delta, histogram, of_four.clone()),
        ("summary", object!({}), summary, of_four),
    ] {
        let made = map(settings(), object!([metric("m", "", kind, data_of_kind, &[point])]));
        assert_eq!(made.left_out, [], "{kind}");
        assert_eq!(data(&made.envelopes[0])["metrics"], object!([expected]), "{kind}");
        assert_eq!(made.envelopes[0]["time"], "2026-11-21T01:06:00.402013Z");
        assert_eq!(made.envelopes[0]["data"]["baseType"], "MetricData");
    }
}

#[test]
fn points_that_are_not_sent() {
    let (delta, cumulative) =
        (object!({"aggregationTemporality": 1}), object!({"aggregationTemporality": 2}));
    let total = object!({"aggregationTemporality": 2, "isMonotonic": true});
    for (kind, data_of_kind, point, loss) in [
        ("gauge", object!({}), object!({"asDouble": "NaN"}), NOT_FINITE),
        ("gauge", object!({}), object!({"asDouble": "-Infinity"}), NOT_FINITE),
        ("sum", total.clone(), object!({"asDouble": "Infinity"}), NOT_FINITE),
        ("gauge", object!({}), object!({"flags": 1}), STALE),
        ("sum", total, object!({"flags": 1}), STALE),
        ("histogram", delta.clone(), object!({"count": "0", "sum": 0.0}), EMPTY),
        ("histogram", cumulative, object!({"count": "0", "sum": 0.0}), EMPTY),
        ("histogram", delta.clone(), object!({"count": "3"}), WITHOUT_SUM),
        ("exponentialHistogram", delta, object!({"count": "3", "sum": "NaN"}), NOT_FINITE),
        ("summary", object!({}), object!({"count": "0", "sum": 0.0}), EMPTY),
    ] {
        let made = map(settings(), object!([metric("m", "", kind, data_of_kind, &[point])]));
        assert!(made.envelopes.is_empty(), "{kind}");
        assert_eq!(made.left_out, [(loss, 1)], "{kind}");
    }
}

#[test]
fn extremes_that_are_no_numbers_are_left_out() {
    let point = object!({"count": "2", "sum": 3.0, "min": "-Infinity", "max": "NaN"});
    let made = map(
        settings(),
        object!([metric("m", "", "histogram", object!({"aggregationTemporality": 1}), &[point])]),
    );
    assert_eq!(data(&made.envelopes[0])["metrics"], object!([{"name": "m", "value": 3, "count": 2}]));
}

#[test]
fn a_number_that_came_to_nothing_does_not_disturb_the_next() {
    let total = object!({"aggregationTemporality": 2, "isMonotonic": true});
    let at = |time: &str, value: Json| {
        object!([metric(
            "m",
            "",
            "sum",
            total.clone(),
            &[object!({"timeUnixNano": time, "asDouble": value})]
        )])
    };
    let (mut mapper, mut made) = (Mapper::new(settings()), Collected::default());
    for (time, value) in [("1", object!(5.0)), ("2", object!("NaN")), ("3", object!(7.0))] {
        mapper.map(&batch(at(time, value)), &mut made);
    }
    let values: Vec<&Json> = made.envelopes.iter().map(|made| &data(made)["metrics"][0]["value"]).collect();
    assert_eq!(values, [&object!(5), &object!(2)]);
    assert_eq!(made.left_out, [(NOT_FINITE, 1)]);
}

#[test]
fn series_are_told_apart() {
    let total = object!({"aggregationTemporality": 2, "isMonotonic": true});
    let point = |time: &str, value: &str, pairs: &[(&str, Json)]| object!({"timeUnixNano": time, "asInt": value, "attributes": attributes(pairs)});
    let (a, b) = (("k", object!({"stringValue": "a"})), ("k", object!({"stringValue": "b"})));
    let other = ("o", object!({"intValue": "1"}));
    let metrics = object!([
        metric(
            "m",
            "",
            "sum",
            total.clone(),
            &[
                point("1", "10", &[a.clone(), other.clone()]),
                point("1", "20", &[b]),
                // The order of attributes says nothing.
                point("2", "11", &[other.clone(), a.clone()]),
                point("2", "40", std::slice::from_ref(&a)),
                // Text is no number.
                point("2", "50", &[a, ("o", object!({"stringValue": "1"}))]),
            ]
        ),
        metric("n", "", "sum", total, &[point("3", "60", &[other])]),
    ]);
    let made = map(settings(), metrics);
    let values: Vec<f64> =
        made.envelopes.iter().map(|made| data(made)["metrics"][0]["value"].as_f64().unwrap()).collect();
    assert_eq!(values, [10.0, 20.0, 1.0, 40.0, 50.0, 60.0]);
}

#[test]
fn an_agent_that_was_started_again() {
    let total = object!({"aggregationTemporality": 2, "isMonotonic": true});
    let at = |time: &str, start: &str, value: &str| {
        let point = object!({"startTimeUnixNano": start, "timeUnixNano": time, "asInt": value});
        batch(object!([metric("m", "", "sum", total.clone(), &[point])]))
    };
    let (mut mapper, mut made) = (Mapper::new(settings()).since(1000), Collected::default());
    mapper.map(&at("1100", "900", "5000"), &mut made);
    mapper.map(&at("1200", "900", "5003"), &mut made);
    mapper.map(&at("1300", "1250", "2"), &mut made);
    let values: Vec<&Json> = made.envelopes.iter().map(|made| &data(made)["metrics"][0]["value"]).collect();
    assert_eq!(values, [&object!(3), &object!(2)]);
    assert_eq!(made.left_out, [(Loss::LeftOut("first point of an older series"), 1)]);
}

#[test]
fn the_scope_is_the_namespace_when_asked() {
    let gauge = object!([metric("m", "", "gauge", object!({}), &[object!({"asInt": "1"})])]);
    let with = map(AzureSettings { metric_namespace: true, ..settings() }, gauge.clone());
    assert_eq!(data(&with.envelopes[0])["metrics"][0]["ns"], "app.meter");
    let without = map(settings(), gauge);
    assert!(data(&without.envelopes[0])["metrics"][0].get("ns").is_none());
}

#[test]
fn performance_counters_keep_their_names() {
    let names = [
        (r"\Memory\Available Bytes", r"\Memory\Available Bytes"),
        (
            "azuremonitor.performancecounter.requestssec",
            r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec",
        ),
        ("azuremonitor.performancecounter.other", "azuremonitor.performancecounter.other"),
    ];
    for (name, expected) in names {
        let made =
            map(settings(), object!([metric(name, "", "gauge", object!({}), &[object!({"asInt": "1"})])]));
        assert_eq!(data(&made.envelopes[0])["metrics"][0]["name"], expected);
    }
}

#[test]
fn long_names_and_counts() {
    let point = object!({"count": "18446744073709551615", "sum": 1.0});
    let made = map(
        settings(),
        object!([metric(
            &"n".repeat(2000),
            "",
            "histogram",
            object!({"aggregationTemporality": 1}),
            &[point]
        )]),
    );
    let metric = &data(&made.envelopes[0])["metrics"][0];
    assert_eq!(metric["name"].as_str().unwrap().len(), NAME);
    assert_eq!(metric["count"], i32::MAX);
}

#[test]
fn http_instruments_are_standard_metrics_only_when_that_is_asked() {
    let delta = object!({"aggregationTemporality": 1});
    let point = object!({"count": "1", "sum": 0.5, "attributes": attributes(&[
        ("http.response.status_code", object!({"intValue": "204"})),
    ])});
    let metrics = object!([
        metric("http.server.request.duration", "s", "histogram", delta.clone(), std::slice::from_ref(&point)),
        metric("http.server.request.size", "By", "histogram", delta, &[point]),
    ]);
    let made = map(settings().with_signals(false, true), metrics.clone());
    assert_eq!(made.left_out, [(HTTP, 1)]);
    assert_eq!(data(&made.envelopes[0])["metrics"][0]["value"], 500);
    assert_eq!(
        data(&made.envelopes[0])["properties"],
        object!({
            "_MS.MetricId": "requests/duration", "_MS.IsAutocollected": "True", "request/resultCode": "204",
            "Request.Success": "True", "cloud/roleName": "shop", "cloud/roleInstance":
                data(&made.envelopes[0])["properties"]["cloud/roleInstance"],
        })
    );
    let made = map(settings().with_signals(true, true), metrics);
    assert_eq!(made.left_out, []);
    assert_eq!(data(&made.envelopes[0])["metrics"][0]["value"], 0.5);
    assert_eq!(data(&made.envelopes[0])["properties"], object!({"http.response.status_code": "204"}));
}

#[test]
fn targets_of_http_clients() {
    let text = |value: &str| object!({"stringValue": value});
    let port = |value: u16| object!({"intValue": value.to_string()});
    for (pairs, target) in [
        (vec![], None),
        (vec![("server.address", text("a")), ("server.port", port(443))], Some("a")),
        (
            vec![("server.address", text("a")), ("server.port", port(443)), ("url.scheme", text("http"))],
            Some("a:443"),
        ),
        (vec![("server.address", text("a")), ("server.port", port(8080))], Some("a:8080")),
        (vec![("server.address", text("a")), ("server.port", port(0))], Some("a")),
        (vec![("net.peer.name", text("a")), ("net.peer.port", port(8080))], Some("a:8080")),
        (vec![("net.peer.name", text("a")), ("http.host", text("b"))], Some("b")),
        (vec![("peer.service", text("s")), ("server.address", text("a"))], Some("s")),
    ] {
        let point = object!({"count": "1", "sum": 5.0, "attributes": attributes(&pairs)});
        let made = map(
            settings().with_signals(false, true),
            object!([metric(
                "http.client.duration",
                "ms",
                "histogram",
                object!({"aggregationTemporality": 1}),
                &[point]
            )]),
        );
        let properties = &data(&made.envelopes[0])["properties"];
        assert_eq!(properties.get("dependency/target").and_then(Json::as_str), target, "{pairs:?}");
        assert_eq!(data(&made.envelopes[0])["metrics"][0]["value"], 5);
    }
}

#[test]
fn every_point_is_accounted_for_whatever_is_in_it() {
    use opentelemetry_proto::tonic::metrics::v1::{Gauge, Metric, NumberDataPoint, Sum, metric::Data};
    use prost::Message;
    let gauge = Gauge { data_points: vec![NumberDataPoint::default(); 3] };
    let sum = Sum { data_points: vec![NumberDataPoint::default(); 2], ..Default::default() };
    // Two kinds in one metric, and a name of the wrong type.
    let both = [
        Metric { data: Some(Data::Gauge(gauge)), ..Default::default() }.encode_to_vec(),
        Metric { data: Some(Data::Sum(sum)), ..Default::default() }.encode_to_vec(),
    ]
    .concat();
    let broken = [both.clone(), b"\x08\x01".to_vec()].concat();
    for (metric, envelopes, losses) in [(both, 2, 3), (broken, 0, 5)] {
        let nested = |number: u8, inner: &[u8]| [&[number << 3 | 2, inner.len() as u8], inner].concat();
        let request = nested(1, &nested(2, &nested(2, &metric)));
        let batch = Batch::from_protobuf(Signal::Metrics, request.into()).unwrap();
        assert_eq!(batch.items(), 5);
        let mut made = Collected::default();
        Mapper::new(settings()).map(&batch, &mut made);
        assert_eq!(made.envelopes.len(), envelopes);
        assert_eq!(made.left_out, [(crate::export::azure::map::MALFORMED, losses)]);
    }
}

#[test]
fn attributes_become_properties() {
    let point = object!({"asInt": "1", "attributes": fixture::attributes(object!({
        "text": "x", "number": 1, "half": 1.5, "truth": true, "list": ["a", 1], "empty": "",
        "host.name": "own", "k".repeat(151): "too long"
    }))});
    let named = |name: &str| {
        let resource =
            fixture::attributes(object!({"host.name": "machine", "cloud.region": "here", "other": 1}));
        let metrics = object!([metric(name, "", "gauge", object!({}), std::slice::from_ref(&point))]);
        let request = object!({"resourceMetrics": [{
            "resource": {"attributes": resource}, "scopeMetrics": [{"metrics": metrics}],
        }]});
        let mut made = fixture::mapped(settings(), Signal::Metrics, &request);
        made.envelopes.remove(0)
    };
    let mut expected = object!({
        "text": "x", "number": "1", "half": "1.5", "truth": "true", "list": "[\"a\", 1]", "empty": "",
        "host.name": "own", "cloud.region": "here",
    });
    assert_eq!(data(&named("m"))["properties"], expected);
    // The charts of performance counters have no place for it.
    expected.as_object_mut().unwrap().remove("cloud.region");
    assert_eq!(data(&named(r"\Memory\Available Bytes"))["properties"], expected);
}
