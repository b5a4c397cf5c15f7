//! What registries tell when something is pushed to them: the envelopes of Distribution, and the webhooks of Harbor
//! in its own form and as CloudEvents.
//!
//! Of all that they say, only the repository and the digest are taken for what was pushed; the host is at most a
//! choice among names that are known.
//!
//! Formats: <https://distribution.github.io/distribution/about/notifications/>,
//! <https://goharbor.io/docs/edge/working-with-projects/project-configuration/configure-webhooks/>.

use serde::Deserialize;

use super::{WireError, malformed};

const KIND: &str = "notification of a registry";

/// Types of what leads to images; with others, layers are told of too.
const MANIFESTS: [&str; 4] = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
];

/// Words of Harbor for a push, in both of its forms.
const HARBOR_PUSHES: [&str; 2] = ["PUSH_ARTIFACT", "harbor.artifact.pushed"];

/// Something that was pushed and may be an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The name of the registry, as whoever pushed called it.
    pub host: Option<String>,
    /// The repository: `shop/web`.
    pub repository: String,
    /// The digest of the manifest or the index: `sha256:` and 64 digits.
    pub digest: String,
    /// The tag, where it has one.
    pub tag: Option<String>,
}

impl Push {
    /// Whether the tag says that it stands beside an image, as signatures and attestations do.
    pub fn is_attached(&self) -> bool {
        let digest = self
            .tag
            .as_deref()
            .and_then(|tag| tag.strip_prefix("sha256-"));
        digest.is_some_and(|rest| rest.get(..64).is_some_and(is_hex))
    }
}

impl Push {
    /// The image that a signature stands beside, by its tag; `None` where it is no signature.
    pub fn subject(&self) -> Option<Self> {
        let rest = self.tag.as_deref()?.strip_prefix("sha256-")?;
        let (digits, kind) = rest.split_at_checked(64)?;
        // Lists of what refers to an image have no more than its digest.
        let is_signature = is_hex(digits) && matches!(kind, "" | ".sig");
        is_signature.then(|| Self {
            digest: format!("sha256:{digits}"),
            tag: None,
            ..self.clone()
        })
    }
}

/// What a notification tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notification {
    /// What was pushed, in order.
    pub pushes: Vec<Push>,
    /// How many other events it has: layers, pulls, deletions.
    pub others: usize,
}

#[derive(Deserialize)]
struct Body {
    events: Option<Vec<Event>>,
    r#type: Option<String>,
    event_data: Option<HarborData>,
    data: Option<HarborData>,
}

#[derive(Deserialize)]
struct Event {
    action: Option<String>,
    target: Option<Target>,
    request: Option<Asked>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    media_type: Option<String>,
    digest: Option<String>,
    repository: Option<String>,
    tag: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    host: Option<String>,
}

#[derive(Deserialize)]
struct HarborData {
    resources: Option<Vec<HarborResource>>,
    repository: Option<HarborRepository>,
}

#[derive(Deserialize)]
struct HarborResource {
    digest: Option<String>,
    tag: Option<String>,
    resource_url: Option<String>,
}

#[derive(Deserialize)]
struct HarborRepository {
    repo_full_name: Option<String>,
}

/// Reads a notification.
///
/// # Errors
///
/// For what is none, and for a push that does not say what was pushed where.
pub fn parse(body: &[u8]) -> Result<Notification, WireError> {
    let body: Body = serde_json::from_slice(body).map_err(|error| malformed(KIND, &error))?;
    if let Some(events) = body.events {
        return of_distribution(events);
    }
    let Some(kind) = body.r#type else {
        return Err(missing("events, and no type as those of Harbor have"));
    };
    if !HARBOR_PUSHES.contains(&&*kind) {
        return Ok(Notification {
            others: 1,
            ..Notification::default()
        });
    }
    of_harbor(body.event_data.or(body.data).ok_or(missing("event_data"))?)
}

fn missing(field: &'static str) -> WireError {
    WireError::Missing { kind: KIND, field }
}

fn of_distribution(events: Vec<Event>) -> Result<Notification, WireError> {
    let mut told = Notification::default();
    for event in events {
        let target = event.target.filter(|target| {
            let media_type = target.media_type.as_deref();
            event.action.as_deref() == Some("push")
                && media_type.is_some_and(|it| MANIFESTS.contains(&it))
        });
        let Some(target) = target else {
            told.others += 1;
            continue;
        };
        told.pushes.push(Push {
            host: event.request.and_then(|asked| asked.host),
            repository: target
                .repository
                .ok_or(missing("events[].target.repository"))?,
            digest: digest(target.digest, "events[].target.digest")?,
            tag: target.tag,
        });
    }
    Ok(told)
}

fn of_harbor(data: HarborData) -> Result<Notification, WireError> {
    let repository = data.repository.and_then(|it| it.repo_full_name);
    let repository = repository.ok_or(missing("repository.repo_full_name"))?;
    let resources = data.resources.ok_or(missing("resources"))?;
    let pushes = resources.into_iter().map(|resource| {
        let url = resource.resource_url.as_deref();
        let host = url.and_then(|url| {
            let (_, rest) = url.split_once("://").unwrap_or(("", url));
            rest.split('/').next()
        });
        Ok(Push {
            host: host.map(str::to_owned),
            repository: repository.clone(),
            digest: digest(resource.digest, "resources[].digest")?,
            tag: resource.tag,
        })
    });
    Ok(Notification {
        pushes: pushes.collect::<Result<_, _>>()?,
        others: 0,
    })
}

