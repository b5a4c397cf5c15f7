//! How fast policies are: `cargo run --release -p ringwall-rego --example speed [rounds] [cases|pod|unique]`.
//!
//! Reads the shared Gatekeeper library; tells compile times, the time of one template over one object, of all
//! templates over one Pod, and of uniqueness templates over 10,000 objects.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a measurement, not part of the product"
)]

#[path = "../tests/library/mod.rs"]
mod library;
#[path = "../tests/opa/yaml.rs"]
mod yaml;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use ringwall_rego::{
    Data, Evaluation, Options, Program, Value,
    builtins::{Caches, NoHost},
    compile,
};

use library::{Template, object, review};

fn main() {
    let rounds: usize = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(200);
    let Some(folder) = library::folder() else {
        return;
    };
    let templates = library::templates(&folder);
    let start = Instant::now();
    let programs: Vec<Program> = templates
        .iter()
        .map(|template| compile(&template.parse(), &Options::default()).unwrap())
        .collect();
    println!(
        "parse and compile {} templates: {:.1} ms",
        templates.len(),
        start.elapsed().as_secs_f64() * 1e3
    );
    let part = std::env::args().nth(2);
    let wants = |name| part.as_deref().is_none_or(|part| part == name);
    if wants("cases") {
        every_case(&templates, &programs, rounds);
    }
    if wants("pod") {
        whole_library(&templates, &programs, rounds);
    }
    if wants("unique") {
        uniqueness(&templates, &programs, "k8suniqueingresshost", ingress);
        uniqueness(&templates, &programs, "k8suniqueserviceselector", service);
    }
}

fn quantile(times: &mut [Duration], share: f64) -> f64 {
    times.sort();
    let index = ((times.len() - 1) as f64 * share) as usize;
    times[index].as_secs_f64() * 1e6
}

fn every_case(templates: &[Template], programs: &[Program], rounds: usize) {
    let caches = Caches::default();
    let mut medians = Vec::new();
    let mut by_template = Vec::new();
    for (template, program) in templates.iter().zip(programs) {
        let entry = template.entry();
        let mut own = Vec::new();
        for case in &template.cases {
            let data = Data::new(case.inventory.clone());
            let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
            evaluation.input = Some(case.input.clone());
            let mut times: Vec<Duration> = (0..rounds)
                .map(|_| {
                    let start = Instant::now();
                    let _ = black_box(program.evaluate(&entry, &evaluation));
                    start.elapsed()
                })
                .collect();
            own.push(Duration::from_secs_f64(quantile(&mut times, 0.5) / 1e6));
        }
        by_template.push((quantile(&mut own, 0.5), template.name.clone()));
        medians.extend(own);
    }
    println!(
        "one template over one object: median {:.2} us, 90% {:.2} us, worst {:.2} us over {} cases",
        quantile(&mut medians, 0.5),
        quantile(&mut medians, 0.9),
        quantile(&mut medians, 1.0),
        medians.len()
    );
    by_template.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (time, name) in by_template.iter().take(8) {
        println!("    {time:8.2} us  {name}");
    }
}

fn whole_library(templates: &[Template], programs: &[Program], rounds: usize) {
    let pod = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web", "owner": "me.agilebank.demo"}},
        "spec": {
            "automountServiceAccountToken": false,
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": (0..2).map(|n| serde_json::json!({
                "name": format!("c{n}"), "image": "registry.example.com/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                "resources": {"limits": {"cpu": "100m", "memory": "128Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
                "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsUser": 1000, "capabilities": {"drop": ["ALL"]}},
                "ports": [{"containerPort": 8080}],
                "livenessProbe": {"httpGet": {"port": 8080}}, "readinessProbe": {"httpGet": {"port": 8080}},
                "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]
            })).collect::<Vec<_>>(),
            "volumes": [{"name": "tmp", "emptyDir": {}}]
        }
    });
    let review = review(&Value::from(&pod));
    let caches = Caches::default();
    let data = Data::new(library::inventory(&[]));
    let inputs: Vec<Value> = templates
        .iter()
        .map(|template| {
            let parameters = library::at(&template.cases[0].input, &["parameters"]);
            object(vec![("review", review.clone()), ("parameters", parameters)])
        })
        .collect();
    let entries: Vec<Vec<Value>> = templates.iter().map(Template::entry).collect();
    if rounds > 1 {
        let mut by_template: Vec<(f64, &str)> = templates
            .iter()
            .zip(programs)
            .zip(inputs.iter().zip(&entries))
            .map(|((template, program), (input, entry))| {
                let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
                evaluation.input = Some(input.clone());
                let mut times: Vec<Duration> = (0..rounds)
                    .map(|_| {
                        let start = Instant::now();
                        let _ = black_box(program.evaluate(entry, &evaluation));
                        start.elapsed()
                    })
                    .collect();
                (quantile(&mut times, 0.5), &*template.name)
            })
            .collect();
        by_template.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (time, name) in by_template.iter().take(8) {
            println!("    {time:8.2} us  {name}");
        }
    }
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            for ((program, input), entry) in programs.iter().zip(&inputs).zip(&entries) {
                let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
                evaluation.input = Some(input.clone());
                let _ = black_box(program.evaluate(entry, &evaluation));
            }
            start.elapsed()
        })
        .collect();
    println!(
        "all templates over one Pod: median {:.1} us, 99% {:.1} us",
        quantile(&mut times, 0.5),
        quantile(&mut times, 0.99)
    );
}

fn ingress(number: usize) -> serde_json::Value {
    serde_json::json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": format!("i{number}"), "namespace": format!("n{}", number % 50)},
        "spec": {"rules": [{"host": format!("h{number}.example.com")}, {"host": format!("g{number}.example.com")}]}
    })
}

fn service(number: usize) -> serde_json::Value {
    serde_json::json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": format!("s{number}"), "namespace": format!("n{}", number % 50)},
        "spec": {"selector": {"app": format!("a{number}"), "tier": "web"}}
    })
}

fn uniqueness(
    templates: &[Template],
    programs: &[Program],
    name: &str,
    make: fn(usize) -> serde_json::Value,
) {
    let Some((template, program)) = templates
        .iter()
        .zip(programs)
        .find(|(template, _)| template.name == name)
    else {
        return;
    };
    let objects: Vec<Value> = (0..10_000)
        .map(|number| Value::from(&make(number)))
        .collect();
    let data = Data::new(library::inventory(&objects));
    let mut new = make(77);
    new["metadata"]["name"] = "other".into();
    let input = object(vec![
        ("review", review(&Value::from(&new))),
        ("parameters", object(vec![])),
    ]);
    let caches = Caches::default();
    let entry = template.entry();
    for indexes in [false, true] {
        let mut evaluation = Evaluation::new(&data, &caches, &NoHost);
        evaluation.input = Some(input.clone());
        evaluation.indexes = indexes;
        let start = Instant::now();
        let first = program.evaluate(&entry, &evaluation).unwrap();
        let cold = start.elapsed();
        let mut times: Vec<Duration> = (0..20)
            .map(|_| {
                let start = Instant::now();
                let _ = black_box(program.evaluate(&entry, &evaluation));
                start.elapsed()
            })
            .collect();
        println!(
            "{name} over 10,000 objects, indexes {}: first {:.2} ms, then {:.1} us: {}",
            if indexes { "on" } else { "off" },
            cold.as_secs_f64() * 1e3,
            quantile(&mut times, 0.5),
            first.map_or("undefined".to_owned(), |value| value.to_json().to_string())
        );
    }
}
