//! The objects of manifests: those of several files are judged together.

use std::sync::Arc;

use ringwall_checks::judge::{self, Found, ObjectWithPods};
use ringwall_input::{
    Diagnostic,
    kubernetes::{self, ObjectDocument, Resource, Workload},
    yaml::{self, Document, Node},
};
use ringwall_model::{NotAssessed, Source, Subject};

use super::{FileForm, Judge, Judged, Read, not_assessed};
use crate::{
    exceptions::{keep_images, manifest_covers, stray_marks},
    images::Images,
    pod_security,
};

/// How many objects are judged together: as many as stay at hand while each check looks at all of them, and few enough
/// that those of a long list take no room all at once.
const TOGETHER: usize = 16;

/// Groups of what components of a cluster start with.
const COMPONENTS: [&str; 7] = [
    "apiserver.config.k8s.io",
    "cloudcontrollermanager.config.k8s.io",
    "kubeadm.k8s.io",
    "kubecontrollermanager.config.k8s.io",
    "kubelet.config.k8s.io",
    "kubeproxy.config.k8s.io",
    "kubescheduler.config.k8s.io",
];

/// The objects of a document, each with its pods.
type Objects<'a> = Vec<(Resource<'a>, Vec<Workload<'a>>)>;

/// The documents of a manifest; what is wrong with its text is noted.
pub(super) fn read(judged: &mut Judged) -> Vec<Document> {
    let source = Arc::clone(&judged.source);
    if is_foreign_json(&source) {
        return Vec::new();
    }
    let (documents, diagnostics) = yaml::parse(&source);
    let unparsable = diagnostics.iter().map(|it| unparsable(&source, it));
    judged.not_assessed.extend(unparsable);
    documents
}

