//! External data: what a provider outside the cluster says about keys.
//!
//! Calls are made by the layer that may talk to the network; it hands in a [`ProviderClient`].
//! Here are the words: [`Provider`], [`Response`], the answer as Rego sees it, and a [`Cache`] with a clock from outside.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use thiserror::Error;

use super::read::Checked;
use crate::{
    admission::Deadline,
    manifest::{Manifest, Problem},
};

/// Group of providers.
pub(crate) const GROUP: &str = "externaldata.gatekeeper.sh";

/// Most answers that a cache holds; the oldest goes first.
const MAX_CACHED: usize = 10_000;

/// Most bytes of answers that a cache holds, about.
const MAX_CACHED_BYTES: usize = 32 << 20;

/// How long an answer is good where nobody says otherwise.
pub const DEFAULT_TTL: Duration = Duration::from_secs(180);

/// Where and how a provider is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Name by which policies ask it.
    pub name: String,
    /// Where it listens; always `https`.
    pub url: String,
    /// How long it may take; zero leaves it to the caller.
    pub timeout: Duration,
    /// Certificates that its own must be signed by: base64 of PEM.
    pub ca_bundle: String,
}

impl Provider {
    /// Reads a `Provider`, refusing what Gatekeeper refuses.
    pub(crate) fn parse(manifest: &Manifest) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let shape = json!({
            "type": "object",
            "properties": {
                "url": {"type": "string"},
                "timeout": {"type": "integer", "minimum": 0},
                "caBundle": {"type": "string", "format": "byte"},
            },
        });
        let checked = Checked::new(manifest, &["v1alpha1", "v1beta1"], &shape)?;
        let mut faults = Vec::new();
        let url = checked.text("/spec/url");
        let host = url.strip_prefix("https://").unwrap_or("");
        if host.is_empty() || host.starts_with('/') {
            let message = format!("`{url}` is no https URL; providers are asked over https only");
            faults.push(Problem::new(manifest, "/spec/url", message));
        }
        if checked.text("/spec/caBundle").is_empty() {
            let message = "caBundle is missing: without it the provider cannot be told from others";
            faults.push(Problem::new(manifest, "/spec/caBundle", message));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let timeout = checked.spec.pointer("/timeout").and_then(Value::as_u64);
        let provider = Self {
            name: manifest.name().to_owned(),
            url: url.to_owned(),
            timeout: Duration::from_secs(timeout.unwrap_or(0)),
            ca_bundle: checked.text("/spec/caBundle").to_owned(),
        };
        Ok((provider, checked.warnings))
    }
}

/// What a provider says about one key.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// Why there is no value; empty if there is one.
    pub error: String,
}

/// What a provider answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// Whether the same keys give the same values again.
    pub is_idempotent: bool,
    /// Answers by key.
    pub items: Vec<Item>,
    /// Why nothing can be said; empty if something can.
    pub system_error: String,
}

/// Why a provider gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct FetchError {
    /// HTTP status; 400 where there was no answer.
    pub status: u16,
    /// What went wrong.
    pub message: String,
}

/// Speaks to providers.
pub trait ProviderClient: Send + Sync {
    /// What a provider says about keys, within the time that is left.
    fn ask(
        &self,
        provider: &Provider,
        keys: &[String],
        deadline: &dyn Deadline,
    ) -> Result<Response, FetchError>;

    /// Whether it asks anybody; see [`ExternalData::asks`].
    fn asks(&self) -> bool {
        true
    }
}

/// The providers of one set of policies by their names, for one request.
pub(crate) struct Named<'a> {
    pub(crate) providers: &'a BTreeMap<String, Provider>,
    pub(crate) client: &'a dyn ProviderClient,
    pub(crate) deadline: &'a dyn Deadline,
}

impl ExternalData for Named<'_> {
    fn fetch(&self, provider: &str, keys: &[String]) -> Result<Response, FetchError> {
        match self.providers.get(provider) {
            Some(provider) => self.client.ask(provider, keys, self.deadline),
            None => Err(FetchError {
                status: 400,
                message: format!("there is no provider {provider}"),
            }),
        }
    }

    fn asks(&self) -> bool {
        self.client.asks()
    }
}

/// Asks providers by their names.
pub trait ExternalData: Send + Sync {
    /// What a provider says about keys.
    fn fetch(&self, provider: &str, keys: &[String]) -> Result<Response, FetchError>;

