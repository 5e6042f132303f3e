use super::*;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

const APPLICATION: [(&str, &str); 2] = [("AZURE_TENANT_ID", "contoso.com"), ("AZURE_CLIENT_ID", "client")];

fn with(more: &[(&str, &str)]) -> Environment {
    environment(&[&APPLICATION, more].concat())
}

fn application() -> Application {
    Application {
        authority: "https://login.microsoftonline.com".to_owned(),
        tenant: "contoso.com".to_owned(),
        client: "client".to_owned(),
    }
}

fn secret() -> CredentialSettings {
    CredentialSettings::ClientSecret { application: application(), secret: Secret::new("s3cret") }
}

fn machine() -> IdentityHost {
    IdentityHost::VirtualMachine { endpoint: METADATA_SERVICE.to_owned() }
}

fn managed(host: IdentityHost, identity: Identity) -> CredentialSettings {
    CredentialSettings::ManagedIdentity { host, identity }
}

/// The order in which the environment is looked through.
#[test]
fn automatic_choice() {
    let client = || Identity::ClientId("client".to_owned());
    let certificate = |send_chain| CredentialSettings::ClientCertificate {
        application: application(),
        file: "/c.pem".into(),
        send_chain,
    };
    let workload = || CredentialSettings::WorkloadIdentity { application: application(), file: "/t".into() };
    let (token, pem) = (("AZURE_FEDERATED_TOKEN_FILE", "/t"), ("AZURE_CLIENT_CERTIFICATE_PATH", "/c.pem"));
    let password = ("AZURE_CLIENT_SECRET", "s3cret");
    let chain = ("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "True");
    let nothing = "the environment has no other credential";
    for (environment, expected, because) in [
        (with(&[token, pem, password]), secret(), "AZURE_CLIENT_SECRET is set"),
        (with(&[token, pem]), certificate(false), "AZURE_CLIENT_CERTIFICATE_PATH is set"),
        (with(&[pem, chain]), certificate(true), "AZURE_CLIENT_CERTIFICATE_PATH is set"),
        (with(&[token]), workload(), "AZURE_FEDERATED_TOKEN_FILE is set"),
        (with(&[]), managed(machine(), client()), nothing),
        (environment(&[]), managed(machine(), Identity::System), nothing),
        (
            environment(&[("IDENTITY_ENDPOINT", "http://h/t"), ("IDENTITY_HEADER", "h")]),
            managed(
                IdentityHost::AppService { endpoint: "http://h/t".to_owned(), header: Secret::new("h") },
                Identity::System,
            ),
            "IDENTITY_ENDPOINT is set",
        ),
    ] {
        let chosen = by_name("auto", &environment).expect("a credential");
        assert_eq!(chosen.credential, Some(expected));
        assert_eq!((chosen.because.as_str(), chosen.warnings.len()), (because, 0));
    }
}

#[test]
fn half_a_credential_is_told_and_left_out() {
    let half = environment(&[("AZURE_CLIENT_SECRET", "s3cret"), ("AZURE_CLIENT_ID", "client")]);
    let chosen = by_name("auto", &half).expect("a credential");
    assert_eq!(chosen.credential, Some(managed(machine(), Identity::ClientId("client".to_owned()))));
    assert_eq!(chosen.warnings, ["AZURE_CLIENT_SECRET does not count without AZURE_TENANT_ID"]);
}

#[test]
fn hosts_of_managed_identities() {
    let identity = ("IDENTITY_ENDPOINT", "http://i/t");
    let (header, thumb) = (("IDENTITY_HEADER", "h"), ("IDENTITY_SERVER_THUMBPRINT", "AB"));
    let (imds, msi, word) =
        (("IMDS_ENDPOINT", "http://m"), ("MSI_ENDPOINT", "http://m/t"), ("MSI_SECRET", "s"));
    let endpoint = || "http://i/t".to_owned();
    let app = || IdentityHost::AppService { endpoint: endpoint(), header: Secret::new("h") };
    let shell = || IdentityHost::CloudShell { endpoint: "http://m/t".to_owned() };
    for (environment, expected) in [
        (vec![identity, header, thumb], IdentityHost::ServiceFabric),
        (vec![identity, header], app()),
        (vec![identity, header, imds, msi], app()),
        (vec![identity, imds], IdentityHost::Arc { endpoint: endpoint(), challenges: ARC_CHALLENGES.into() }),
        (
            vec![msi, word],
            IdentityHost::MachineLearning { endpoint: "http://m/t".to_owned(), secret: Secret::new("s") },
        ),
        (vec![msi], shell()),
        (vec![identity, msi], shell()),
        (
            vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1/")],
            IdentityHost::VirtualMachine { endpoint: "http://127.0.0.1:1".to_owned() },
        ),
    ] {
        let chosen = by_name("managed_identity", &self::environment(&environment)).expect("a credential");
        assert_eq!(chosen.credential, Some(managed(expected, Identity::System)), "{environment:?}");
    }
}

#[test]
fn names() {
    let everything = with(&[("AZURE_CLIENT_SECRET", "s3cret")]);
    let tenant = || Some("contoso.com".to_owned());
    for (text, expected) in [
        ("client_secret", Some(secret())),
        (" Client-Secret ", Some(secret())),
        ("azure_cli", Some(CredentialSettings::AzureCli { tenant: tenant() })),
        ("azure-developer-cli", Some(CredentialSettings::AzureDeveloperCli { tenant: tenant() })),
        ("managed_identity", Some(managed(machine(), Identity::ClientId("client".to_owned())))),
        ("managed_identity:x-1", Some(managed(machine(), Identity::ClientId("x-1".to_owned())))),
        ("managed_identity: client_id = x", Some(managed(machine(), Identity::ClientId("x".to_owned())))),
        ("managed_identity:object_id=x", Some(managed(machine(), Identity::ObjectId("x".to_owned())))),
        (
            "managed_identity:/subscriptions/S/resourcegroups/R",
            Some(managed(machine(), Identity::ResourceId("/subscriptions/S/resourcegroups/R".to_owned()))),
        ),
        ("none", None),
    ] {
        assert_eq!(by_name(text, &everything).expect(text).credential, expected, "{text}");
    }
    for (text, environment, what) in [
        ("certificate", with(&[]), r#""certificate" is not a credential that otel-run knows"#),
        (
            "auto:x",
            with(&[]),
            r#""auto:x" has something behind a colon, which managed_identity alone may have"#,
        ),
        ("managed_identity:", with(&[]), r#""" is no managed identity"#),
        ("managed_identity:name=x", with(&[]), r#""name=x" is no managed identity"#),
        ("client_secret", with(&[]), "AZURE_CLIENT_SECRET is not set"),
        ("client_secret", environment(&[("AZURE_CLIENT_SECRET", "s")]), "AZURE_TENANT_ID is not set"),
        ("client_certificate", with(&[]), "AZURE_CLIENT_CERTIFICATE_PATH is not set"),
        ("workload_identity", with(&[]), "AZURE_FEDERATED_TOKEN_FILE is not set"),
        ("azure_cli", environment(&[("AZURE_TENANT_ID", "../x")]), r#"AZURE_TENANT_ID: "../x" is no tenant"#),
        (
            "azure_cli",
            environment(&[("AZURE_TENANT_ID", "--help")]),
            r#"AZURE_TENANT_ID: "--help" is no tenant"#,
        ),
    ] {
        let complaint = by_name(text, &environment).expect_err(text);
        assert_eq!(complaint.what, what);
        assert!(complaint.hint.is_some(), "{text}");
    }
}

#[test]
fn authorities_of_clouds() {
    let tell = |authority: &str| {
        let environment = with(&[("AZURE_CLIENT_SECRET", "s"), ("AZURE_AUTHORITY_HOST", authority)]);
        match by_name("auto", &environment).map(|chosen| chosen.credential) {
            Ok(Some(CredentialSettings::ClientSecret { application, .. })) => Ok(application.authority),
            Ok(other) => panic!("{other:?}"),
            Err(complaint) => Err(complaint.what),
        }
    };
    for (given, expected) in [
        ("https://login.microsoftonline.us/", "https://login.microsoftonline.us"),
        ("login.chinacloudapi.cn", "https://login.chinacloudapi.cn"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ] {
        assert_eq!(tell(given).as_deref(), Ok(expected));
    }
    for (given, why) in [
        ("http://login.microsoftonline.us", "would get our secret without TLS"),
        ("ftp://x", "has a scheme that is neither http nor https"),
        ("https://", "has no host"),
        ("a b", "holds a blank"),
        ("https://me:s3cret@login.microsoftonline.us", "holds a user or password"),
    ] {
        let what = tell(given).expect_err(given);
        assert!(what.starts_with("AZURE_AUTHORITY_HOST: ") && what.ends_with(why), "{what}");
        assert!(!what.contains("s3cret"), "{what}");
    }
}

#[test]
fn authentication_strings() {
    let nothing = environment(&[("AZURE_CLIENT_ID", "of the program")]);
    for (text, identity, warnings) in [
        ("Authorization=AAD", Identity::System, 0),
        (" authorization = aad ; ", Identity::System, 0),
        ("Authorization=AAD;ClientId=", Identity::System, 0),
        ("ClientId=x;Authorization=AAD;", Identity::ClientId("x".to_owned()), 0),
        ("Authorization=AAD;ClientId=x;ClientSecret=s3cret", Identity::ClientId("x".to_owned()), 1),
        ("Authorization=AAD;Tenant=x", Identity::System, 1),
    ] {
        let chosen = by_authentication_string(text, &nothing).expect(text);
        assert_eq!(chosen.credential, Some(managed(machine(), identity)), "{text}");
        assert_eq!(chosen.warnings.len(), warnings, "{text}");
        assert!(!format!("{chosen:?}").contains("s3cret"));
    }
    for (text, what) in [
        ("", "it has no Authorization"),
        ("ClientId=x", "it has no Authorization"),
        ("Authorization=ikey", "its Authorization is not AAD"),
        ("AAD", "a part of it has no \"=\""),
    ] {
        assert_eq!(by_authentication_string(text, &nothing).expect_err(text).what, what);
    }
}