impl Judge<'_> {
    /// Judges the objects of texts that were read.
    pub(super) fn manifests(&self, read: &mut [Read]) {
        let mut all: Vec<(&mut Judged, Vec<(&Document, Objects<'_>)>)> = Vec::new();
        let mut has_objects = Vec::new();
        for Read { judged, documents } in &mut *read {
            // Marks in other texts are read otherwise, or not at all.
            if judged.form == FileForm::Manifest {
                stray_marks(&judged.source, documents, &mut judged.marks);
            }
            let mut kept = Vec::new();
            for document in &*documents {
                let objects = self.objects_of(document, judged);
                has_objects.push(objects.is_some());
                kept.extend(objects.map(|objects| (document, objects)));
            }
            if !kept.is_empty() && is_of_ytt(&judged.source, documents) {
                let file = Arc::clone(&judged.source.name);
                let reason = "templates of ytt are not rendered; scan the output of `ytt`";
                judged.not_assessed.push(not_assessed(
                    "unrenderable-template",
                    Subject::default(),
                    None,
                    &file,
                    reason,
                ));
            }
            all.push((judged, kept));
        }
        let objects: Vec<ObjectWithPods<'_, '_>> = (all.iter())
            .flat_map(|(_, documents)| documents)
            .flat_map(|(_, objects)| objects)
            .map(|(object, workloads)| (object, workloads.as_slice()))
            .collect();
        let found: Vec<Found> = (objects.chunks(TOGETHER))
            .flat_map(|objects| self.objects(objects))
            .collect();
        let mut found = found.into_iter();
        for (judged, documents) in all {
            for (document, objects) in documents {
                for ((object, workloads), found) in objects.iter().zip(&mut found) {
                    self.add(object, workloads, found, judged);
                }
                judged.resources += objects.len() as u64;
                manifest_covers(document, &objects, &mut judged.marks);
                if self.excepts_images {
                    keep_images(&objects, &mut judged.marks);
                }
            }
        }
        let mut has_objects = has_objects.into_iter();
        for Read { judged, documents } in read {
            let kept = documents.drain(..).zip(&mut has_objects);
            let kept = kept.filter_map(|(document, is_kept)| is_kept.then_some(document));
            judged.documents.extend(kept);
            if judged.form == FileForm::Manifest {
                judged.is_foreign = judged.documents.is_empty() && judged.not_assessed.is_empty();
            }
        }
    }

    /// The objects of a document, and what cannot be judged of it; `None` for a document without any.
    fn objects_of<'a>(&self, document: &'a Document, judged: &mut Judged) -> Option<Objects<'a>> {
        let incomplete = kubernetes::incomplete_items(document).into_iter();
        let incomplete = incomplete.map(|(node, reason)| incomplete_object(node, reason));
        judged.not_assessed.extend(incomplete);
        let objects = kubernetes::objects(document);
        // What kubectl refuses matters where it would be given to kubectl.
        if !matches!(objects, ObjectDocument::Foreign) || is_text_with_object(document) {
            let refused = document.refused().iter();
            let refused = refused.map(|it| unparsable(&document.source, it));
            judged.not_assessed.extend(refused);
        }
        match objects {
            ObjectDocument::Foreign => None,
            ObjectDocument::Incomplete(node, reason) => {
                judged.not_assessed.push(incomplete_object(node, reason));
                None
            }
            ObjectDocument::Objects(objects) => {
                let with_pods = objects.into_iter().map(|object| {
                    let workloads = kubernetes::workloads(&object, self.pod_paths);
                    (object, workloads)
                });
                Some(with_pods.collect())
            }
        }
    }

    /// Judges objects by checks, or by Pod Security alone.
    fn objects(&self, objects: &[ObjectWithPods<'_, '_>]) -> Vec<Found> {
        let unreported = Some(self.unreported()).filter(|checks| !checks.is_empty());
        let unreported = unreported.map(|checks| judge::objects(objects, checks, self.settings));
        let mut all = match self.pod_security {
            Some(request) => (objects.iter())
                .map(|(_, workloads)| {
                    let mut found = Found::default();
                    for workload in *workloads {
                        pod_security::judge(workload, request, &mut found.findings);
                    }
                    found
                })
                .collect(),
            None => judge::objects(objects, &self.selection.checks, self.settings),
        };
        for (found, unreported) in all.iter_mut().zip(unreported.unwrap_or_default()) {
            found.secrets.extend(unreported.secrets);
        }
        if self.show_passed && self.pod_security.is_none() {
            for ((object, workloads), found) in objects.iter().zip(&mut all) {
                self.passed(object, !workloads.is_empty(), &mut found.findings);
            }
        }
        all
    }

    /// Adds what was found in an object, and what of it cannot be judged.
    fn add(
        &self,
        object: &Resource<'_>,
        workloads: &[Workload<'_>],
        mut found: Found,
        judged: &mut Judged,
    ) {
        judged.objects.push(object.node.span());
        judged.findings.append(&mut found.findings);
        judged.secrets.append(&mut found.secrets);
        let has_containers = |workload: &Workload<'_>| !workload.containers.is_empty();
        let without_pod = (!workloads.iter().any(has_containers))
            .then(|| self.without_pod(object))
            .flatten();
        if without_pod.is_none() {
            judged
                .not_assessed
                .extend(unassessed_workload(object, workloads));
        }
        judged.not_assessed.extend(without_pod);
        let value = kubernetes::unrendered_of_pods(workloads);
        let value = value.or_else(|| {
            let is_asked = self.pod_security.is_none();
            is_asked.then(|| kubernetes::unrendered(object)).flatten()
        });
        judged
            .not_assessed
            .extend(value.map(|value| unrendered(object, value)));
        if self.pod_security.is_some() {
            return;
        }
        judged.not_assessed.extend(unassessed_object(object));
        judged.not_assessed.extend(unassessed_configuration(object));
        if let Some(policy) = self.images {
            let images = Images {
                policy,
                selection: self.selection,
            };
            images.judge(workloads, judged);
        }
    }

    /// A kind that carries a pod, by the configuration, and does not: what would be judged was not found.
    fn without_pod(&self, object: &Resource<'_>) -> Option<NotAssessed> {
        let mut paths = self.pod_paths.iter().filter(|path| path.is_of(object));
        let place = match &*paths.next()?.path {
            "" => "the object itself",
            path => path,
        };
        let location = object.place().location();
        let file = Arc::clone(&location.file);
        let reason =
            format!("has no pod's spec at {place}, where [[workloads]] of the configuration says");
        let subject = object.subject();
        Some(not_assessed(
            "missing-pod",
            subject,
            Some(location),
            &file,
            reason,
        ))
    }
}

fn unparsable(source: &Source, diagnostic: &Diagnostic) -> NotAssessed {
    not_assessed(
        "unparsable-file",
        Subject::default(),
        Some(source.location(diagnostic.span)),
        &source.name,
        diagnostic.message.clone(),
    )
}

fn incomplete_object(node: Node<'_>, reason: String) -> NotAssessed {
    let location = node.location();
    let file = Arc::clone(&location.file);
    let subject = Subject::default();
    not_assessed("incomplete-object", subject, Some(location), &file, reason)
}

