//! The image policy as a judge of pods and of what carries them.

use std::{collections::BTreeSet, sync::Arc};

use ringwall_input::{
    kubernetes::{PodPath, Resource, Workload, workloads},
    yaml,
};
use serde_json::Value;

use super::{BREAK_GLASS, ImageContext, ImagePolicy};
use crate::admission::{
    Action, AdmissionRequest, Deadline, Judge, LATE, Mutation, Operation, PolicyStatus, Source,
    Verdict, Violation, read_object, without_managed_fields,
};

/// What violations name as the policy.
const POLICY: &str = "image-policy";

/// The audit annotation that says for what reason the policy was lifted.
pub const BROKEN_GLASS: &str = "image-policy.break-glass";

/// The image policy over pods and the objects that carry them.
pub struct PodImages {
    /// The policy.
    pub policy: Arc<ImagePolicy>,
    /// Where custom kinds carry pods.
    pub pod_paths: Vec<PodPath>,
}

/// An image of a container or of a volume: where it stands and what it says.
struct Image {
    path: String,
    name: String,
}

/// The images of an object, with the annotation of break-glass of the pod they belong to.
struct Images {
    pods: Vec<(Vec<Image>, Option<String>)>,
}

impl Images {
    fn of(object: &Value, pod_paths: &[PodPath]) -> Result<Self, String> {
        let (_, document) = read_object(&without_managed_fields(object))?;
        let resource =
            Resource::new(document.root()).ok_or("the object states no apiVersion or no kind")?;
        let mut pointers = yaml::Pointers::new(&document);
        let mut of_pod = |pod: &Workload<'_>| {
            let containers = pod.containers.iter().filter_map(|it| it.image);
            let volumes = pod.pod.image_volumes().map(|(_, image)| image);
            let images = containers.chain(volumes).map(|image| Image {
                path: pointers.of(image.place()),
                name: image.text().to_owned(),
            });
            let images = images.collect();
            let annotation = pod
                .pod
                .annotation(BREAK_GLASS)
                .or_else(|| resource.annotation(BREAK_GLASS));
            (images, annotation.map(|reason| reason.text().to_owned()))
        };
        Ok(Self {
            pods: workloads(&resource, pod_paths)
                .iter()
                .map(&mut of_pod)
                .collect(),
        })
    }

    fn names(&self) -> Vec<&str> {
        let images = self.pods.iter().flat_map(|(images, _)| images);
        images.map(|image| image.name.as_str()).collect()
    }
}

impl PodImages {
    /// The object whose images are to be judged; an update that brings no new image is left alone.
    fn concerns<'r>(&self, request: &'r AdmissionRequest) -> Option<&'r Value> {
        let object = request.object.as_ref()?;
        let is_change = !matches!(
            request.operation,
            Some(Operation::Delete | Operation::Connect)
        );
        let is_whole = matches!(request.sub_resource.as_str(), "" | "ephemeralcontainers");
        if !is_change || !is_whole {
            return None;
        }
        if request.operation == Some(Operation::Update)
            && let Some(old) = &request.old_object
            && let (Ok(new), Ok(old)) = (self.images(object), self.images(old))
        {
            let known: BTreeSet<&str> = old.names().into_iter().collect();
            return new
                .names()
                .iter()
                .any(|name| !known.contains(name))
                .then_some(object);
        }
        Some(object)
    }

    fn images(&self, object: &Value) -> Result<Images, String> {
        Images::of(object, &self.pod_paths)
    }

    /// The images that a request would bring into the cluster.
    pub fn to_judge(&self, request: &AdmissionRequest) -> Vec<String> {
        let object = self.concerns(request);
        let images = object.and_then(|object| self.images(object).ok());
        let images = images.iter().flat_map(Images::names);
        images.map(str::to_owned).collect()
    }
}

/// Whether an image can still be written otherwise. Of a pod that runs, ephemeral containers that are there already
/// cannot, and where such are added, nothing else can.
fn is_open(request: &AdmissionRequest, image: &Image) -> bool {
    let is_ephemeral = image.path.starts_with("/spec/ephemeralContainers/");
    if request.operation != Some(Operation::Update) {
        return true;
    }
    if !is_ephemeral {
        return request.sub_resource.is_empty();
    }
    let old = request.old_object.as_ref();
    old.is_none_or(|old| old.pointer(&image.path).is_none())
}

fn failure(reason: String) -> Violation {
    let mut error = Violation::new(Source::ImagePolicy, POLICY, Action::Deny, reason);
    error.is_error = true;
    error
}

impl Judge for PodImages {
    fn review(&self, request: &AdmissionRequest, deadline: &dyn Deadline) -> Verdict {
        let mut verdict = Verdict::default();
        let Some(object) = self.concerns(request) else {
            return verdict;
        };
        let images = match self.images(object) {
            Ok(images) => images,
            Err(reason) => {
                verdict.violations.push(failure(reason));
                return verdict;
            }
        };
        for (images, break_glass) in &images.pods {
            let context = ImageContext {
                namespace: &request.namespace,
                break_glass: break_glass.as_deref(),
            };
            for image in images {
                if deadline.is_over() {
                    verdict.violations.push(failure(LATE.to_owned()));
                    return verdict;
                }
                let told = self.policy.judge([image.name.as_str()], &context);
                for problem in &told.problems {
                    let action = if told.break_glass.is_some() {
                        Action::Warn
                    } else {
                        problem.action
                    };
                    let mut violation = Violation::new(
                        Source::ImagePolicy,
                        format!("{POLICY}/{}", problem.rule),
                        action,
                        problem.message.clone(),
                    );
                    violation.paths = vec![image.path.clone()];
                    violation.is_error = problem.is_not_assessed;
                    verdict.violations.push(violation);
                }
                if told.refused_break_glass && !told.problems.is_empty() {
                    let message = format!(
                        "{BREAK_GLASS} lifts nothing here: it needs a reason, and a namespace of break-glass-namespaces"
                    );
                    verdict.violations.push(Violation::new(
                        Source::ImagePolicy,
                        format!("{POLICY}/break-glass"),
                        Action::Warn,
                        message,
                    ));
                }
                if let (Some(reason), false) = (told.break_glass, told.problems.is_empty()) {
                    let annotation = (BROKEN_GLASS.to_owned(), reason);
                    if !verdict.audit_annotations.contains(&annotation) {
                        verdict.audit_annotations.push(annotation);
                    }
                }
            }
        }
        verdict
    }

    fn mutate(&self, request: &AdmissionRequest, deadline: &dyn Deadline) -> Mutation {
        let mut mutation = Mutation::default();
        let Some(object) = self.concerns(request) else {
            return mutation;
        };
        let images = match self.images(object) {
            Ok(images) => images,
            Err(reason) => {
                mutation.violations.push(failure(reason));
                return mutation;
            }
        };
        let mut changed = object.clone();
        for image in images.pods.iter().flat_map(|(images, _)| images) {
            if deadline.is_over() {
                mutation.violations.push(failure(LATE.to_owned()));
                return mutation;
            }
            if !is_open(request, image) {
                continue;
            }
            if let Some(with_digest) = self.policy.with_digest(&image.name)
                && let Some(place) = changed.pointer_mut(&image.path)
            {
                *place = Value::String(with_digest);
            }
        }
        mutation.object = (changed != *object).then_some(changed);
        mutation
    }

    fn status(&self) -> Vec<PolicyStatus> {
        vec![PolicyStatus {
            source: Source::ImagePolicy,
            policy: POLICY.to_owned(),
            file: None,
            problem: None,
        }]
    }
}
