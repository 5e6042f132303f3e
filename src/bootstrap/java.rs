//! Java: the official agent, one jar, from a Maven repository. Its checksum is published beside it.

use super::mask::masked;
use super::store::{Store, words};
use super::tell;
use crate::cli::{BootstrapOptions, Launch};
use crate::environment::Environment;
use crate::error::Error;
use crate::export::download::{Download, Refusal};
use crate::overlay;
use crate::settings::{self, ProxySettings};
use ring::digest::{self, Algorithm, Context};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const REPOSITORY: &str = "OTEL_RUN_MAVEN_REPOSITORY";
const CENTRAL: &str = "https://repo.maven.apache.org/maven2";
const ARTIFACT: &str = "io/opentelemetry/javaagent/opentelemetry-javaagent";
const NAME: &str = "opentelemetry-javaagent";
/// The jar as a start looks for it, and the release beside it.
const JAR: &str = "opentelemetry-javaagent.jar";
const VERSION: &str = "version";
/// The jar has about 25 MB.
const LONGEST_JAR: u64 = 200 << 20;
const LONGEST_TEXT: u64 = 1 << 20;
/// Checksums in the order in which they are wanted.
const CHECKSUMS: [(&str, &Algorithm); 3] =
    [("sha512", &digest::SHA512), ("sha256", &digest::SHA256), ("sha1", &digest::SHA1_FOR_LEGACY_USE_ONLY)];

pub(super) fn run(launch: &Launch, options: &BootstrapOptions) -> Result<String, Error> {
    let environment = &launch.environment;
    let source: Box<dyn Source> = match &options.offline {
        Some(folder) => Box::new(Folder(folder.clone())),
        None => Box::new(Repository::new(launch)?),
    };
    let version = source.version()?;
    let place = overlay::java_agent(environment).unwrap_or_default();
    if options.dry_run {
        return Ok(format!(
            "Java\nChosen\n  {NAME} {version}   the official agent instruments what it finds by itself\n\
             Would be fetched from {} into {}\n",
            source.name(),
            place.display()
        ));
    }
    let store = Store::open("java", environment)?;
    let noted = fs::read_to_string(store.folder().join(VERSION)).unwrap_or_default();
    if place.is_file() && noted.trim() == version {
        return Ok(format!("{NAME} {version} is there already: {}\n", place.display()));
    }
    let draft = store.draft()?;
    let jar = draft.join(JAR);
    let checked =
        source.fetch(&version, &jar).and_then(|checked| is_jar(&jar, source.name()).map(|()| checked));
    let moved = checked.and_then(|checked| {
        store.publish(&draft, "fetched")?;
        let fetched = store.folder().join("fetched").join(JAR);
        fs::rename(&fetched, &place).map_err(|error| store.failed(&place, &error))?;
        store.write(&store.folder().join(VERSION), &format!("{version}\n"))?;
        Ok(checked)
    });
    for left in [draft, store.folder().join("fetched")] {
        let _ = fs::remove_dir_all(left);
    }
    Ok(format!(
        "Java\nInstalled {NAME} {version} of {} ({})\n  {}\notel-run loads it into Java programs by itself.\n",
        source.name(),
        moved?,
        place.display()
    ))
}

/// Where the jar comes from.
trait Source {
    fn name(&self) -> String;
    fn version(&self) -> Result<String, Error>;
    /// Writes the jar, and says how it was checked.
    fn fetch(&self, version: &str, to: &Path) -> Result<String, Error>;
}

struct Repository {
    /// Without a slash at its end.
    base: String,
    origin: String,
    proxy: Option<ProxySettings>,
}

impl Repository {
    fn new(launch: &Launch) -> Result<Repository, Error> {
        let base = launch.environment.setting(REPOSITORY).unwrap_or(CENTRAL).trim_end_matches('/').to_owned();
        let origin = launch.explained.get(REPOSITORY).map(|value| format!("{REPOSITORY} ({})", value.origin));
        let origin = origin.unwrap_or_else(|| REPOSITORY.to_owned());
        let proxy = proxy(&launch.environment, &base)?;
        Ok(Repository { base, origin, proxy })
    }

    fn get(&self, path: &str, longest: u64, into: &mut dyn Write, told: bool) -> Result<(), Refusal> {
        let url = format!("{}/{ARTIFACT}/{path}", self.base);
        let mut next = 10;
        let mut progress = |so_far: u64, total: Option<u64>| {
            let Some(total) = total.filter(|total| told && *total > 0) else { return };
            if so_far * 100 / total >= next {
                tell(&format!("  {} of {} MB", so_far >> 20, total >> 20));
                next = so_far * 100 / total + 20;
            }
        };
        Download { url: &url, proxy: self.proxy.as_ref(), longest }.to(into, &mut progress)
    }

    fn text(&self, path: &str) -> Result<String, Refusal> {
        let mut bytes = Vec::new();
        self.get(path, LONGEST_TEXT, &mut bytes, false)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn failed(&self, path: &str, refusal: &Refusal) -> Error {
        let why = match refusal {
            Refusal::Absent => "there is no such file",
            Refusal::Other(why) => why,
        };
        let url = masked(&format!("{}/{ARTIFACT}/{path}", self.base));
        Error::launcher(format!("cannot fetch {url}: {why}")).from(&self.origin).hint(
            "name a repository that can be reached with --maven_repository URL, or a folder that holds the jar with --offline DIR",
        )
    }
}

impl Source for Repository {
    fn name(&self) -> String {
        masked(&self.base)
    }