fn is_hex(text: &str) -> bool {
    text.bytes()
        .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a text is a digest of the one kind that registries use for manifests.
pub(crate) fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:");
    hex.is_some_and(|hex| hex.len() == 64 && is_hex(hex))
}

fn digest(digest: Option<String>, field: &'static str) -> Result<String, WireError> {
    let digest = digest.ok_or(missing(field))?;
    if is_digest(&digest) {
        return Ok(digest);
    }
    Err(WireError::Malformed {
        kind: KIND,
        reason: format!("{field} is no digest of SHA-256"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sha256(digit: &str) -> String {
        format!("sha256:{}", digit.repeat(64))
    }

    fn event(action: &str, media_type: &str) -> Value {
        json!({
            "id": "1", "timestamp": "2026-11-28T09:00:00Z", "action": action,
            "target": {"mediaType": media_type, "digest": sha256("a"), "size": 7, "length": 7,
                "repository": "shop/web", "url": "https://elsewhere.example/v2/", "tag": "1.2"},
            "request": {"id": "2", "addr": "192.0.2.1", "host": "registry.example.com", "method": "PUT"},
            "actor": {"name": "shop"}, "source": {"addr": "r:5000"},
        })
    }

    fn read(body: &Value) -> Result<Notification, String> {
        parse(body.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn pushes_of_manifests_are_told_from_all_else() {
        let layer = "application/vnd.oci.image.layer.v1.tar+gzip";
        let told = read(&json!({"events": [
            event("push", MANIFESTS[2]), event("push", layer), event("pull", MANIFESTS[0]),
            event("delete", MANIFESTS[0]), event("mount", layer), {}, event("push", MANIFESTS[1]),
        ]}));
        let told = told.unwrap();
        assert_eq!((told.pushes.len(), told.others), (2, 5));
        let push = Push {
            host: Some("registry.example.com".to_owned()),
            repository: "shop/web".to_owned(),
            digest: sha256("a"),
            tag: Some("1.2".to_owned()),
        };
        assert_eq!(told.pushes[0], push);
        assert_eq!(read(&json!({"events": []})), Ok(Notification::default()));
    }

    #[test]
    fn harbor_tells_in_two_forms() {
        let data = json!({
            "resources": [{"digest": sha256("b"), "tag": "2", "resource_url": "harbor.example.com/shop/web:2"}],
            "repository": {"name": "web", "namespace": "shop", "repo_full_name": "shop/web", "repo_type": "private"},
        });
        let own =
            json!({"type": "PUSH_ARTIFACT", "occur_at": 1, "operator": "shop", "event_data": data});
        let cloud = json!({"specversion": "1.0", "type": "harbor.artifact.pushed", "source": "/projects/1",
            "data": data, "operator": "shop"});
        for body in [own, cloud] {
            let told = read(&body).unwrap();
            let [push] = &*told.pushes else {
                panic!("{told:?}")
            };
            assert_eq!(push.host.as_deref(), Some("harbor.example.com"));
            assert_eq!(
                (&*push.repository, &*push.digest),
                ("shop/web", &*sha256("b"))
            );
        }
        let pulled = read(&json!({"type": "PULL_ARTIFACT", "event_data": {}})).unwrap();
        assert_eq!((pulled.pushes.len(), pulled.others), (0, 1));
    }

    #[test]
    fn what_is_no_notification_is_refused_with_a_reason() {
        let check = |body: &Value, expected: &str| {
            let error = read(body).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check(&json!({}), "has no events");
        check(&json!([]), "is no notification of a registry");
        check(&json!({"events": {}}), "expected a sequence");
        let mut push = event("push", MANIFESTS[2]);
        push["target"]["digest"] = json!("sha256:../../etc/passwd");
        check(
            &json!({"events": [push]}),
            "events[].target.digest is no digest",
        );
        push["target"]["digest"] = json!(null);
        check(&json!({"events": [push]}), "has no events[].target.digest");
        push["target"]["repository"] = json!(null);
        check(
            &json!({"events": [push]}),
            "has no events[].target.repository",
        );
        check(&json!({"type": "PUSH_ARTIFACT"}), "has no event_data");
        check(
            &json!({"type": "PUSH_ARTIFACT", "event_data": {}}),
            "repo_full_name",
        );
        // What is not asked for is passed over, however deep it is.
        let nested = format!("{{\"x\": {}", "[".repeat(100_000));
        let error = parse(nested.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("EOF"), "{error}");
    }

    #[test]
    fn what_stands_beside_an_image_is_known_by_its_tag() {
        let mut push = Push {
            host: None,
            repository: "a".to_owned(),
            digest: sha256("a"),
            tag: Some(format!("sha256-{}.sig", "a".repeat(64))),
        };
        assert!(push.is_attached());
        push.tag = Some("sha256-of-something".to_owned());
        assert!(!push.is_attached());
        push.tag = None;
        assert!(!push.is_attached());
    }
}
