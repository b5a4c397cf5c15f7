//! Watches everything, judges what changed, and tells the results.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use futures_util::StreamExt as _;
use ringwall_cluster::{Change, Connection, ConnectionError, Resource, watch};
use ringwall_policy::admission::{
    AdmissionRequest, GroupVersionKind, GroupVersionResource, NoDeadline, Source, Verdict,
};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{runtime::Handle, sync::mpsc, task::JoinSet};

use super::{
    reports,
    results::{ObjectKey, Results, Summary},
    status,
};
use crate::{LiveWorld, Policies, PolicySet};

/// Changes that wait to be judged; then the watches wait.
const WAITING: usize = 1_024;

/// Resources that hold no wish of anybody, change all the time, or are reports themselves.
const PASSED_OVER: [(&str, &str); 10] = [
    ("", "events"),
    ("", "endpoints"),
    ("", "nodes"),
    ("coordination.k8s.io", "leases"),
    ("discovery.k8s.io", "endpointslices"),
    ("events.k8s.io", "events"),
    ("metrics.k8s.io", "pods"),
    ("metrics.k8s.io", "nodes"),
    ("openreports.io", "reports"),
    ("openreports.io", "clusterreports"),
];

/// Group of the kinds that templates define.
const CONSTRAINTS: &str = "constraints.gatekeeper.sh";

/// How the audit is done.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long results are gathered before they are told.
    pub flush_every: Duration,
    /// How long it may take until a kind is known that the cluster serves anew.
    pub discover_every: Duration,
    /// Whether objects are judged; if not, changes of kinds that policies ask for are handed on and nothing else.
    pub audits: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            flush_every: Duration::from_secs(10),
            discover_every: Duration::from_secs(30),
            audits: true,
        }
    }
}

/// The audit of one cluster.
pub struct BackgroundAudit {
    connection: Connection,
    policies: Arc<Policies>,
    settings: Settings,
    summary: Arc<Mutex<Summary>>,
    world: Arc<LiveWorld>,
    /// Whether all that policies ask for was listed once.
    is_listed: Arc<AtomicBool>,
}

/// What the judging thread is told.
enum Message {
    Changed(u16, Change),
    Broke(u16, ConnectionError),
    Tick,
    /// The cluster serves other kinds than before.
    Served,
}

impl BackgroundAudit {
    /// An audit of a cluster by the policies that are in force, whichever these are at the time.
    ///
    /// Every change is handed to the world before anything is judged by it.
    pub fn new(
        connection: Connection,
        policies: Arc<Policies>,
        world: Arc<LiveWorld>,
        settings: Settings,
    ) -> Self {
        let is_listed = !world.is_asked_for_objects();
        Self {
            connection,
            policies,
            settings,
            summary: Arc::default(),
            world,
            is_listed: Arc::new(AtomicBool::new(is_listed)),
        }
    }

