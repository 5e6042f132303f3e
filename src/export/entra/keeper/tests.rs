use super::*;
use std::sync::atomic::{AtomicU32, Ordering};

/// Gives token 1, 2, 3 ..., each after a second, or fails as long as it is told to.
#[derive(Debug)]
struct Endpoint {
    asked: AtomicU32,
    down: Mutex<bool>,
    lifetime: Duration,
    refresh: Option<Duration>,
}

const TAKES: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

impl Fetch for Endpoint {
    fn name(&self) -> &str {
        "test"
    }

    async fn fetch(&self) -> Result<Grant, Cause> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        tokio::time::sleep(TAKES).await;
        if *self.down.lock().unwrap() {
            return Err(Cause::Unusable { what: "down".to_owned(), hint: None });
        }
        Ok(Grant::new(&format!("t{number}"), self.lifetime, self.refresh).expect("a grant"))
    }
}

fn keeper(lifetime: Duration) -> Arc<Keeper<Endpoint>> {
    let down = Mutex::new(false);
    Arc::new(Keeper::new(Endpoint { asked: AtomicU32::new(0), down, lifetime, refresh: None }))
}

impl Keeper<Endpoint> {
    fn asked(&self) -> u32 {
        self.source.asked.load(Ordering::Relaxed)
    }

    fn set_down(&self, down: bool) {
        *self.source.down.lock().unwrap() = down;
    }
}

fn token(number: u32) -> Bearer {
    Bearer::new(&format!("t{number}")).expect("a token")
}

async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

