//! The variable `authorizer`: what the requester and service accounts may do.

use ringwall_cel::{AccessRequest, AccessReview, Authorizer, AuthorizerBackend, Bindings};

use crate::admission::{AccessReviewer, AdmissionRequest, ClusterView, Deadline, access};

/// Whoever is asked about one request.
pub(super) struct Asked<'r> {
    reviewer: &'r dyn AccessReviewer,
    request: &'r AdmissionRequest,
    deadline: &'r dyn Deadline,
}

impl<'r> Asked<'r> {
    /// `None` where nobody can be asked: then the variable has no value, and what reads it fails.
    pub(super) fn new(
        request: &'r AdmissionRequest,
        cluster: &'r dyn ClusterView,
        deadline: &'r dyn Deadline,
    ) -> Option<Self> {
        cluster.access().map(|reviewer| Self {
            reviewer,
            request,
            deadline,
        })
    }

    /// Gives `authorizer` and `authorizer.requestResource` their values: the latter is the resource as the client
    /// asked for it, before any conversion.
    pub(super) fn bind<'a>(&'a self, bindings: &mut Bindings<'a>) {
        let request = self.request;
        let (resource, sub_resource) = match &request.request_resource {
            Some(resource) => (resource, &request.request_sub_resource),
            None => (&request.resource, &request.sub_resource),
        };
        let authorizer = Authorizer::new(self);
        bindings
            .bind("authorizer", authorizer.clone().value())
            .bind(
                "authorizer.requestResource",
                authorizer.request_resource(
                    &resource.group,
                    &resource.resource,
                    sub_resource,
                    &request.namespace,
                    &request.name,
                ),
            );
    }
}

impl AuthorizerBackend for Asked<'_> {
    fn review(&self, asked: &AccessRequest<'_>) -> Result<AccessReview, String> {
        let spec = access::spec(asked, &self.request.user_info)?;
        self.reviewer.review(&spec, self.deadline)
    }
}
