//! The way to an API server.

use std::path::Path;

use kube::{
    Api, Client, Config,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::Value;

use crate::{Resource, resource};

/// Objects that the server hands out at once.
pub(crate) const PAGE: u32 = 500;

/// Name under which ringwall writes.
const MANAGER: &str = "ringwall";

/// Why the cluster could not be reached, or refused.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The kubeconfig cannot be used.
    #[error("cannot use the kubeconfig: {0}")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// There is neither a kubeconfig nor a pod around the process.
    #[error("found no cluster: give --kubeconfig, set KUBECONFIG, or run in a pod ({0})")]
    NoCluster(#[from] kube::config::InferConfigError),
    /// The server does not take us for whom we say we are.
    #[error(
        "the API server does not accept our credentials; a client certificate or token may have expired ({0})"
    )]
    Credentials(kube::Error),
    /// The server cannot be reached, or answered with an error.
    #[error(transparent)]
    Server(kube::Error),
    /// A watch broke off.
    #[error("watching broke off: {0}")]
    Watch(#[from] kube::runtime::watcher::Error),
    /// A value is no object of Kubernetes.
    #[error("not an object: {0}")]
    NoObject(#[from] serde_json::Error),
}

impl From<kube::Error> for ConnectionError {
    fn from(error: kube::Error) -> Self {
        match &error {
            kube::Error::Api(status) if status.code == 401 => Self::Credentials(error),
            _ => Self::Server(error),
        }
    }
}

impl ConnectionError {
    /// Whether the server said that there is no such object or resource.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Server(kube::Error::Api(status)) if status.code == 404)
    }
}

/// A connection to an API server; clones share it.
#[derive(Clone)]
pub struct Connection {
    client: Client,
}

impl Connection {
    /// Connects as kubectl would: by a file, by `KUBECONFIG` or the home folder, or as the pod around the process.
    pub async fn open(
        kubeconfig: Option<&Path>,
        context: Option<&str>,
    ) -> Result<Self, ConnectionError> {
        let options = KubeConfigOptions {
            context: context.map(str::to_owned),
            ..KubeConfigOptions::default()
        };
        let config = match (kubeconfig, context) {
            (Some(path), _) => {
                Config::from_custom_kubeconfig(Kubeconfig::read_from(path)?, &options).await?
            }
            (None, Some(_)) => Config::from_kubeconfig(&options).await?,
            (None, None) => Config::infer().await?,
        };
        Ok(Self {
            client: Client::try_from(config)?,
        })
    }

    /// Everything that can be listed and watched.
    pub async fn resources(&self) -> Result<Vec<Resource>, ConnectionError> {
        Ok(resource::discover(self.client.clone()).await?)
    }

    /// One object.
    pub async fn get(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
    ) -> Result<Value, ConnectionError> {
        let object = self.api(resource, namespace).get(name).await?;
        Ok(serde_json::to_value(object)?)
    }

    /// Some objects of a resource, in one namespace or (if none is named) in all, with the token of those that follow;
    /// all of them may be more than should be held at once.
    pub async fn page(
        &self,
        resource: &Resource,
        namespace: &str,
        token: Option<&str>,
    ) -> Result<(Vec<Value>, Option<String>), ConnectionError> {
        let api = self.api(resource, namespace);
        let mut parameters = ListParams::default().limit(PAGE);
        if let Some(token) = token {
            parameters = parameters.continue_token(token);
        }
        let page = api.list(&parameters).await?;
        let objects = page
            .items
            .into_iter()
            .map(|object| to_value(resource, object))
            .collect::<Result<_, _>>()?;
        let next = page.metadata.continue_.filter(|token| !token.is_empty());
        Ok((objects, next))
    }

    /// Makes an object, or brings it to this form; fields of others stay.
    pub async fn apply(&self, resource: &Resource, object: &Value) -> Result<(), ConnectionError> {
        let (namespace, name) = place(object);
        let parameters = PatchParams::apply(MANAGER).force();
        self.api(resource, namespace)
            .patch(name, &parameters, &Patch::Apply(object))
            .await?;
        Ok(())
    }

    /// Makes an object that must not be there yet.
    pub async fn create(&self, resource: &Resource, object: Value) -> Result<(), ConnectionError> {
        let object: DynamicObject = serde_json::from_value(object)?;
        let namespace = object.metadata.namespace.clone().unwrap_or_default();
        self.api(resource, &namespace)
            .create(&PostParams::default(), &object)
            .await?;
        Ok(())
    }

    /// Merges a change into the status of an object.
    pub async fn patch_status(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
        status: &Value,
    ) -> Result<(), ConnectionError> {
        let change = serde_json::json!({ "status": status });
        self.api(resource, namespace)
            .patch_status(name, &PatchParams::default(), &Patch::Merge(change))
            .await?;
        Ok(())
    }

    /// Takes an object away; it is no error if it is not there.
    pub async fn delete(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
    ) -> Result<(), ConnectionError> {
        let deleted = self
            .api(resource, namespace)
            .delete(name, &DeleteParams::default())
            .await;
        match deleted.map_err(ConnectionError::from) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    /// What the API server says to the `spec` of a `SubjectAccessReview`: its `status`.
    pub async fn review_access(&self, spec: &Value) -> Result<Value, ConnectionError> {
        let reviews = Resource {
            group: "authorization.k8s.io".to_owned(),
            version: "v1".to_owned(),
            kind: "SubjectAccessReview".to_owned(),
            plural: "subjectaccessreviews".to_owned(),
            is_namespaced: false,
        };
        let mut review = DynamicObject::new("", &reviews.to_api_resource());
        review.metadata.name = None;
        review.data = serde_json::json!({ "spec": spec });
        let mut answer = self
            .api(&reviews, "")
            .create(&PostParams::default(), &review)
            .await?;
        Ok(answer
            .data
            .get_mut("status")
            .map(Value::take)
            .unwrap_or_default())
    }

    /// The objects of a resource; in all namespaces if none is named.
    pub(crate) fn api(&self, resource: &Resource, namespace: &str) -> Api<DynamicObject> {
        let kind = resource.to_api_resource();
        let client = self.client.clone();
        if resource.is_namespaced && !namespace.is_empty() {
            Api::namespaced_with(client, namespace, &kind)
        } else {
            Api::all_with(client, &kind)
        }
    }
}

/// Namespace and name of an object.
fn place(object: &Value) -> (&str, &str) {
    let metadata = |field: &str| {
        object
            .get("metadata")
            .and_then(|metadata| metadata.get(field)?.as_str())
            .unwrap_or("")
    };
    (metadata("namespace"), metadata("name"))
}

/// An object as it is judged: with its kind, which items of a list come without, and without the notes on who wrote
/// which field, which nobody judges and which are the half of many objects.
pub(crate) fn to_value(
    resource: &Resource,
    object: DynamicObject,
) -> Result<Value, ConnectionError> {
    let mut value = serde_json::to_value(object)?;
    if let Some(members) = value.as_object_mut() {
        members
            .entry("apiVersion")
            .or_insert_with(|| Value::from(resource.api_version()));
        members
            .entry("kind")
            .or_insert_with(|| Value::from(resource.kind.as_str()));
        if let Some(metadata) = members.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
    }
    Ok(value)
}