    /// Whether an error is what a provider says, or what is said of it, and not that nobody asks any: then what rests
    /// on it is no verdict.
    fn asks(&self) -> bool {
        true
    }
}

/// Nobody can be asked: a scan, a suite.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoExternalData;

impl ExternalData for NoExternalData {
    fn fetch(&self, provider: &str, _: &[String]) -> Result<Response, FetchError> {
        Err(FetchError {
            status: 400,
            message: format!("provider {provider} cannot be asked here"),
        })
    }
}

impl ProviderClient for NoExternalData {
    fn ask(
        &self,
        provider: &Provider,
        keys: &[String],
        _: &dyn Deadline,
    ) -> Result<Response, FetchError> {
        self.fetch(&provider.name, keys)
    }

    fn asks(&self) -> bool {
        false
    }
}

impl Response {
    /// The body of a request for keys.
    pub fn request(keys: &[String]) -> Value {
        json!({
            "apiVersion": "externaldata.gatekeeper.sh/v1beta1",
            "kind": "ProviderRequest",
            "request": {"keys": keys},
        })
    }

    /// Reads the body of an answer.
    pub fn parse(body: &Value) -> Result<Self, String> {
        if body.get("kind").and_then(Value::as_str) != Some("ProviderResponse") {
            return Err("the answer is no ProviderResponse".to_owned());
        }
        let version = body.get("apiVersion").and_then(Value::as_str).unwrap_or("");
        if !["v1alpha1", "v1beta1"]
            .iter()
            .any(|known| version.strip_prefix(GROUP) == Some(&format!("/{known}")))
        {
            return Err(format!("the answer is of the unknown version `{version}`"));
        }
        let response = body.get("response").unwrap_or(&Value::Null);
        let items = response.get("items").and_then(Value::as_array);
        let text = |value: &Value, field: &str| {
            let text = value.get(field).and_then(Value::as_str);
            text.unwrap_or("").to_owned()
        };
        Ok(Self {
            is_idempotent: response.get("idempotent") == Some(&Value::Bool(true)),
            items: (items.into_iter().flatten())
                .map(|item| Item {
                    key: text(item, "key"),
                    value: item.get("value").cloned().unwrap_or(Value::Null),
                    error: text(item, "error"),
                })
                .collect(),
            system_error: text(response, "systemError"),
        })
    }
}

/// What `external_data` gives in Rego for `{"provider": …, "keys": […]}`.
///
/// A provider that fails is told in `system_error`; the policy decides. The error is for requests that are none.
pub fn answer(request: &Value, source: &dyn ExternalData) -> Result<Value, String> {
    let provider = request.get("provider").and_then(Value::as_str);
    let keys = request.get("keys").and_then(Value::as_array);
    let (Some(provider), Some(keys)) = (provider, keys) else {
        return Err("external_data needs a provider and a list of keys".to_owned());
    };
    let keys = keys
        .iter()
        .map(|key| key.as_str().map(str::to_owned))
        .collect::<Option<Vec<_>>>()
        .ok_or("keys of external_data must be texts")?;
    let response = match source.fetch(provider, &keys) {
        Ok(response) => response,
        Err(error) => {
            return Ok(json!({
                "responses": null,
                "errors": null,
                "status_code": error.status,
                "system_error": error.message,
            }));
        }
    };
    let (failed, given): (Vec<_>, Vec<_>) =
        (response.items.iter()).partition(|item| !item.error.is_empty());
    let responses: Vec<_> = (given.into_iter())
        .map(|item| json!([item.key, item.value]))
        .collect();
    let errors: Vec<_> = (failed.into_iter())
        .map(|item| json!([item.key, item.error]))
        .collect();
    Ok(json!({
        "responses": responses,
        "errors": errors,
        "status_code": 200,
        "system_error": response.system_error,
    }))
}

