use serde_json::{Value, json};

use super::*;

fn policy() -> Value {
    json!({
        "name": "shop",
        "registryScopes": ["registry.example.com/team/shop", "localhost:5000/a"],
        "signatureVerification": { "level": "strict" },
        "trustStores": ["ca:shop", "tsa:times"],
        "trustedIdentities": ["x509.subject: C=US, ST=WA, O=shop.example"],
    })
}

fn read(policies: &[Value]) -> Result<NotationPolicies, TrustError> {
    let json = json!({ "version": "1.0", "trustPolicies": policies });
    NotationPolicies::from_json(json.to_string().as_bytes(), str::to_lowercase)
}

fn with(name: &str, value: Value) -> Value {
    let mut policy = policy();
    policy[name] = value;
    policy
}

#[track_caller]
fn refused(policies: &[Value], words: &str) {
    let error = read(policies).expect_err(words).to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn exactly_one_policy_is_about_a_repository() {
    let others = json!({
        "name": "others", "registryScopes": ["*"], "signatureVerification": { "level": "audit" },
        "trustStores": ["ca:others"], "trustedIdentities": ["*"],
    });
    let policies = read(&[others, policy()]).unwrap();
    let name = |repository: &str| policies.policy(repository).unwrap().name.clone();
    assert_eq!(name("registry.example.com/team/shop"), "shop");
    assert_eq!(name("localhost:5000/a"), "shop");
    assert_eq!(name("registry.example.com/team/shop2"), "others");
    assert_eq!(name("registry.example.com/team"), "others");
    let alone = read(&[policy()]).unwrap();
    assert!(
        alone
            .policy("registry.example.com/team/shop/more")
            .is_none()
    );
    refused(&[policy(), with("name", json!("b"))], "as is `shop`");
    refused(
        &[policy(), with("registryScopes", json!(["a/b"]))],
        "is there twice",
    );
}

#[test]
fn scopes_are_known_by_the_one_name_of_their_repository() {
    let policies = read(&[with("registryScopes", json!(["Registry.Example.com/shop"]))]).unwrap();
    assert!(policies.policy("registry.example.com/shop").is_some());
    assert!(policies.policy("registry.example.com/other").is_none());
    refused(
        &[with(
            "registryScopes",
            json!(["a.example/b", "A.example/b"]),
        )],
        "a scope twice",
    );
    let mut other = with("registryScopes", json!(["LOCALHOST:5000/a"]));
    other["name"] = json!("other");
    refused(&[policy(), other], "as is `shop`");
}

#[test]
fn levels_demand_what_the_specification_says() {
    use Action::{Enforce, Log, Skip};

    let demands = |verification: Value| {
        let policies = read(&[with("signatureVerification", verification)]).unwrap();
        policies.policy("localhost:5000/a").unwrap().demands
    };
    let of = |authentic_timestamp, expiry, revocation| Demands {
        authentic_timestamp,
        expiry,
        revocation,
    };
    assert_eq!(
        demands(json!({"level": "strict"})),
        of(Enforce, Enforce, Enforce)
    );
    assert_eq!(demands(json!({"level": "permissive"})), of(Log, Log, Log));
    assert_eq!(demands(json!({"level": "audit"})), of(Log, Log, Log));
    let otherwise = json!({"expiry": "log", "revocation": "skip"});
    assert_eq!(
        demands(json!({"level": "strict", "override": otherwise})),
        of(Enforce, Log, Skip)
    );
    let otherwise = json!({"authenticTimestamp": "enforce", "authenticity": "log"});
    assert_eq!(
        demands(json!({"level": "audit", "override": otherwise})),
        of(Enforce, Log, Log)
    );
}

#[test]
fn what_skips_names_nobody() {
    let skipping = json!({
        "name": "a", "registryScopes": ["a.example/b"], "signatureVerification": { "level": "skip" },
    });
    let policies = read(std::slice::from_ref(&skipping)).unwrap();
    assert_eq!(policies.policy("a.example/b").unwrap().level, Level::Skip);
    let mut global = skipping.clone();
    global["registryScopes"] = json!(["*"]);
    refused(&[global], "skips all verification");
    let mut named = skipping;
    named["trustedIdentities"] = json!(["*"]);
    refused(&[named], "names who is trusted");
}

#[test]
fn policies_that_are_not_clear_are_refused() {
    let verification = |otherwise: Value| {
        with(
            "signatureVerification",
            json!({"level": "strict", "override": otherwise}),
        )
    };
    for (policy, words) in [
        (with("registryScopes", json!([])), "no registryScopes"),
        (
            with("registryScopes", json!(["*", "a/b"])),
            "and something else",
        ),
        (
            with("registryScopes", json!(["a/b", "a/b"])),
            "a scope twice",
        ),
        (with("registryScopes", json!(["shop"])), "no repository"),
        (
            with("registryScopes", json!(["a.example/*"])),
            "no repository",
        ),
        (
            with("registryScopes", json!(["a.example/b:1"])),
            "no repository",
        ),
        (with("trustStores", json!([])), "no trustStores"),
        (
            with("trustStores", json!(["tsa:times"])),
            "no trustStores for signers",
        ),
        (with("trustStores", json!(["shop"])), "KIND:NAME"),
        (with("trustStores", json!(["x:shop"])), "of the kind `x`"),
        (
            with("trustStores", json!(["ca:../shop"])),
            "no name of a folder",
        ),
        (with("trustStores", json!(["ca:.."])), "no name of a folder"),
        (with("trustedIdentities", json!([])), "no trustedIdentities"),
        (
            with(
                "trustedIdentities",
                json!(["*", "x509.subject: C=a,ST=b,O=c"]),
            ),
            "somebody else",
        ),
        (
            with("trustedIdentities", json!(["C=US, ST=WA, O=a"])),
            "does not begin with",
        ),
        (
            with("trustedIdentities", json!(["x509.subject: C=US, O=a"])),
            "has no ST",
        ),
        (
            with(
                "trustedIdentities",
                json!([
                    "x509.subject: C=a,ST=b,O=c",
                    "x509.subject: C=a,ST=b,O=c,CN=d"
                ]),
            ),
            "another identity",
        ),
        (verification(json!({"integrity": "log"})), "always enforced"),
        (verification(json!({"expiry": "skip"})), "cannot be skipped"),
        (
            verification(json!({"authenticity": "skip"})),
            "cannot be skipped",
        ),
        (verification(json!({"expire": "log"})), "no validation"),
        (
            with("signatureVerification", json!({"level": "lax"})),
            "unknown variant",
        ),
        (with("signatureVerfication", json!({})), "unknown field"),
        (with("name", json!("")), "has no name"),
    ] {
        refused(&[policy], words);
    }
    refused(&[], "no policies");
    let later = json!({"version": "2.0", "trustPolicies": []}).to_string();
    let error = NotationPolicies::from_json(later.as_bytes(), str::to_owned).unwrap_err();
    assert!(error.to_string().contains("only 1.0"), "{error}");
}
