//! Which images something uses: manifests that are about to be applied, and objects of a cluster.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ringwall_collect::{Inputs, Role, classify};
use ringwall_input::{
    image_reference::ImageReference,
    kubernetes::{self, ObjectDocument, PodPath, Workload},
    yaml,
};
use ringwall_model::Source;
use ringwall_report::{RegistryGap, subject_words};
use serde_json::Value;

use crate::{
    Config,
    file::{FileForm, is_foreign_json},
    scan::find_roots,
};

/// Most that use one image and are named.
const MAX_USERS: usize = 100;

/// Lists of the status of a pod that name what runs.
const STATUSES: [&str; 3] = [
    "containerStatuses",
    "initContainerStatuses",
    "ephemeralContainerStatuses",
];

/// Which images something uses.
#[derive(Clone, Debug, Default)]
pub struct ImageUses {
    /// By repository and tag, written out.
    by_name: BTreeMap<String, BTreeSet<String>>,
    /// By digest, wherever the image is: a registry may have several names.
    by_digest: BTreeMap<String, BTreeSet<String>>,
    /// What could not be looked at, so that there may be more.
    pub not_assessed: BTreeSet<RegistryGap>,
}

impl ImageUses {
    /// Adds what manifests use, which are read as a scan reads them.
    pub fn add_files(&mut self, files: &Inputs, config: &Config, limit_bytes: u64) {
        let pod_paths = config.pod_paths();
        for unreadable in &files.unreadable {
            self.miss("unreadable-file", &unreadable.name, &unreadable.reason);
        }
        let roots = find_roots(files, ringwall_collect::Files::Now, limit_bytes);
        for chart in roots.charts.iter().filter(|chart| chart.parent.is_none()) {
            let file = chart.file.as_deref().unwrap_or(&chart.folder);
            let reason = "charts are not rendered; give the output of `helm template`";
            self.miss("unrenderable-chart", file, reason);
        }
        for overlay in &roots.kustomizations {
            let reason = "overlays are not rendered; give the output of `kubectl kustomize`";
            self.miss("unrenderable-overlay", &overlay.file, reason);
        }
        for file in &files.files {
            let role = roots.file_role(&file.name);
            let is_rendered = !matches!(role, Role::ChartTemplate(_));
            if !is_rendered || FileForm::new(classify(&file.name), role) != FileForm::Manifest {
                continue;
            }
            let content = ringwall_collect::read(file, limit_bytes);
            match content.text() {
                Some(text) => self.add_text(&file.name, text, &pod_paths),
                None => self.miss("unreadable-file", &file.name, "it is no text, or too large"),
            }
        }
    }

    /// Adds what the text of a manifest uses.
    pub fn add_text(&mut self, name: &str, text: &str, pod_paths: &[PodPath]) {
        let source = Arc::new(Source::new(name, text));
        if is_foreign_json(&source) {
            return;
        }
        let (documents, diagnostics) = yaml::parse(&source);
        if let Some(diagnostic) = diagnostics.first() {
            self.miss("unparsable-file", name, &diagnostic.message);
        }
        for document in &documents {
            if let Some((_, reason)) = kubernetes::incomplete_items(document).first() {
                self.miss("incomplete-object", name, reason);
            }
            match kubernetes::objects(document) {
                ObjectDocument::Foreign => {}
                ObjectDocument::Incomplete(_, reason) => {
                    self.miss("incomplete-object", name, &reason);
                }
                ObjectDocument::Objects(objects) => {
                    for object in objects {
                        let user = subject_words(&object.subject());
                        for workload in kubernetes::workloads(&object, pod_paths) {
                            self.add_workload(&workload, &user);
                        }
                    }
                }
            }
        }
    }

    /// Adds what an object of a cluster uses: by what it states, and of a pod by what runs.
    pub fn add_object(&mut self, object: &Value, config: &Config) {
        let metadata = |field: &str| object.pointer(&format!("/metadata/{field}"))?.as_str();
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or("Pod");
        let (namespace, name) = (metadata("namespace"), metadata("name"));
        let place = format!(
            "{kind} {}/{}",
            namespace.unwrap_or_default(),
            name.unwrap_or_default()
        );
        self.add_text(&place, &object.to_string(), &config.pod_paths());
        let status = object.get("status");
        let lists = STATUSES.iter().filter_map(|list| status?.get(list));
        for container in lists.filter_map(Value::as_array).flatten() {
            let id = container.get("imageID").and_then(Value::as_str);
            // `docker-pullable://shop.example/web@sha256:...`, `sha256:...`, or empty before it is there.
            if let Some((_, hex)) = id.and_then(|id| id.rsplit_once("sha256:")) {
                self.by_digest(format!("sha256:{hex}"), &place);
            }
        }
    }

    /// Notes that something could not be looked at.
    pub fn miss(&mut self, id: &'static str, what: &str, reason: &str) {
        self.not_assessed.insert(RegistryGap {
            id,
            repository: None,
            what: Some(what.to_owned()),
            reason: reason.to_owned(),
        });
    }

    /// Whether everything was looked at that was to be.
    pub fn is_complete(&self) -> bool {
        self.not_assessed.is_empty()
    }

    /// Who uses what a tag of a repository names.
    pub(super) fn of_tag(&self, repository: &str, tag: &str) -> impl Iterator<Item = &String> {
        let name = format!("{repository}:{tag}");
        self.by_name.get(&name).into_iter().flatten()
    }

    /// Who uses an image by a digest.
    pub(super) fn of_digest(&self, digest: &str) -> impl Iterator<Item = &String> {
        self.by_digest.get(digest).into_iter().flatten()
    }

    fn add_workload(&mut self, workload: &Workload<'_>, user: &str) {
        let images = workload.containers.iter().filter_map(|it| it.image);
        // A volume may be an image too.
        let volumes = workload.pod.spec.list("volumes");
        let volumes = volumes.filter_map(|volume| volume.path(&["image", "reference"]));
        for image in images.chain(volumes) {
            let text = image.text();
            match ImageReference::parse(text) {
                Ok(image) => self.add(&image, user),
                Err(error) => {
                    let reason = format!("its image {text:?} is no name of an image: {error}");
                    self.miss("unreadable-image", user, &reason);
                }
            }
        }
    }

    fn add(&mut self, image: &ImageReference<'_>, user: &str) {
        if let Some(digest) = image.digest {
            self.by_digest(digest.to_owned(), user);
        } else if let Some(tag) = image.effective_tag() {
            let name = format!("{}:{tag}", image.name());
            add_user(self.by_name.entry(name).or_default(), user);
        }
    }

    fn by_digest(&mut self, digest: String, user: &str) {
        add_user(self.by_digest.entry(digest).or_default(), user);
    }
}

fn add_user(users: &mut BTreeSet<String>, user: &str) {
    if users.len() < MAX_USERS {
        users.insert(user.to_owned());
    }
}
