//! Policies with bytes changed, lines lost and lines doubled: they are read or refused, and nothing else happens.

use std::{fs, path::Path};

use super::*;

/// Numbers that look random and are the same each time.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 16).expect("48 bits")
}

fn mutant(text: &str, state: &mut u64) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=next(state) % 4 {
        let at = next(state) % lines.len();
        match next(state) % 5 {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => lines[at] = lines[at].replacen(['[', '{', ':', '"'], "", 1),
            3 => {
                let other = lines[next(state) % lines.len()].clone();
                lines[at].push_str(other.trim());
            }
            _ => {
                let odd = [
                    "[_]",
                    " with input as {}",
                    "not ",
                    "\u{202e}",
                    "1e999",
                    "]]",
                    "\t",
                    "- ",
                ];
                let middle = lines[at]
                    .char_indices()
                    .nth(next(state) % 20)
                    .map_or(0, |(at, _)| at);
                lines[at].insert_str(middle, odd[next(state) % odd.len()]);
            }
        }
        if lines.is_empty() {
            break;
        }
    }
    lines.join("\n")
}

#[test]
fn mutants_are_read_or_refused() {
    let mut texts = vec![
        [
            template("NeedLabels", LABELS),
            constraint("NeedLabels", "a", "parameters: {labels: [team]}"),
        ]
        .concat(),
    ];
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/gatekeeper-library");
    for name in [
        "general/uniqueingresshost",
        "general/requiredlabels",
        "pod-security-policy/users",
    ] {
        let folder = library.join(name);
        let template = fs::read_to_string(folder.join("template.yaml"));
        texts.extend(template.ok().map(|text| {
            let kind = text
                .lines()
                .find_map(|line| line.trim().strip_prefix("kind: K8s"));
            let kind = format!("K8s{}", kind.expect("a kind"));
            [
                text,
                "\n---\n".to_owned(),
                constraint(&kind, "a", "match: {}"),
            ]
            .concat()
        }));
    }
    let mut settings = Settings::default();
    settings.rego_limits.steps = 50_000;
    let inventory = Inventory::default();
    let surroundings = Surroundings::new(&inventory);
    let request = create(pod(json!({})));
    let (mut read, mut refused) = (0, 0);
    for (index, text) in texts.iter().enumerate() {
        let mut state = 0x5eed + u64::try_from(index).expect("small");
        for round in 0..100 {
            let mutant = mutant(text, &mut state);
            let (manifests, diagnostics) = Manifest::read(&Arc::new(Source::new("p.yaml", mutant)));
            for preferred_engine in [Engine::Rego, Engine::Cel] {
                let options = Options {
                    preferred_engine,
                    settings: settings.clone(),
                };
                let (gatekeeper, problems) = Gatekeeper::load(&manifests, &options);
                let is_refused =
                    !diagnostics.is_empty() || problems.iter().any(|problem| !problem.is_warning);
                let places = problems.iter().all(|problem| problem.location.is_some());
                assert!(places, "text {index}, round {round}: {problems:?}");
                if is_refused {
                    refused += 1;
                } else {
                    read += 1;
                }
                let _ = gatekeeper.review(&request, &surroundings);
            }
        }
    }
    assert!(read > 20 && refused > 20, "{read} read, {refused} refused");
}