    fn version(&self) -> Result<String, Error> {
        let path = "maven-metadata.xml";
        let text = self.text(path).map_err(|refusal| self.failed(path, &refusal))?;
        release(&text).ok_or_else(|| self.failed(path, &Refusal::Other("it names no release".to_owned())))
    }

    fn fetch(&self, version: &str, to: &Path) -> Result<String, Error> {
        let path = format!("{version}/{NAME}-{version}.jar");
        let published =
            CHECKSUMS.iter().find_map(|(end, algorithm)| match self.text(&format!("{path}.{end}")) {
                Ok(text) => Some(Ok((*end, *algorithm, text))),
                Err(Refusal::Absent) => None,
                Err(refusal) => Some(Err(self.failed(&format!("{path}.{end}"), &refusal))),
            });
        let (end, algorithm, text) = match published {
            Some(published) => published?,
            None => {
                return Err(
                    self.failed(&path, &Refusal::Other("no checksum is published beside it".to_owned()))
                );
            }
        };
        tell(&format!("fetching {NAME} {version} from {}", self.name()));
        let file = File::create(to).map_err(|error| unwritable(to, &error))?;
        let mut hashing = Hashing { file, hash: Context::new(algorithm) };
        self.get(&path, LONGEST_JAR, &mut hashing, true).map_err(|refusal| self.failed(&path, &refusal))?;
        let found = hexadecimal(hashing.hash.finish().as_ref());
        // Some write the name of the file behind it.
        let expected = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        if found != expected {
            let why = format!("its {end} is {found}, and {expected:?} was published");
            return Err(self.failed(&path, &Refusal::Other(why)));
        }
        Ok(format!("{end} verified"))
    }
}

/// A folder in which somebody has put the jar, with or without its version in its name.
struct Folder(PathBuf);

impl Folder {
    /// The newest jar by name.
    fn jar(&self) -> Result<PathBuf, Error> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_agent = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with(NAME) && name.ends_with(".jar")
        };
        let numbers = |path: &PathBuf| -> Vec<u64> {
            let name = path.to_string_lossy();
            name.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
        };
        entries.filter(is_agent).max_by_key(numbers).ok_or_else(|| {
            Error::launcher(format!("no {NAME}-VERSION.jar in {}", self.0.display()))
                .from("flag --offline")
                .hint(format!("fetch it from a Maven repository: {ARTIFACT}"))
        })
    }
}

impl Source for Folder {
    fn name(&self) -> String {
        self.0.display().to_string()
    }

    fn version(&self) -> Result<String, Error> {
        let jar = self.jar()?;
        let stem = jar.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let version = stem.strip_prefix(NAME).unwrap_or_default().trim_start_matches('-');
        Ok(if version.is_empty() { "of unknown version".to_owned() } else { version.to_owned() })
    }

    fn fetch(&self, _: &str, to: &Path) -> Result<String, Error> {
        let jar = self.jar()?;
        if fs::metadata(&jar).is_ok_and(|meta| meta.len() > LONGEST_JAR) {
            return Err(Error::launcher(format!(
                "{} is larger than {} MB",
                jar.display(),
                LONGEST_JAR >> 20
            ))
            .from("flag --offline"));
        }
        fs::copy(&jar, to).map_err(|error| {
            Error::launcher(format!("cannot copy {}: {}", jar.display(), words(&error)))
                .from("flag --offline")
        })?;
        Ok("copied".to_owned())
    }
}

/// A jar is a ZIP archive.
fn is_jar(file: &Path, source: String) -> Result<(), Error> {
    let mut start = [0; 4];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut start));
    if read.is_ok() && start == *b"PK\x03\x04" {
        return Ok(());
    }
    Err(Error::launcher("what was fetched is no jar")
        .from(source)
        .hint("is it a page that asks for a password?"))
}

fn unwritable(file: &Path, error: &io::Error) -> Error {
    Error::launcher(format!("cannot write {}: {}", file.display(), words(error))).from("the overlay")
}

fn proxy(environment: &Environment, url: &str) -> Result<Option<ProxySettings>, Error> {
    settings::proxy_to(environment, url).map_err(|(variable, why)| {
        Error::usage(format!("{variable} {why}")).from("environment").hint("correct it, or unset it")
    })
}

/// The newest release that the metadata of an artifact names.
fn release(metadata: &str) -> Option<String> {
    let inside = metadata.split("<release>").nth(1)?.split("</release>").next()?.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
    (!inside.is_empty() && inside.len() < 64 && !inside.contains("..") && inside.chars().all(plain))
        .then(|| inside.to_owned())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes and hashes at once.
struct Hashing {
    file: File,
    hash: Context,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_of_the_metadata() {
        assert_eq!(release("<latest>3</latest> <release> 2.33.1 </release>"), Some("2.33.1".to_owned()));
        for odd in ["", "<release></release>", "<release>../../x</release>", "<release>a b</release>"] {
            assert_eq!(release(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_newest_jar_of_a_folder() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let source = Folder(folder.path().to_owned());
        assert!(source.version().is_err());
        for name in ["opentelemetry-javaagent-2.9.0.jar", "opentelemetry-javaagent-2.33.1.jar", "other-9.jar"]
        {
            fs::write(folder.path().join(name), "PK")?;
        }
        assert_eq!(source.version()?, "2.33.1");
        Ok(())
    }
}