    /// Whether all that policies ask for was listed once: before that, they know of nothing that is in the cluster.
    pub fn is_listed(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_listed)
    }

    fn listed(&self) {
        if !self.is_listed.swap(true, Ordering::Relaxed) {
            tracing::info!("what policies ask for of the cluster is known");
        }
    }

    /// How the cluster stands, at any time.
    pub fn summary(&self) -> Arc<Mutex<Summary>> {
        Arc::clone(&self.summary)
    }

    /// Runs until the task is dropped. Begins anew when other policies are in force, or the cluster serves other kinds:
    /// then every object is judged again.
    pub async fn run(self) {
        let audit = Arc::new(self);
        loop {
            let resources = match audit.connection.resources().await {
                Ok(resources) => resources,
                Err(error) => {
                    tracing::warn!(%error, "cannot ask the cluster what it serves");
                    tokio::time::sleep(audit.settings.flush_every).await;
                    continue;
                }
            };
            Arc::clone(&audit).round(resources).await;
        }
    }

    /// One round with one set of policies.
    async fn round(self: Arc<Self>, resources: Vec<Resource>) {
        let constraints: Vec<_> = resources
            .iter()
            .filter(|resource| resource.group == CONSTRAINTS)
            .cloned()
            .collect();
        let has_reports = resources
            .iter()
            .any(|resource| resource.group == "openreports.io");
        if !has_reports && self.settings.audits {
            tracing::warn!(
                "the cluster does not serve openreports.io, so no reports are written; metrics and constraint status are"
            );
        }
        let watched: Vec<_> = resources
            .iter()
            .filter(|resource| {
                let id = (resource.group.as_str(), resource.plural.as_str());
                self.world.wants(resource) || (self.settings.audits && !PASSED_OVER.contains(&id))
            })
            .take(usize::from(u16::MAX))
            .cloned()
            .collect();
        self.world.forget_unwanted();
        // What policies ask for is there before anything is judged by it.
        let mut unlisted = BTreeSet::new();
        for (number, resource) in (0_u16..).zip(&watched) {
            if !self.world.wants(resource) {
                continue;
            }
            let mut token = None;
            loop {
                match self.connection.page(resource, "", token.as_deref()).await {
                    Ok((objects, next)) => {
                        for object in objects {
                            self.world.apply(resource, &Change::Applied(object));
                        }
                        token = next;
                    }
                    Err(error) => {
                        tracing::warn!(%error, resource = resource.plural, "cannot list what policies ask for");
                        unlisted.insert(number);
                        break;
                    }
                }
                if token.is_none() {
                    break;
                }
            }
        }
        if unlisted.is_empty() {
            self.listed();
        }
        let (sender, receiver) = mpsc::channel(WAITING);
        let mut tasks = JoinSet::new();
        for (number, resource) in (0_u16..).zip(&watched) {
            let sender = sender.clone();
            let mut changes = Box::pin(watch(&self.connection, resource));
            tasks.spawn(async move {
                while let Some(change) = changes.next().await {
                    let message = match change {
                        Ok(change) => Message::Changed(number, change),
                        Err(error) => Message::Broke(number, error),
                    };
                    if sender.send(message).await.is_err() {
                        return;
                    }
                }
            });
        }
        let (connection, told) = (self.connection.clone(), sender.clone());
        let discover_every = self.settings.discover_every;
        tasks.spawn(async move {
            loop {
                tokio::time::sleep(discover_every).await;
                // A server that does not answer now serves what it served.
                if let Ok(now) = connection.resources().await
                    && now != resources
                {
                    let _ = told.send(Message::Served).await;
                    return;
                }
            }
        });
        let flush_every = self.settings.flush_every;
        tasks.spawn(async move {
            let mut ticks = tokio::time::interval(flush_every);
            while sender.send(Message::Tick).await.is_ok() {
                ticks.tick().await;
            }
        });
        let round = Round {
            policies: self.policies.current(),
            audit: Arc::clone(&self),
            watched,
            constraints,
            has_reports,
            results: Results::default(),
            unlisted,
            listing: HashMap::new(),
            listed: BTreeSet::new(),
            labels: BTreeMap::new(),
            told: BTreeMap::new(),
            is_told: false,
            handle: Handle::current(),
        };
        // Judging is work, and has a thread of its own. It ends when the watches do.
        if let Err(error) = tokio::task::spawn_blocking(move || round.judge_all(receiver)).await {
            tracing::error!(%error, "the audit failed and begins anew");
        }
    }
}

/// One set of policies over all that is watched.
struct Round {
    audit: Arc<BackgroundAudit>,
    policies: Arc<PolicySet>,
    watched: Vec<Resource>,
    constraints: Vec<Resource>,
    has_reports: bool,
    results: Results,
    /// Resources that policies ask for and that were not listed yet.
    unlisted: BTreeSet<u16>,
    /// What listings that are under way have named so far.
    listing: HashMap<u16, HashSet<ObjectKey>>,
    /// Resources that were listed whole.
    listed: BTreeSet<u16>,
    /// Labels of namespaces, which selectors of policies rest on.
    labels: BTreeMap<String, Value>,
    /// What the status of constraints says.
    told: BTreeMap<status::Constraint, status::Status>,
    /// Whether all was told as far as it is known, whatever changed since.
    is_told: bool,
    handle: Handle,
}

impl Round {
    fn judge_all(mut self, mut messages: mpsc::Receiver<Message>) {
        while let Some(message) = messages.blocking_recv() {
            match message {
                Message::Changed(number, change) => self.change(number, change),
                Message::Broke(number, error) => {
                    let resource = self.watched.get(usize::from(number));
                    let resource = resource.map_or("", |resource| &resource.plural);
                    tracing::warn!(%error, resource, "a watch broke off and begins anew");
                }
                Message::Served => {
                    tracing::info!("the cluster serves other kinds; the audit begins anew");
                    return;
                }
                Message::Tick => {
                    if self.audit.settings.audits && self.listed.len() == self.watched.len() {
                        self.tell();
                    }
                    let current = self.audit.policies.current();
                    if current.digest != self.policies.digest {
                        return;
                    }
                }
            }
        }
    }

    fn change(&mut self, number: u16, change: Change) {
        let Some(resource) = self.watched.get(usize::from(number)).cloned() else {
            return;
        };
        self.audit.world.apply(&resource, &change);
        if matches!(change, Change::Listed)
            && self.unlisted.remove(&number)
            && self.unlisted.is_empty()
        {
            self.audit.listed();
        }
        if !self.audit.settings.audits {
            return;
        }
        match change {
            Change::Restarted => {
                self.listing.insert(number, HashSet::new());
            }
            Change::Listed => {
                if let Some(seen) = self.listing.remove(&number) {
                    self.results.keep_only(number, &seen);
                }
                self.listed.insert(number);
            }
            Change::Applied(object) => {
                let key = self.judge(number, &resource, &object);
                if let Some(seen) = self.listing.get_mut(&number) {
                    seen.insert(key);
                }
                if resource.group.is_empty() && resource.kind == "Namespace" {
                    self.namespace(&object, self.listed.contains(&number));
                }
            }
            Change::Deleted(object) => {
                let key = self.key(number, &object);
                self.results.remove(&key);
            }
        }
    }