/// Whether a text is a template of ytt, whose code stands in comments: it begins with some, or what a value would be
/// stands in one.
fn is_of_ytt(source: &Source, documents: &[Document]) -> bool {
    if !source.text.contains("#@") {
        return false;
    }
    let mut lines = source.text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && *line != "---");
    first.is_some_and(|first| first.starts_with("#@"))
        || documents
            .iter()
            .any(|document| has_code(source, document.root(), yaml::MAX_DEPTH))
}

/// Whether a value of a node is code of ytt: nothing, and a comment behind it.
fn has_code(source: &Source, node: Node<'_>, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    let is_code = |key: Node<'_>, value: Node<'_>| {
        let behind = source.text.get(key.span().end as usize..).unwrap_or("");
        let line = behind.lines().next().unwrap_or("");
        let line = line.trim_start_matches(['"', '\'', ':']).trim_start();
        value.is_null() && line.starts_with("#@ ")
    };
    let mut entries = node.written_entries();
    entries.any(|(key, value)| is_code(key, value) || has_code(source, value, depth))
        || node.items().any(|item| has_code(source, item, depth))
}

/// Whether a document is one text in which an object is written, as behind `--- |`.
fn is_text_with_object(document: &Document) -> bool {
    let root = document.root();
    root.is_scalar()
        && ["apiVersion:", "kind:"]
            .iter()
            .all(|key| root.text().contains(key))
}

/// Says that something runs in a custom object which nobody can judge.
fn unassessed_workload(object: &Resource<'_>, workloads: &[Workload<'_>]) -> Option<NotAssessed> {
    let part = kubernetes::unassessed_pod(object, workloads)?;
    let what = if workloads.is_empty() {
        "parts of a pod"
    } else {
        "parts of a pod beside those that are judged"
    };
    let reason = format!(
        "holds {what}, and where the pod is in objects of kind {} of {} is not known; say so with [[workloads]] in ringwall.toml, or scan the pods that it makes",
        object.kind, object.api_version
    );
    Some(not_assessed(
        "unassessed-workload",
        object.subject(),
        Some(part.location()),
        object.file(),
        reason,
    ))
}

/// Says that something puts a value in place before the object is applied, so that nobody knows what it will be.
fn unrendered(object: &Resource<'_>, value: Node<'_>) -> NotAssessed {
    let what = value.key().map_or("a value", Node::text);
    let shown = if value.is_scalar() {
        value.text()
    } else {
        "a template"
    };
    let reason = format!(
        "{what} is {shown}, which something replaces before it is applied; scan what is made of it"
    );
    not_assessed(
        "unrenderable-template",
        object.subject(),
        Some(value.location()),
        object.file(),
        reason,
    )
}

/// Says that a custom object holds objects of Kubernetes, which something else applies.
fn unassessed_object(object: &Resource<'_>) -> Option<NotAssessed> {
    let (place, kind) = kubernetes::unassessed_object(object)?;
    let reason = format!(
        "holds objects for something else to apply, the first of kind {kind}; scan what is made of it"
    );
    Some(not_assessed(
        "unassessed-object",
        object.subject(),
        Some(place.location()),
        object.file(),
        reason,
    ))
}

/// Says that nothing looks at what a component of the cluster starts with.
fn unassessed_configuration(object: &Resource<'_>) -> Option<NotAssessed> {
    let is_of_component = COMPONENTS.contains(&object.group());
    // Of the configuration of admission, plugins for images are judged.
    let is_judged = match object.kind {
        "EncryptionConfiguration" => true,
        "AdmissionConfiguration" => object
            .node
            .list("plugins")
            .all(|plugin| plugin.str("name") == Some("ImagePolicyWebhook")),
        _ => false,
    };
    let reason = format!(
        "no check looks at objects of kind {}, by which a component of the cluster is configured",
        object.kind
    );
    (is_of_component && !is_judged).then(|| {
        not_assessed(
            "unassessed-configuration",
            object.subject(),
            Some(object.place().location()),
            object.file(),
            reason,
        )
    })
}

/// JSON of other programs is seldom strict YAML (comments, tabs); what names no object is none of ours.
/// An escape may spell any word, so a text with one is read.
pub(crate) fn is_foreign_json(source: &Source) -> bool {
    source.name.ends_with(".json")
        && !["apiVersion", "containers", "imagePolicy", "\\u"]
            .iter()
            .any(|sign| source.text.contains(sign))
}