#[tokio::test(start_paused = true)]
async fn one_request_for_all_who_ask() {
    let keeper = keeper(HOUR);
    let start = Instant::now();
    let (a, b, c) = tokio::join!(keeper.token(), keeper.token(), keeper.token());
    assert_eq!((a, b, c), (Ok(token(1)), Ok(token(1)), Ok(token(1))));
    assert_eq!((keeper.asked(), start.elapsed()), (1, TAKES));
    assert_eq!(keeper.token().await, Ok(token(1)));
    assert_eq!((keeper.asked(), start.elapsed()), (1, TAKES));
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_stops_nobody_else() {
    let keeper = keeper(HOUR);
    assert!(tokio::time::timeout(TAKES / 2, keeper.token()).await.is_err());
    assert_eq!(keeper.token().await, Ok(token(1)));
    assert_eq!(keeper.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn asked_for_before_it_is_needed() {
    let keeper = keeper(HOUR);
    keeper.prepare();
    keeper.prepare();
    pass(TAKES * 2).await;
    let start = Instant::now();
    assert_eq!(keeper.token().await, Ok(token(1)));
    assert_eq!((keeper.asked(), start.elapsed()), (1, Duration::ZERO));
}

/// Five minutes before its end the next one is fetched, while everybody goes on with this one.
#[tokio::test(start_paused = true)]
async fn refreshed_ahead_of_its_end_without_a_wait() {
    let keeper = keeper(HOUR);
    let start = Instant::now();
    keeper.token().await.expect("a token");
    tokio::time::sleep_until(start + HOUR - AHEAD - Duration::from_secs(1)).await;
    assert_eq!((keeper.token().await, keeper.asked()), (Ok(token(1)), 1));
    tokio::time::sleep_until(start + HOUR - AHEAD).await;
    let now = Instant::now();
    assert_eq!(keeper.token().await, Ok(token(1)));
    assert_eq!(keeper.token().await, Ok(token(1)));
    assert_eq!(now.elapsed(), Duration::ZERO);
    pass(TAKES * 2).await;
    assert_eq!((keeper.token().await, keeper.asked()), (Ok(token(2)), 2));
}

#[tokio::test(start_paused = true)]
async fn short_lives_are_refreshed_at_half_and_wishes_are_heard() {
    for (lifetime, refresh, expected) in [(100, None, 50), (7200, Some(3600), 3600), (3600, Some(7200), 3300)]
    {
        let (lifetime, refresh) = (Duration::from_secs(lifetime), refresh.map(Duration::from_secs));
        let down = Mutex::new(false);
        let keeper = Arc::new(Keeper::new(Endpoint { asked: AtomicU32::new(0), down, lifetime, refresh }));
        let start = Instant::now();
        keeper.token().await.expect("a token");
        tokio::time::sleep_until(start + Duration::from_secs(expected) - TAKES).await;
        keeper.token().await.expect("a token");
        pass(TAKES).await;
        assert_eq!(keeper.asked(), 1);
        keeper.token().await.expect("a token");
        pass(TAKES).await;
        assert_eq!(keeper.asked(), 2);
    }
}

/// As long as the present token is good, a failure to get the next one hurts nobody.
#[tokio::test(start_paused = true)]
async fn a_failed_refresh_is_tried_again_behind_the_back() {
    let keeper = keeper(HOUR);
    let start = Instant::now();
    keeper.token().await.expect("a token");
    keeper.set_down(true);
    tokio::time::sleep_until(start + HOUR - AHEAD).await;
    while start.elapsed() < HOUR - Duration::from_secs(1) {
        assert_eq!(keeper.token().await, Ok(token(1)));
        pass(Duration::from_millis(100)).await;
    }
    let asked = keeper.asked();
    assert!((6..=12).contains(&asked), "{asked}");
    pass(Duration::from_secs(2)).await;
    keeper.token().await.expect_err("it has ended");
    keeper.set_down(false);
    pass(LONGEST_PAUSE).await;
    assert_eq!(keeper.token().await, Ok(token(keeper.asked())));
}

/// While it waits before it asks again, everybody is told at once what is wrong.
#[tokio::test(start_paused = true)]
async fn failures_are_told_at_once_and_tried_ever_more_slowly() {
    let keeper = keeper(HOUR);
    keeper.set_down(true);
    let mut pauses = Vec::new();
    for attempt in 1..=8 {
        let (first, second) = tokio::join!(keeper.token(), keeper.token());
        assert_eq!(first, second);
        let error = first.expect_err("down");
        assert_eq!(error.to_string(), "no Entra token by test: down");
        let now = Instant::now();
        assert_eq!(keeper.token().await, Err(error.clone()));
        assert_eq!((now.elapsed(), keeper.asked()), (Duration::ZERO, attempt));
        pauses.push(error.retry_after.as_millis());
        pass(error.retry_after).await;
    }
    assert_eq!(pauses, [1340, 2680, 5360, 10_720, 21_440, 42_880, 60_000, 60_000]);
    keeper.set_down(false);
    assert_eq!(keeper.token().await, Ok(token(9)));
    keeper.set_down(true);
    pass(HOUR).await;
    let error = keeper.token().await.expect_err("down");
    assert_eq!(error.retry_after, FIRST_PAUSE, "begins anew after a success");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once() {
    let keeper = keeper(HOUR);
    let first = keeper.token().await.expect("a token");
    assert!(keeper.refused(&first));
    // Several requests were under way with it.
    assert!(keeper.refused(&first));
    let second = keeper.token().await.expect("a token");
    assert_eq!(second, token(2));
    assert!(keeper.refused(&first), "there is a newer one");
    assert!(!keeper.refused(&second), "it is not the token that is wrong");
    assert_eq!(keeper.token().await, Ok(token(2)));
    assert_eq!(keeper.asked(), 2);
    pass(BETWEEN_FORCED).await;
    assert!(keeper.refused(&second));
    assert_eq!(keeper.token().await, Ok(token(3)));
}

/// A metadata service may give the same token again, because it is good.
#[tokio::test(start_paused = true)]
async fn the_same_token_again_is_not_asked_for_in_a_circle() {
    #[derive(Debug)]
    struct Same(AtomicU32);
    impl Fetch for Same {
        fn name(&self) -> &str {
            "same"
        }
        async fn fetch(&self) -> Result<Grant, Cause> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Grant::new("same", HOUR, None).expect("a grant"))
        }
    }
    let keeper = Arc::new(Keeper::new(Same(AtomicU32::new(0))));
    let first = keeper.token().await.expect("a token");
    assert!(keeper.refused(&first));
    let second = keeper.token().await.expect("a token");
    assert!(!keeper.refused(&second));
    assert_eq!(keeper.source.0.load(Ordering::Relaxed), 2);
}
