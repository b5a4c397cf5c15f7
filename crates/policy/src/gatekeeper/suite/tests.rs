//! Suites over files in memory.

use std::collections::BTreeMap;

use super::*;
use crate::gatekeeper::Options;

impl Files for BTreeMap<&str, &str> {
    fn open(&self, path: &str) -> Result<Arc<Source>, String> {
        let text = self.get(path).ok_or("there is no such file")?;
        Ok(Arc::new(Source::new(path, *text)))
    }
}

fn suite(text: &str) -> (Suite, Vec<Problem>) {
    let source = Arc::new(Source::new("policies/labels/suite.yaml", text));
    let (manifests, diagnostics) = Manifest::read(&source);
    assert_eq!(diagnostics, []);
    assert!(Suite::is(&manifests[0]));
    Suite::parse(&manifests[0]).unwrap_or_else(|problems| panic!("{problems:?}"))
}

const HEAD: &str = "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\ntests:\n";

#[test]
fn paths_are_from_the_folder_of_the_suite() {
    let (suite, problems) = suite(&format!(
        "{HEAD}- name: a\n  template: ../template.yaml\n  constraint: ./c.yaml\n  cases:\n  - object: o.yaml\n    inventory: [../../../i.yaml, /abs.yaml]\n  - object: skipped.yaml\n    skip: true\n"
    ));
    assert_eq!(problems, []);
    let files: Vec<_> = suite.files().into_iter().collect();
    assert_eq!(
        files,
        [
            "../i.yaml",
            "/abs.yaml",
            "policies/labels/c.yaml",
            "policies/labels/o.yaml",
            "policies/template.yaml"
        ]
    );
}

#[test]
fn misspelt_fields_are_told_and_wrong_ones_refused() {
    let (_, problems) = suite(&format!("{HEAD}- name: a\n  cases:\n  - nmae: b\n"));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].is_warning);
    assert_eq!(
        problems[0].location.as_ref().map(|at| at.start.line),
        Some(6)
    );

    let text = format!("{HEAD}- cases:\n  - assertions:\n    - violations: maybe\n");
    let (manifests, _) = Manifest::read(&Arc::new(Source::new("suite.yaml", text)));
    let problems = Suite::parse(&manifests[0]).expect_err("problems");
    assert_eq!(
        problems[0].location.as_ref().map(|at| at.start.line),
        Some(6)
    );
}

#[test]
fn files_that_are_missing_fail_their_tests_only() {
    let (suite, _) = suite(&format!(
        "{HEAD}- name: a\n  template: none.yaml\n  constraint: c.yaml\n- name: b\n  skip: true\n- name: c\n  constraint: c.yaml\n"
    ));
    let result = suite.run(&BTreeMap::new(), &Options::default(), &|_, _| true);
    assert!(!result.is_passed());
    let errors: Vec<_> = result
        .tests
        .iter()
        .map(|test| test.error.as_deref())
        .collect();
    assert_eq!(
        errors,
        [
            Some("policies/labels/none.yaml: there is no such file"),
            None,
            Some("`template` is missing")
        ]
    );
    assert!(result.tests[1].is_skipped);
    let filtered = suite.run(&BTreeMap::new(), &Options::default(), &|test, _| {
        test == "b"
    });
    assert!(filtered.is_passed());
}

#[test]
fn a_namespace_that_is_not_there_is_told_in_words_that_gator_has_too() {
    let template = "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: never}
spec:
  crd: {spec: {names: {kind: Never}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package never
      violation[{\"msg\": \"no\"}] { true }
";
    let constraint = "apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Never
metadata: {name: shops}
spec: {match: {namespaceSelector: {matchLabels: {kind: shop}}}}
";
    let files = BTreeMap::from([
        ("policies/labels/t.yaml", template),
        ("policies/labels/c.yaml", constraint),
        (
            "policies/labels/o.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop-1}\n",
        ),
    ]);
    let (suite, problems) = suite(&format!(
        "{HEAD}- name: a\n  template: t.yaml\n  constraint: c.yaml\n  cases:\n  - name: b\n    object: o.yaml\n    assertions: [{{violations: 1, message: missing Namespace}}]\n"
    ));
    assert_eq!(problems, []);
    let result = suite.run(&files, &Options::default(), &|_, _| true);
    assert!(result.is_passed(), "{result:?}");
}
