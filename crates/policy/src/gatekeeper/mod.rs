//! Gatekeeper's policies: ConstraintTemplates and constraints, mutators, expansions, and what configures them.
//!
//! ```text
//! manifests ── load ──▶ Gatekeeper ── mutate(request) ──▶ object and patch
//!                           └──────── review(request) ──▶ violations
//! ```
//!
//! A [`Gatekeeper`] is one set of policies. It never changes, and any number of threads may ask it.
//! The cluster's objects for referential policies are an [`Inventory`], handed in.
//!
//! Source of formats and meaning: <https://open-policy-agent.github.io/gatekeeper/website/docs/>, and where they are
//! silent Gatekeeper 3.23 itself, which a test asks the same questions.
//!
//! Where it differs from Gatekeeper, it says more:
//!
//! - A violation that fails to be an object with a text `msg` is an error; Gatekeeper says nothing.
//! - A failed evaluation, an unknown namespace and an answer that came too late are told apart from violations.
//! - Expressions in CEL that do not compile are refused when they are read, not when they are asked.
//! - Fields that nobody knows are refused in constraints, mutators and configuration, as kubectl does.
//! - Of two policies of one kind and name the first stays, and the second is told.
//! - A parameter with a `format` must be a text; Gatekeeper's library lets lists pass.
//! - A path test that can never hold is refused, and one that can is not, in whatever order they are written.
//! - `dataSource: Username` sends the name of the user, even where the field holds a text already.
//! - A provider that says nothing about a key gives an error for it; Gatekeeper says nothing either.
//! - `assignIf`, which Gatekeeper no longer has, still works.
//! - Rules in CEL in schemas of parameters (`x-kubernetes-validations`) are refused: they are not evaluated.

mod apply_to;
mod case;
mod config;
mod constraint;
mod enforcement;
mod engine;
mod expansion;
pub mod external_data;
mod inventory;
mod load;
mod looks;
pub mod matching;
pub mod mutation;
mod reach;
mod read;
mod review;
mod schema;
pub mod suite;
mod template;

use std::{collections::BTreeMap, sync::Arc};

use engine::Prepared;
use external_data::Provider;
use looks::Looks;
use mutation::Mutators;

pub use case::Surroundings;
pub use config::{Config, Process, SyncRequirements};
pub use constraint::Constraint;
pub use enforcement::{Enforcement, EnforcementPoint};
pub use engine::{Engine, Settings};
pub use expansion::{ExpansionError, ExpansionTemplate, Expansions, Generated};
pub use inventory::{Inventory, InventoryStore, ObjectKey};
pub use load::{Options, is_policy};
pub(crate) use load::{idle, ungenerated, unmatched};
pub use reach::Reach;
pub use review::{Explanation, Mutated, Outcome};
pub use ringwall_rego::Need;
pub use template::Template;

/// One set of policies.
#[derive(Debug, Default)]
pub struct Gatekeeper {
    templates: Vec<Arc<Template>>,
    /// By kind and name.
    constraints: Vec<Loaded>,
    /// What the code of their templates looks at of `input.review`.
    looks_at: Arc<Need>,
    /// The same of some of them.
    looks: Looks,
    config: Config,
    mutators: Mutators,
    expansions: Expansions,
    providers: BTreeMap<String, Provider>,
}

/// A constraint and its template.
#[derive(Debug)]
struct Loaded {
    prepared: Prepared,
    template: Arc<Template>,
}

/// Templates that have constraints, each once.
fn used(constraints: &[Loaded]) -> impl Iterator<Item = &Template> {
    // Constraints of one kind stand together.
    let by_template = constraints.chunk_by(|one, next| Arc::ptr_eq(&one.template, &next.template));
    by_template.filter_map(|all| Some(&*all.first()?.template))
}

impl Gatekeeper {
    /// The templates, by name.
    pub fn templates(&self) -> impl ExactSizeIterator<Item = &Template> {
        self.templates.iter().map(|template| &**template)
    }

    /// The constraints, by kind and name.
    pub fn constraints(&self) -> impl ExactSizeIterator<Item = &Constraint> {
        (self.constraints.iter()).map(|loaded| &loaded.prepared.constraint)
    }

    /// The constraints, each with the operations that its template names.
    pub(crate) fn constraints_by_operation(
        &self,
    ) -> impl Iterator<Item = (&Constraint, Option<&[crate::admission::Operation]>)> {
        (self.constraints.iter())
            .map(|loaded| (&loaded.prepared.constraint, loaded.template.operations()))
    }

    /// What is configured besides.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The objects of the inventory that templates with constraints can see.
    pub fn reach(&self) -> Reach {
        let mut reach = Reach::default();
        for template in used(&self.constraints) {
            template.code().add_reach(&mut reach);
        }
        reach
    }

    /// The mutators.
    pub fn mutators(&self) -> &Mutators {
        &self.mutators
    }

    /// What follows from objects.
    pub fn expansions(&self) -> &Expansions {
        &self.expansions
    }

    /// Providers of external data, by name.
    pub fn providers(&self) -> &BTreeMap<String, Provider> {
        &self.providers
    }

    /// Whether there is nothing to judge and nothing to mutate.
    pub fn is_empty(&self) -> bool {
        self.constraints.is_empty() && self.mutators.is_empty()
    }

    /// The constraints that rest on other objects than the one under review, by kind and name.
    pub fn referential(&self) -> impl Iterator<Item = &Constraint> {
        (self.constraints.iter())
            .filter(|loaded| loaded.template.code().reads_inventory())
            .map(|loaded| &loaded.prepared.constraint)
    }

    /// Templates with constraints that need data which nothing copies into the inventory:
    /// they see none of it, and say nothing.
    pub fn unsynced(&self) -> impl Iterator<Item = &Template> {
        self.templates().filter(|template| {
            let is_used = self
                .constraints()
                .any(|constraint| constraint.kind == template.kind());
            is_used && template.requirements().unmet(&self.config).next().is_some()
        })
    }
}