/// Answers by provider and key, each good for a time after it came.
///
/// Answers with an error are kept too, as a provider that says no is asked no more often than one that says yes.
/// What keeps a response from being an answer (`system_error`) is never kept.
#[derive(Debug)]
pub struct Cache {
    ttl: Duration,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_key: BTreeMap<(String, String), Entry>,
    /// Keys by age, each as often as it was put, with the number that it was put under.
    order: VecDeque<(u64, (String, String))>,
    next: u64,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Entry {
    number: u64,
    received: Duration,
    is_idempotent: bool,
    item: Item,
    bytes: usize,
}

impl Cache {
    /// An empty cache. A `ttl` of zero keeps nothing.
    pub fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            entries: Mutex::default(),
        }
    }

    /// What a provider says about keys; those that are not known are asked for together, and what it says nothing
    /// about has an error that says so.
    ///
    /// `now` is the time since any fixed moment.
    pub fn fetch(
        &self,
        source: &dyn ExternalData,
        provider: &str,
        keys: &[String],
        now: Duration,
    ) -> Result<Response, FetchError> {
        let mut response = Response {
            is_idempotent: true,
            ..Response::default()
        };
        let mut missing = BTreeSet::new();
        for key in keys {
            match self.get(provider, key, now) {
                Some(entry) => {
                    response.is_idempotent &= entry.is_idempotent;
                    response.items.push(entry.item);
                }
                None => {
                    missing.insert(key.clone());
                }
            }
        }
        if missing.is_empty() {
            return Ok(response);
        }
        let asked: Vec<_> = missing.iter().cloned().collect();
        let mut fetched = source.fetch(provider, &asked)?;
        // What nobody asked for must not answer for others later.
        fetched.items.retain(|item| missing.contains(&item.key));
        if fetched.system_error.is_empty() {
            self.put(provider, &fetched, now);
            for item in &fetched.items {
                missing.remove(&item.key);
            }
            response.items.extend(missing.into_iter().map(|key| Item {
                key,
                value: Value::Null,
                error: "the provider says nothing about this key".to_owned(),
            }));
        }
        response.is_idempotent &= fetched.is_idempotent;
        response.items.extend(fetched.items);
        response.system_error = fetched.system_error;
        Ok(response)
    }

    fn get(&self, provider: &str, key: &str, now: Duration) -> Option<Entry> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = (entries.by_key).get(&(provider.to_owned(), key.to_owned()))?;
        (now.saturating_sub(entry.received) <= self.ttl).then(|| entry.clone())
    }

    fn put(&self, provider: &str, response: &Response, now: Duration) {
        if self.ttl.is_zero() {
            return;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        for item in &response.items {
            let key = (provider.to_owned(), item.key.clone());
            let entry = Entry {
                number: entries.next,
                received: now,
                is_idempotent: response.is_idempotent,
                // Key and provider stand there three times.
                bytes: 3 * (provider.len() + item.key.len())
                    + item.error.len()
                    + item.value.to_string().len(),
                item: item.clone(),
            };
            entries.order.push_back((entry.number, key.clone()));
            entries.next += 1;
            entries.bytes += entry.bytes;
            if let Some(before) = entries.by_key.insert(key, entry) {
                entries.bytes -= before.bytes;
            }
        }
        while entries.order.len() > MAX_CACHED || entries.bytes > MAX_CACHED_BYTES {
            let Some((number, oldest)) = entries.order.pop_front() else {
                break;
            };
            // A key that was put again later stays.
            let is_same = |entry: &Entry| entry.number == number;
            if entries.by_key.get(&oldest).is_some_and(is_same)
                && let Some(gone) = entries.by_key.remove(&oldest)
            {
                entries.bytes -= gone.bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Says of every key how often it was asked, except of `bad`.
    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl ExternalData for Counter {
        fn fetch(&self, provider: &str, keys: &[String]) -> Result<Response, FetchError> {
            if provider != "counter" {
                return NoExternalData.fetch(provider, keys);
            }
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            let item = |key: &String| Item {
                key: key.clone(),
                value: json!(count),
                error: if key == "bad" {
                    "no".to_owned()
                } else {
                    String::new()
                },
            };
            Ok(Response {
                is_idempotent: true,
                items: keys.iter().map(item).collect(),
                system_error: String::new(),
            })
        }
    }

    fn keys(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|&key| key.to_owned()).collect()
    }

    #[test]
    fn rego_sees_responses_and_errors() {
        let request = json!({"provider": "counter", "keys": ["a", "bad"]});
        assert_eq!(
            answer(&request, &Counter::default()),
            Ok(json!({
                "responses": [["a", 0]],
                "errors": [["bad", "no"]],
                "status_code": 200,
                "system_error": "",
            }))
        );
        let answer_of_none = answer(&json!({"provider": "x", "keys": []}), &Counter::default());
        let answer_of_none = answer_of_none.expect("an answer");
        assert_eq!(answer_of_none["status_code"], 400);
        assert_eq!(
            answer_of_none["system_error"],
            "provider x cannot be asked here"
        );
        assert!(answer(&json!({"provider": "x"}), &Counter::default()).is_err());
        assert!(answer(&json!({"provider": "x", "keys": [1]}), &Counter::default()).is_err());
    }

    #[test]
    fn only_what_is_not_known_is_asked() {
        let (source, cache) = (Counter::default(), Cache::new(Duration::from_secs(10)));
        let ask = |wanted: &[&str], now| {
            let response = cache
                .fetch(&source, "counter", &keys(wanted), Duration::from_secs(now))
                .expect("a response");
            let mut values: Vec<_> = (response.items.into_iter())
                .map(|item| (item.key, item.value))
                .collect();
            values.sort_by(|left, right| left.0.cmp(&right.0));
            values
                .into_iter()
                .map(|(_, value)| value)
                .collect::<Vec<_>>()
        };
        assert_eq!(ask(&["a"], 0), [json!(0)]);
        assert_eq!(ask(&["a", "b"], 5), [json!(0), json!(1)]);
        assert_eq!(ask(&["a", "b"], 11), [json!(2), json!(1)]);
        assert_eq!(ask(&["bad"], 11), [json!(3)]);
        assert_eq!(ask(&["bad"], 12), [json!(3)]);
    }

    /// Answers for another key than the one that was asked for.
    struct Elsewhere;

    impl ExternalData for Elsewhere {
        fn fetch(&self, _: &str, _: &[String]) -> Result<Response, FetchError> {
            Ok(Response {
                is_idempotent: true,
                items: vec![Item {
                    key: "other".to_owned(),
                    value: json!(1),
                    error: String::new(),
                }],
                system_error: String::new(),
            })
        }
    }

    #[test]
    fn silence_about_a_key_is_an_error_and_what_nobody_asked_for_is_dropped() {
        let cache = Cache::new(Duration::from_secs(10));
        let response = cache
            .fetch(&Elsewhere, "p", &keys(&["a", "a"]), Duration::ZERO)
            .expect("a response");
        let items: Vec<_> = (response.items.iter())
            .map(|item| (item.key.as_str(), item.error.as_str()))
            .collect();
        assert_eq!(items, [("a", "the provider says nothing about this key")]);
        assert!(cache.get("p", "other", Duration::ZERO).is_none());
        assert!(cache.get("p", "a", Duration::ZERO).is_none());
    }

    #[test]
    fn answers_of_other_kinds_and_versions_are_none() {
        let body = |version: &str, kind: &str| {
            let response = json!({"idempotent": true, "items": [{"key": "a", "value": "b"}]});
            json!({"apiVersion": version, "kind": kind, "response": response})
        };
        for version in ["v1alpha1", "v1beta1"] {
            let version = format!("{GROUP}/{version}");
            let response = Response::parse(&body(&version, "ProviderResponse"));
            assert_eq!(response.expect("a response").items.len(), 1);
        }
        for (version, kind) in [
            ("externaldata.gatekeeper.sh/v2", "ProviderResponse"),
            ("v1beta1", "ProviderResponse"),
            ("", "ProviderResponse"),
            ("externaldata.gatekeeper.sh/v1beta1", "ProviderRequest"),
        ] {
            assert!(
                Response::parse(&body(version, kind)).is_err(),
                "{version} {kind}"
            );
        }
    }

    #[test]
    fn the_cache_is_bounded_and_may_be_off() {
        let source = Counter::default();
        let cache = Cache::new(Duration::from_secs(10));
        for key in 0..MAX_CACHED + 5 {
            let key = [key.to_string()];
            let _ = cache.fetch(&source, "counter", &key, Duration::ZERO);
        }
        let entries = cache.entries.lock().expect("no panic");
        assert_eq!(entries.by_key.len(), MAX_CACHED);
        assert_eq!(entries.order.len(), MAX_CACHED);

        drop(entries);

        // Few large answers are bounded as well as many small ones.
        let large = [Item {
            key: "large".to_owned(),
            value: json!("x".repeat(MAX_CACHED_BYTES / 2)),
            error: String::new(),
        }];
        for provider in ["a", "b", "c"] {
            let response = Response {
                items: large.to_vec(),
                ..Response::default()
            };
            cache.put(provider, &response, Duration::ZERO);
        }
        let entries = cache.entries.lock().expect("no panic");
        assert_eq!(entries.by_key.len(), 1);
        assert!(entries.bytes <= MAX_CACHED_BYTES);

        let off = Cache::new(Duration::ZERO);
        let _ = off.fetch(&source, "counter", &keys(&["a"]), Duration::ZERO);
        assert!(off.get("counter", "a", Duration::ZERO).is_none());
    }
}
