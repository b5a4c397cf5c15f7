//! Templates that something else makes Kubernetes objects of, told by their names and what stands in them.

/// The last extensions of templates that hold any text.
const EXTENSIONS: [&str; 14] = [
    "ejs", "envsubst", "erb", "gotmpl", "hbs", "in", "j2", "jinja", "jinja2", "mustache", "njk",
    "template", "tmpl", "tpl",
];

/// A template that may be one of Kubernetes objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Template {
    /// Of YAML: the keys of an object stand at the beginning of a line.
    Yaml,
    /// Of JSON, or a program that writes it: they stand anywhere.
    Json,
}

impl Template {
    /// What a file of this name (or path) is a template of: `pod.yaml.j2`, `pod.tmpl`, `pod.jsonnet`. A library of
    /// Jsonnet is a part of some program; templates of prose and scripts may quote objects.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let base = name.rsplit('/').next().unwrap_or(name);
        let base = base.to_ascii_lowercase();
        let (stem, extension) = base.rsplit_once('.')?;
        if matches!(extension, "jsonnet" | "cue") {
            return Some(Self::Json);
        }
        if !EXTENSIONS.contains(&extension) {
            return None;
        }
        match stem.rsplit_once('.') {
            None | Some((_, "yaml" | "yml")) => Some(Self::Yaml),
            Some((_, "json")) => Some(Self::Json),
            Some(_) => None,
        }
    }

    /// Whether a text has the keys of an object.
    pub(super) fn is_of(self, text: &str) -> bool {
        ["apiVersion", "kind"].iter().all(|key| {
            text.lines().any(|line| {
                let line = match self {
                    Self::Yaml => line,
                    Self::Json => line.trim_start().trim_start_matches(['"', '\'']),
                };
                let rest = line.strip_prefix(key);
                rest.is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':'))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_a_template_is_of() {
        for name in ["pod.yaml.j2", "a/pod.yml.tmpl", "pod.tpl", "Pod.YAML.erb"] {
            assert_eq!(Template::of_name(name), Some(Template::Yaml), "{name}");
        }
        for name in ["pod.jsonnet", "a/pod.cue", "pod.json.j2"] {
            assert_eq!(Template::of_name(name), Some(Template::Json), "{name}");
        }
        for name in [
            "README.md.gotmpl",
            "run.sh.tmpl",
            "pod.yaml.bak",
            "k.libsonnet",
            "pod",
            "j2",
        ] {
            assert_eq!(Template::of_name(name), None, "{name}");
        }
    }

    #[test]
    fn objects_have_their_keys_at_the_beginning_of_lines() {
        let yaml = "{% if x %}\napiVersion: v1\nkind: Pod\n{% endif %}\n";
        assert!(Template::Yaml.is_of(yaml));
        assert!(!Template::Yaml.is_of("issuer:\n  apiVersion: a/v1\n  kind: Issuer\n"));
        assert!(!Template::Yaml.is_of("apiVersion: v2\nname: chart\n"));
        assert!(Template::Json.is_of("{\n  apiVersion: 'v1',\n  \"kind\": 'Pod',\n}\n"));
    }
}