    fn key(&mut self, number: u16, object: &Value) -> ObjectKey {
        let (namespace, name) = (text(object, "namespace"), text(object, "name"));
        self.results.key(number, namespace, name)
    }

    fn judge(&mut self, number: u16, resource: &Resource, object: &Value) -> ObjectKey {
        let mut request = AdmissionRequest::from_object(object.clone());
        request.kind = GroupVersionKind::new(&resource.api_version(), &resource.kind);
        request.resource = GroupVersionResource {
            group: resource.group.clone(),
            version: resource.version.clone(),
            resource: resource.plural.clone(),
        };
        let mut verdict = Verdict::default();
        for judge in &self.policies.judges {
            let said = judge.review(&request, &NoDeadline);
            verdict.violations.extend(said.violations);
        }
        let key = self.key(number, object);
        self.results.set(key.clone(), text(object, "uid"), &verdict);
        key
    }

    /// Judges all objects of a namespace again if its labels are different from what they were, or if it is new:
    /// what is in it may have been heard of first.
    fn namespace(&mut self, object: &Value, is_all_listed: bool) {
        let name = text(object, "name").to_owned();
        let labels = object
            .pointer("/metadata/labels")
            .cloned()
            .unwrap_or_default();
        let before = self.labels.insert(name.clone(), labels.clone());
        let is_as_before = before.map_or(!is_all_listed, |before| before == labels);
        if is_as_before {
            return;
        }
        for (number, resource) in (0_u16..).zip(self.watched.clone()) {
            if !resource.is_namespaced {
                continue;
            }
            let mut token = None;
            loop {
                let connection = &self.audit.connection;
                let page = connection.page(&resource, &name, token.as_deref());
                match self.handle.block_on(page) {
                    Ok((objects, next)) => {
                        for object in objects {
                            self.judge(number, &resource, &object);
                        }
                        token = next;
                    }
                    Err(error) => {
                        tracing::warn!(%error, resource = resource.plural, namespace = name,
                            "objects could not be judged again after their namespace changed");
                        break;
                    }
                }
                if token.is_none() {
                    break;
                }
            }
        }
    }

    /// Writes reports and statuses for what changed.
    fn tell(&mut self) {
        *self
            .audit
            .summary
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = self.results.summary();
        let dirty = self.results.take_dirty();
        if dirty.is_empty() && self.is_told {
            return;
        }
        self.is_told = true;
        let now = SystemTime::now();
        if self.has_reports {
            let seconds = now
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or(0, |since| since.as_secs());
            for key in dirty {
                if let Err(error) = self.report(&key, seconds) {
                    tracing::warn!(%error, namespace = &*key.namespace, name = &*key.name,
                        "a report could not be written; it is tried again");
                    self.results.mark_dirty(key);
                }
            }
        }
        let timestamp = OffsetDateTime::from(now)
            .format(&Rfc3339)
            .unwrap_or_default();
        // Every constraint is told of once, those that nothing violates too: an earlier process may have left
        // another status there.
        let constraints = self.policies.status().into_iter().filter_map(|status| {
            let (kind, name) = status.policy.split_once('/')?;
            (status.source == Source::Gatekeeper).then(|| (kind.to_owned(), name.to_owned()))
        });
        for (constraint, status) in status::statuses(&self.results, &self.watched, constraints) {
            if self.told.get(&constraint) == Some(&status) {
                continue;
            }
            if self.write_status(&constraint, &status.to_json(&timestamp)) {
                self.told.insert(constraint, status);
            } else {
                self.is_told = false;
            }
        }
    }

    fn report(&self, key: &ObjectKey, seconds: u64) -> Result<(), ConnectionError> {
        let Some(of) = self.watched.get(usize::from(key.resource)) else {
            return Ok(());
        };
        let resource = reports::resource(!key.namespace.is_empty());
        let connection = &self.audit.connection;
        let written = if let Some(record) = self.results.get(key) {
            let report = reports::report(of, key, record, seconds);
            self.handle.block_on(connection.apply(&resource, &report))
        } else {
            let name = reports::name(of, key);
            self.handle
                .block_on(connection.delete(&resource, &key.namespace, &name))
        };
        match written {
            // The namespace goes, and the report with it.
            Err(error) if error.is_not_found() => Ok(()),
            other => other,
        }
    }

    /// Whether the status needs no further attempt: it was written, or nobody has such a constraint.
    fn write_status(&self, (kind, name): &status::Constraint, status: &Value) -> bool {
        let Some(resource) = self.constraints.iter().find(|it| it.kind == *kind) else {
            return true;
        };
        let writing = self
            .audit
            .connection
            .patch_status(resource, "", name, status);
        match self.handle.block_on(writing) {
            Err(error) if !error.is_not_found() => {
                tracing::warn!(%error, kind, name,
                    "the status of a constraint could not be written; it is tried again");
                false
            }
            _ => true,
        }
    }
}

/// A text among the metadata of an object.
fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object
        .get("metadata")
        .and_then(|metadata| metadata.get(field)?.as_str())
        .unwrap_or("")
}
