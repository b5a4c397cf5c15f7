//! What the policy says of an image that its name does not tell: signatures, flaws, and what else was found.

use ringwall_input::image_reference::ImageReference;

use super::{
    super::{
        Assessed, FindingConfig, ImageFindings, NotAssessedAction, Signature, Vulnerability,
        VulnerabilityConfig,
    },
    ImagePolicy, ImageProblem,
};
use crate::admission::Action;

/// Most vulnerabilities and checks that a message names.
const NAMED: usize = 5;

impl ImagePolicy {
    /// What cannot be told from the name.
    pub(super) fn judge_content(
        &self,
        image: &str,
        reference: &ImageReference<'_>,
        problems: &mut Vec<ImageProblem>,
    ) {
        let needs_signature = self.signed.contain(&reference.name());
        let (flaws, findings) = (&self.config.vulnerabilities, &self.config.findings);
        if !needs_signature && flaws.is_none() && findings.is_none() {
            return;
        }
        let not_assessed = |rule: &'static str, why: &str| ImageProblem {
            rule,
            action: match self.config.not_assessed {
                NotAssessedAction::Deny => Action::Deny,
                NotAssessedAction::Warn => Action::Warn,
            },
            message: format!("image {image} could not be assessed: {why}"),
            is_not_assessed: true,
        };
        let digest = match self.digest(reference) {
            Assessed::Known(digest) => digest,
            Assessed::Not(why) => {
                problems.push(not_assessed("digest-not-assessed", &why));
                return;
            }
        };
        let refuse = |rule, why: &str| ImageProblem {
            rule,
            action: Action::Deny,
            message: format!("image {image} {why}"),
            is_not_assessed: false,
        };
        if needs_signature {
            match self.facts.signature(reference, &digest) {
                Assessed::Known(Signature::Verified(_)) => {}
                Assessed::Known(Signature::Missing(why)) => {
                    problems.push(refuse("unsigned-image", &format!("is not signed: {why}")));
                }
                Assessed::Not(why) => problems.push(not_assessed("signature-not-assessed", &why)),
            }
        }
        // What was found may be no reason to refuse an image, and yet there may be more.
        if let Some(limits) = flaws {
            let (refused, open) = match self.facts.vulnerabilities(reference, &digest) {
                Assessed::Known(known) => (self.counting(limits, &known.found), known.unknown),
                Assessed::Not(why) => (None, Some(why)),
            };
            if let Some(named) = refused {
                problems.push(refuse("vulnerable-image", &format!("has {named}")));
            } else if let Some(why) = open {
                problems.push(not_assessed("vulnerabilities-not-assessed", &why));
            }
        }
        if let Some(limits) = findings {
            let (refused, open) = match self.facts.findings(reference, &digest) {
                Assessed::Known(known) => (refused(limits, &known), limits.open_in(&known)),
                Assessed::Not(why) => (None, Some(why)),
            };
            if let Some(named) = refused {
                problems.push(refuse("finding-in-image", &format!("has {named}")));
            } else if let Some(why) = open {
                problems.push(not_assessed("findings-not-assessed", &why));
            }
        }
    }

    /// The vulnerabilities that count, in words.
    fn counting(&self, limits: &VulnerabilityConfig, found: &[Vulnerability]) -> Option<String> {
        let counts = |one: &&Vulnerability| {
            let is_old_enough = one
                .published
                .is_none_or(|day| self.as_of.days_since(day) >= i64::from(limits.grace_days));
            (limits.refuse_exploited && one.is_exploited)
                || (one.severity >= limits.severity
                    && (one.has_fix || !limits.only_fixable)
                    && is_old_enough)
        };
        listed(found.iter().filter(counts).map(|one| one.id.clone()))
    }

    /// The image by its digest, `registry/path@sha256:...`, where a scan would tell what the policy asks for and no
    /// report does, or where it wants a signature and none is known: whoever looks at it now, answers. One that its
    /// name rules out is none of these.
    pub fn unassessed(&self, image: &str) -> Option<String> {
        let reference = ImageReference::parse(image).ok()?;
        let name = reference.name();
        let is_allowed = self.allowed.as_ref().is_none_or(|it| it.contain(&name));
        if !is_allowed || self.denied.contain(&name) {
            return None;
        }
        let Assessed::Known(digest) = self.digest(&reference) else {
            return None;
        };
        let is_unsigned = || {
            let known = self.facts.signature(&reference, &digest);
            self.signed.contain(&name) && !matches!(known, Assessed::Known(Signature::Verified(_)))
        };
        (self.is_unscanned(&reference, &digest) || is_unsigned())
            .then(|| format!("{name}@{digest}"))
    }

    /// Whether a scan would tell more than is known.
    fn is_unscanned(&self, reference: &ImageReference<'_>, digest: &str) -> bool {
        let flaws = self.config.vulnerabilities.is_some()
            && matches!(
                self.facts.vulnerabilities(reference, digest),
                Assessed::Not(_)
            );
        let findings = self.config.findings.as_ref();
        flaws
            || findings.is_some_and(|limits| match self.facts.findings(reference, digest) {
                Assessed::Known(known) => limits.lacks_a_search(&known),
                Assessed::Not(_) => true,
            })
    }
}

/// The findings that refuse an image, in words.
fn refused(limits: &FindingConfig, known: &ImageFindings) -> Option<String> {
    let refused = known.found.iter();
    let refused = refused.filter(|(check, one)| limits.refuses(check, one.severity));
    listed(refused.map(|(check, one)| match &one.path {
        Some(path) => format!("{check} (/{})", path.trim_start_matches('/')),
        None => check.clone(),
    }))
}

/// The first few of some names, and how many more there are; nothing where there is none.
fn listed(names: impl Iterator<Item = String>) -> Option<String> {
    let names: Vec<_> = names.collect();
    let first = names.get(..NAMED).unwrap_or(&names).join(", ");
    match names.len().saturating_sub(NAMED) {
        _ if names.is_empty() => None,
        0 => Some(first),
        more => Some(format!("{first} and {more} more")),
    }
}
