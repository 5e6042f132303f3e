//! What is shown each second.

use super::*;

#[tokio::test(start_paused = true)]
async fn figures_are_rates_and_means_in_their_units() {
    let live = live();
    see(&live, &[Sample::request("unseen", 1.0, 500)]);
    live.watch().await;
    let mut sampled = Sample::request("sampled", 40.0, 200);
    sampled.weight = 4.0;
    let mut failed = Sample::new(Kind::Dependency).text(Field::Name, "SELECT");
    (failed.success, failed.milliseconds) = (false, 7.0);
    see(&live, &[Sample::request("a", 10.0, 200), Sample::request("b", 30.0, 404), sampled, failed]);
    see(&live, &[Sample::new(Kind::Exception), Sample::new(Kind::Trace), Sample::new(Kind::Event)]);
    tokio::time::advance(Duration::from_secs(2)).await;
    let vitals = Vitals { resident_bytes: 5000, cpu_percent: 12.5, top: vec![("python".to_owned(), 25)] };
    let point = take(&live, Some(&vitals));
    for (name, value, weight) in [
        (r"\ApplicationInsights\Requests/Sec", 3.0, 1),
        (r"\ApplicationInsights\Requests Failed/Sec", 0.5, 1),
        (r"\ApplicationInsights\Request Duration", (10.0 + 30.0 + 160.0) / 6.0, 6),
        (r"\ApplicationInsights\Dependency Calls/Sec", 0.5, 1),
        (r"\ApplicationInsights\Dependency Calls Failed/Sec", 0.5, 1),
        (r"\ApplicationInsights\Dependency Call Duration", 7.0, 1),
        (r"\ApplicationInsights\Exceptions/Sec", 0.5, 1),
        (r"\Memory\Committed Bytes", 5000.0, 1),
        (r"\Process\Physical Bytes", 5000.0, 1),
        (r"\Processor(_Total)\% Processor Time", 12.5, 1),
        (r"\% Process\Processor Time Normalized", 12.5, 1),
    ] {
        assert_eq!(metric(&point, name), Some((value, weight)), "{name}");
    }
    assert_eq!(point["TopCpuProcesses"], json!([{"ProcessName": "python", "CpuPercentage": 25}]));
    assert_eq!(point["PerformanceCollectionSupported"], true);

    let quiet = take(&live, None);
    assert_eq!(metric(&quiet, r"\ApplicationInsights\Requests/Sec"), Some((0.0, 1)));
    assert_eq!(metric(&quiet, r"\ApplicationInsights\Request Duration"), Some((0.0, 0)));
    assert_eq!(metric(&quiet, r"\Process\Physical Bytes"), None);
    assert_eq!(quiet["PerformanceCollectionSupported"], false);
    assert_eq!(quiet["Documents"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn who_we_are_is_said_in_every_body() {
    let live = live();
    let ping: Value = serde_json::from_slice(&live.greeting(1_795_222_667_094_789_999)).unwrap();
    let expected = json!({
        "InvariantVersion": 5, "Version": "otelrun0", "Instance": "one", "RoleName": "shop",
        "MachineName": "host", "StreamId": "0123456789abcdef0123456789abcdef",
        "Timestamp": "2026-11-21T00:57:47.094789Z", "TransmissionTime": "2026-11-21T00:57:47.094789Z",
        "IsWebApp": false, "PerformanceCollectionSupported": true
    });
    assert_eq!(ping, expected);
    let post = take(&live, None);
    for key in ["InvariantVersion", "Version", "Instance", "RoleName", "MachineName", "StreamId"] {
        assert_eq!(post[key], expected[key]);
    }
}

#[tokio::test(start_paused = true)]
async fn documents_of_every_kind() {
    let live = live();
    live.watch().await;
    let request = Sample::request("GET /a", 250.0, 503).attribute("http.route", json!({"stringValue": "/a"}));
    let mut request = request.attribute("", json!({"stringValue": "nameless"}));
    for number in 0..12 {
        request = request.attribute(&format!("n{number}"), json!({"intValue": number}));
    }
    let mut dependency = Sample::new(Kind::Dependency)
        .text(Field::Name, "GET /b")
        .text(Field::Data, "http://b.example/b")
        .text(Field::Code, "500");
    (dependency.success, dependency.milliseconds) = (false, 61_000.0);
    let exception = Sample::new(Kind::Exception)
        .text(Field::ExceptionType, "ValueError")
        .text(Field::Message, &"🙂".repeat(20_000))
        .text(Field::StackTrace, "line 1");
    let trace = Sample::new(Kind::Trace).text(Field::Message, "hello \"you\"\u{0}");
    let event =
        Sample::new(Kind::Event).text(Field::Name, "checkout").attribute("ok", json!({"boolValue": true}));
    let good = Sample::request("good", 1.0, 200);
    see(&live, &[event, trace, good, request, dependency, exception]);
    let point = take(&live, None);
    let documents = point["Documents"].as_array().unwrap();
    let properties: Vec<Value> =
        (0..10).map(|n| json!({"key": format!("n{n}"), "value": n.to_string()})).collect();
    assert_eq!(
        documents[0],
        json!({"DocumentType": "Request", "DocumentStreamIds": [], "Name": "GET /a",
            "Url": "http://shop.example/a?b=c", "ResponseCode": "503", "Duration": "PT0.25S", "Properties": properties})
    );
    assert_eq!(
        documents[1],
        json!({"DocumentType": "RemoteDependency", "DocumentStreamIds": [], "Name": "GET /b",
            "CommandName": "http://b.example/b", "ResultCode": "500", "Duration": "PT61S", "Properties": []})
    );
    assert_eq!(documents[2]["DocumentType"], "Exception");
    assert_eq!(documents[2]["ExceptionType"], "ValueError");
    assert_eq!(documents[2]["ExceptionMessage"], "🙂".repeat(16_384));
    assert_eq!(
        documents[3],
        json!({"DocumentType": "Event", "DocumentStreamIds": [], "Name": "checkout",
            "Properties": [{"key": "ok", "value": "true"}]})
    );
    assert_eq!(documents[4]["Message"], "hello \"you\"\u{0}");
    assert_eq!(documents.len(), 5, "a request that went well is not shown");
}

#[tokio::test(start_paused = true)]
async fn the_newest_twenty_failures_first() {
    let live = live();
    live.watch().await;
    let trace = |n: usize| Sample::new(Kind::Trace).text(Field::Message, &format!("t{n}"));
    let failure = |n: usize| Sample::request(&format!("f{n}"), 1.0, 500);
    let samples: Vec<Sample> =
        (0..50).flat_map(|n| [Some(trace(n)), (n % 10 == 0).then(|| failure(n))]).flatten().collect();
    see(&live, &samples);
    let names = |point: &Value| -> Vec<String> {
        let documents = point["Documents"].as_array().unwrap().iter();
        documents
            .map(|document| document["Name"].as_str().or(document["Message"].as_str()).unwrap().to_owned())
            .collect()
    };
    let expected: Vec<String> = ["f0", "f10", "f20", "f30", "f40"]
        .map(str::to_owned)
        .into_iter()
        .chain((35..50).map(|n| format!("t{n}")))
        .collect();
    assert_eq!(names(&take(&live, None)), expected);
    see(&live, &(0..50).map(failure).collect::<Vec<_>>());
    see(&live, &[trace(0)]);
    assert_eq!(names(&take(&live, None)), (30..50).map(|n| format!("f{n}")).collect::<Vec<_>>());
}
