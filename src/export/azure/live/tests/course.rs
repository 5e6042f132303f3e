//! When the service is asked what.

use super::*;

/// A service that answers by a script, and remembers when it was asked what.
struct Script {
    answers: VecDeque<Option<Reply>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Asked {
    /// Since the start, in milliseconds.
    at: u128,
    mode: Mode,
    etag: String,
    body: Bytes,
}

impl Service for (Script, Instant) {
    async fn exchange(&mut self, mode: Mode, etag: &str, body: Bytes) -> Result<Reply, Failure> {
        let (script, start) = self;
        let asked = Asked { at: start.elapsed().as_millis(), mode, etag: etag.to_owned(), body };
        script.asked.lock().unwrap().push(asked);
        match script.answers.pop_front() {
            Some(answer) => answer.ok_or_else(|| Failure::new("no".to_owned())),
            // The script is at its end.
            None => std::future::pending().await,
        }
    }
}

fn said(subscribed: bool, etag: &str, body: &str) -> Option<Reply> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    Some(Reply { subscribed, etag: Some(etag.to_owned()), hint: None, body })
}

/// Runs a script to its end. `at_post` happens at each post but the first, before it is made.
async fn play(answers: Vec<Option<Reply>>, live: &Arc<Live>) -> Vec<Asked> {
    let wanted = answers.len() + 1;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let script = Script { answers: answers.into(), asked: asked.clone() };
    let task = tokio::spawn(run(live.clone(), (script, Instant::now())));
    while asked.lock().unwrap().len() < wanted {
        tokio::time::sleep(Duration::from_millis(100)).await;
        see(live, &[Sample::request("steady", 100.0, 200)]);
    }
    task.abort();
    let asked = asked.lock().unwrap();
    asked.clone()
}

#[tokio::test(start_paused = true)]
async fn somebody_comes_wishes_and_leaves() {
    let live = live();
    let wish = json!({"Metrics": [derived("mine", "Request", &json!([]), "Count()", "Sum")]}).to_string();
    let asked = play(
        vec![
            said(false, "0", "not looked at"),
            said(true, "1", &wish),
            said(true, "1", ""),
            said(true, "2", ""),
            said(true, "2", "{}"),
            said(false, "2", ""),
        ],
        &live,
    )
    .await;
    let times: Vec<(u128, Mode, &str)> = asked.iter().map(|a| (a.at, a.mode, a.etag.as_str())).collect();
    assert_eq!(
        times,
        [
            (0, Mode::Ping, ""),
            (5000, Mode::Ping, ""),
            (6000, Mode::Post, "1"),
            (7000, Mode::Post, "1"),
            // An etag without its configuration was not taken.
            (8000, Mode::Post, "1"),
            (9000, Mode::Post, "2"),
            (14_000, Mode::Ping, ""),
        ]
    );
    for (post, mine) in [(2, true), (3, true), (4, true), (5, false)] {
        let points: Vec<Value> = serde_json::from_slice(&asked[post].body).unwrap();
        let (rate, _) = metric(&points[0], r"\ApplicationInsights\Requests/Sec").unwrap();
        assert!((9.0..=11.0).contains(&rate), "{rate}");
        assert_eq!(metric(&points[0], r"\ApplicationInsights\Request Duration").unwrap().0, 100.0);
        assert_eq!(metric(&points[0], "mine").is_some(), mine);
    }
    assert!(!live.is_watched());
    let ping: Value = serde_json::from_slice(&asked[6].body).unwrap();
    assert!(ping.get("Metrics").is_none() && ping.get("Documents").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_away_is_asked_less_and_less_and_found_again() {
    let live = live();
    let mut answers = vec![said(true, "1", "{}")];
    answers.extend(vec![None; 40]);
    answers.push(said(true, "1", "{}"));
    answers.push(said(true, "1", ""));
    let asked = play(answers, &live).await;
    let seconds: Vec<u128> = asked.iter().map(|a| a.at / 1000).collect();
    // Posts each second until second 20, pings each five until second 60, then each minute.
    let mut expected = vec![0];
    expected.extend(1..=20);
    expected.extend((25..=60).step_by(5));
    let mut at = 60;
    while expected.len() < asked.len() - 2 {
        at += 60;
        expected.push(at);
    }
    expected.extend([at + 1, at + 2]);
    assert_eq!(seconds, expected);
    assert!(asked[1..=20].iter().all(|a| a.mode == Mode::Post && a.etag == "1"));
    assert!(asked[21..=41].iter().all(|a| a.mode == Mode::Ping && a.etag.is_empty()));
    assert_eq!(asked[42].mode, Mode::Post);
    assert!(live.is_watched());
    live.stop();
    assert!(!live.is_watched());
}

#[tokio::test(start_paused = true)]
async fn the_processes_are_looked_at_only_while_somebody_watches() {
    let live = live();
    let looks = Arc::new(Mutex::new(0));
    let counted = looks.clone();
    live.look_with(move || {
        *counted.lock().unwrap() += 1;
        Some(Vitals { resident_bytes: 1, ..Vitals::default() })
    });
    play(vec![said(false, "", ""); 3], &live).await;
    assert_eq!(*looks.lock().unwrap(), 0);
    let asked =
        play(vec![said(true, "", ""), said(true, "", ""), said(false, "", ""), said(false, "", "")], &live)
            .await;
    // One to begin with, and one for each of two posts.
    assert_eq!(*looks.lock().unwrap(), 3);
    let points: Vec<Value> = serde_json::from_slice(&asked[1].body).unwrap();
    assert_eq!(metric(&points[0], r"\Process\Physical Bytes"), Some((1.0, 1)));
}

#[tokio::test]
async fn a_look_that_hangs_or_fails_holds_nothing_up() {
    let live = live();
    let (release, held) = std::sync::mpsc::channel::<()>();
    live.look_with(move || {
        let _ = held.recv();
        None
    });
    assert_eq!(live.vitals().await, None);
    assert_eq!(live.vitals().await, None);
    drop(release);
    let live = super::live();
    live.look_with(|| panic!("a mistake"));
    assert_eq!(live.vitals().await, None);
    assert_eq!(live.vitals().await, None);
}
