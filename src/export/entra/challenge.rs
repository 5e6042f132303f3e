//! How Azure Arc makes sure that whoever asks for a token may read a file that root and the
//! group `himds` alone may read.

use super::Cause;
use super::authority::read_now;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue};
use std::path::{Path, PathBuf};

const LARGEST: u64 = 4096;
const HINT: &str = "is the Connected Machine agent in order, and are we in its group himds?";

/// The value of `Authorization`: what stands in the file that the challenge names, which must be
/// one of the agent's. Whoever answers for the agent must not get another file out of us.
pub(super) async fn answer(headers: &HeaderMap, folder: &Path) -> Result<HeaderValue, Cause> {
    let file = named(headers).ok_or_else(|| Cause::unusable("Azure Arc's challenge names no file", HINT))?;
    let folder = folder.to_owned();
    let reading = tokio::task::spawn_blocking(move || read(&file, &folder));
    reading.await.unwrap_or(Err(Cause::Internal))
}

/// `Basic realm=/var/opt/azcmagent/tokens/….key`, quoted or not.
fn named(headers: &HeaderMap) -> Option<PathBuf> {
    let value = headers.get(WWW_AUTHENTICATE)?.to_str().ok()?.trim();
    let (scheme, rest) = value.split_once(' ')?;
    let file = rest.trim().strip_prefix("realm=")?.trim_matches('"');
    (scheme.eq_ignore_ascii_case("basic") && file.starts_with('/')).then(|| file.into())
}

fn read(file: &Path, folder: &Path) -> Result<HeaderValue, Cause> {
    let strange = || {
        let what = "Azure Arc's challenge names a file that is not one of its own";
        Cause::unusable(what, "something else may be answering in the agent's place")
    };
    if file.parent() != Some(folder) || file.extension().is_none_or(|end| end != "key") {
        return Err(strange());
    }
    // Neither a link to another file, nor a device that never ends.
    let kind = std::fs::symlink_metadata(file)
        .map_err(|e| Cause::unusable(format!("cannot read {}: {}", file.display(), e.kind()), HINT))?;
    if !kind.is_file() || kind.len() > LARGEST {
        return Err(strange());
    }
    let secret = read_now(file, LARGEST)?;
    let secret = std::str::from_utf8(&secret).map_err(|_| strange())?.trim();
    let mut value = HeaderValue::from_str(&format!("Basic {secret}")).map_err(|_| strange())?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(WWW_AUTHENTICATE, HeaderValue::from_str(value).expect("a value"))])
    }

    #[tokio::test]
    async fn only_small_key_files_of_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("below")).expect("a folder");
        std::fs::create_dir(at("folder.key")).expect("a folder");
        for (name, content) in [
            ("good.key", "s3cret\n".to_owned()),
            ("largest.key", "x".repeat(4096)),
            ("large.key", "x".repeat(4097)),
            ("good.txt", "s3cret".to_owned()),
            ("below/good.key", "s3cret".to_owned()),
            ("control.key", "a\u{1}b".to_owned()),
        ] {
            std::fs::write(at(name), content).expect("a file");
        }
        std::os::unix::fs::symlink(at("good.txt"), at("link.key")).expect("a link");
        let path = folder.path().display();
        for (challenge, expected) in [
            (format!("Basic realm={path}/good.key"), Some("Basic s3cret".to_owned())),
            (format!("basic realm=\"{path}/good.key\""), Some("Basic s3cret".to_owned())),
            (format!("Basic realm={path}/largest.key"), Some(format!("Basic {}", "x".repeat(4096)))),
            (format!("Basic realm={path}/large.key"), None),
            (format!("Basic realm={path}/good.txt"), None),
            (format!("Basic realm={path}/missing.key"), None),
            (format!("Basic realm={path}/link.key"), None),
            (format!("Basic realm={path}/folder.key"), None),
            (format!("Basic realm={path}/control.key"), None),
            (format!("Basic realm={path}/below/good.key"), None),
            (format!("Basic realm={path}/below/../good.key"), None),
            ("Basic realm=/etc/passwd".to_owned(), None),
            ("Basic realm=good.key".to_owned(), None),
            (format!("Bearer realm={path}/good.key"), None),
            ("Basic".to_owned(), None),
            (String::new(), None),
        ] {
            let answer = answer(&told(&challenge), folder.path()).await;
            let answer = answer.ok().map(|value| value.to_str().expect("text").to_owned());
            assert_eq!(answer, expected, "{challenge}");
        }
        assert!(super::answer(&HeaderMap::new(), folder.path()).await.is_err());
    }
}
