//! Managed identities.

use super::*;

fn managed(host: IdentityHost, identity: Identity) -> CredentialSettings {
    CredentialSettings::ManagedIdentity { host, identity }
}

fn identities() -> [Identity; 4] {
    let id = |text: &str| text.to_owned();
    [
        Identity::System,
        Identity::ClientId(id("c 1")),
        Identity::ObjectId(id("o1")),
        Identity::ResourceId(id("/subscriptions/s/x")),
    ]
}

/// The values of [`identities`] under a host's names for them.
fn with_identity(query: &[(&str, &str)], names: [&'static str; 3]) -> [Vec<(String, String)>; 4] {
    let [client, object, resource] = names;
    [None, Some((client, "c 1")), Some((object, "o1")), Some((resource, "/subscriptions/s/x"))]
        .map(|identity| owned(&query.iter().copied().chain(identity).collect::<Vec<_>>()))
}

async fn assert_asked(
    tokens: &Tokens,
    host: impl Fn() -> IdentityHost,
    path: &str,
    header: (&str, &str),
    queries: [Vec<(String, String)>; 4],
) {
    for (identity, query) in identities().into_iter().zip(queries) {
        let credential = credential(&managed(host(), identity));
        assert_eq!(text(&credential.token().await.expect("a token")), "Bearer m1");
        let asked = tokens.asked().pop().expect("a request");
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", path));
        assert_eq!(asked.query, query);
        assert_eq!(asked.headers, owned(&[header, ("accept", "application/json")]));
        assert_eq!(asked.form, []);
    }
}

#[tokio::test]
async fn app_service() {
    let tokens = Tokens::start(|_, _| Reply::managed("m1", 3600));
    let host = || IdentityHost::AppService {
        endpoint: format!("{}/msi/token", tokens.url()),
        header: Secret::new("h-1"),
    };
    let query = [("resource", AUDIENCE), ("api-version", "2019-08-01")];
    let queries = with_identity(&query, ["client_id", "principal_id", "mi_res_id"]);
    assert_asked(&tokens, host, "/msi/token", ("x-identity-header", "h-1"), queries).await;
}

#[tokio::test]
async fn virtual_machine() {
    let tokens = Tokens::start(|_, _| Reply::managed("m1", 3600));
    let host = || IdentityHost::VirtualMachine { endpoint: tokens.url() };
    let query = [("resource", AUDIENCE), ("api-version", "2019-08-01")];
    let queries = with_identity(&query, ["client_id", "object_id", "msi_res_id"]);
    assert_asked(&tokens, host, "/metadata/identity/oauth2/token", ("metadata", "true"), queries).await;
}

#[tokio::test]
async fn machine_learning() {
    let tokens = Tokens::start(|_, _| Reply::managed("m1", 3600));
    let host = || IdentityHost::MachineLearning {
        endpoint: format!("{}/MSI/auth", tokens.url()),
        secret: Secret::new("s-1"),
    };
    let query = [("resource", AUDIENCE), ("api-version", "2017-09-01")];
    let queries = with_identity(&query, ["clientid", "principalid", "mi_res_id"]);
    assert_asked(&tokens, host, "/MSI/auth", ("secret", "s-1"), queries).await;
}

#[tokio::test]
async fn cloud_shell() {
    let tokens = Tokens::start(|_, _| Reply::managed("m1", 3600));
    let host = IdentityHost::CloudShell { endpoint: format!("{}/oauth2/token", tokens.url()) };
    let bearer = credential(&managed(host, Identity::System)).token().await.expect("a token");
    assert_eq!(text(&bearer), "Bearer m1");
    let [asked] = &tokens.asked()[..] else { panic!("{:?}", tokens.asked()) };
    assert_eq!(asked.query, owned(&[("resource", AUDIENCE)]));
    assert_eq!(asked.headers, owned(&[("metadata", "true"), ("accept", "application/json")]));
}

/// The first answer is a question: can you read this file?
#[tokio::test]
async fn azure_arc() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("1.key");
    std::fs::write(&key, "challenge-1").expect("written");
    let tokens =
        Tokens::start(move |_, asked| match asked.headers.iter().find(|(name, _)| name == "authorization") {
            Some((_, value)) if value == "Basic challenge-1" => Reply::managed("m1", 3600),
            Some((_, value)) => panic!("{value}"),
            None => Reply::new(401, "").header("www-authenticate", format!("Basic realm={}", key.display())),
        });
    let host = || IdentityHost::Arc {
        endpoint: format!("{}/metadata/identity/oauth2/token", tokens.url()),
        challenges: folder.path().to_owned(),
    };
    let bearer = credential(&managed(host(), Identity::System)).token().await.expect("a token");
    assert_eq!(text(&bearer), "Bearer m1");
    let asked = tokens.asked();
    assert_eq!(asked.len(), 2);
    for asked in &asked {
        assert_eq!(asked.path, "/metadata/identity/oauth2/token");
        assert_eq!(asked.query, owned(&[("resource", AUDIENCE), ("api-version", "2021-02-01")]));
        assert_eq!(asked.headers[..2], owned(&[("metadata", "true"), ("accept", "application/json")]));
    }
    let error = credential(&managed(host(), Identity::ClientId("c".to_owned())))
        .token()
        .await
        .expect_err("none here");
    assert_eq!(
        error.to_string(),
        "no Entra token by managed identity c (Azure Arc): there are no user-assigned identities here; \
         use --azure_credential managed_identity, and leave AZURE_CLIENT_ID unset"
    );
    assert_eq!(tokens.asked().len(), 2);
}

/// Whoever takes the agent's place must not get files out of us.
#[tokio::test]
async fn a_challenge_that_names_another_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let elsewhere = folder.path().join("elsewhere.key");
    std::fs::write(&elsewhere, "s3cret").expect("written");
    let challenges = folder.path().join("challenges");
    std::fs::create_dir(&challenges).expect("a folder");
    let tokens = Tokens::start(move |_, _| {
        Reply::new(401, "").header("www-authenticate", format!("Basic realm={}", elsewhere.display()))
    });
    let host = IdentityHost::Arc { endpoint: tokens.url(), challenges };
    let error = credential(&managed(host, Identity::System)).token().await.expect_err("refused");
    assert_eq!(
        error.to_string(),
        "no Entra token by managed identity (Azure Arc): Azure Arc's challenge names a file that is not one of its own; \
         something else may be answering in the agent's place"
    );
    assert_eq!(tokens.asked().len(), 1);
}

#[tokio::test]
async fn service_fabric_says_that_it_is_not_supported() {
    let error = credential(&managed(IdentityHost::ServiceFabric, Identity::System)).token().await;
    let error = error.expect_err("not supported").to_string();
    assert!(
        error.contains("managed identities of Service Fabric are not supported; use --azure_credential"),
        "{error}"
    );
}

#[tokio::test]
async fn nobody_there() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = listener.local_addr().expect("an address");
    drop(listener);
    let host = IdentityHost::VirtualMachine { endpoint: format!("http://{closed}") };
    let error = credential(&managed(host, Identity::System)).token().await.expect_err("nobody there");
    assert_eq!(
        error.to_string(),
        format!(
            "no Entra token by managed identity (virtual machine): http://{closed}: cannot connect: connection refused; \
             outside of Azure, set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or choose with \
             --azure_credential"
        )
    );
}
