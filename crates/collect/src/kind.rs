//! What a file is likely to hold, told by its name alone.

use ringwall_image::LockFileKind;

/// What a file's name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// `.yaml`, `.yml`.
    Yaml,
    /// `.json`.
    Json,
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// `.tf`, `.tf.json`, and their variables.
    Terraform,
    /// Written by a package manager: names and digests of packages.
    Lock,
    /// Anything else; looked through for secrets.
    Text,
}

/// What package managers write that is no list of packages to look up, or is told elsewhere.
const LOCK_FILES: [&str; 5] = [
    ".terraform.lock.hcl",
    "Chart.lock",
    "flake.lock",
    "go.sum",
    "go.work.sum",
];

/// What the file of this name (or path) is likely to hold.
pub fn classify(name: &str) -> FileKind {
    let base = name.rsplit('/').next().unwrap_or(name);
    let is_lock_file =
        LockFileKind::of_name(name).is_some() || LockFileKind::unread(name).is_some();
    if is_lock_file || LOCK_FILES.contains(&base) {
        return FileKind::Lock;
    }
    let lower = base.to_ascii_lowercase();
    let extension = lower
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    match extension {
        "yaml" | "yml" => FileKind::Yaml,
        "json" if lower.ends_with(".tf.json") || lower.ends_with(".tfvars.json") => {
            FileKind::Terraform
        }
        "json" => FileKind::Json,
        "tf" | "tfvars" => FileKind::Terraform,
        "dockerignore" | "containerignore" | "md" => FileKind::Text,
        _ if is_dockerfile(base, extension) => FileKind::Dockerfile,
        _ => FileKind::Text,
    }
}

/// `Dockerfile`, `Dockerfile.dev`, `Dockerfile-dev`, `Dockerfile2`, `dev.Dockerfile`, and `Containerfile` likewise.
fn is_dockerfile(base: &str, extension: &str) -> bool {
    let rest = |word| base.strip_prefix(word);
    let capital = rest("Dockerfile").or_else(|| rest("Containerfile"));
    let lower = base.to_ascii_lowercase();
    capital.is_some_and(|rest| rest.is_empty() || goes_on(rest))
        || matches!(&*lower, "dockerfile" | "containerfile")
        || matches!(extension, "dockerfile" | "containerfile")
}

/// Whether a file is called as a Dockerfile and as many other files are that are about some: `dockerfile.prod`,
/// `DOCKERFILE-dev`, `prod-Dockerfile`, `DockerfileProd`, and `dockerfile.vim`. Its first instruction has to tell.
pub fn may_be_dockerfile(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let lower = base.to_ascii_lowercase();
    let mut words = [
        ("Dockerfile", "dockerfile"),
        ("Containerfile", "containerfile"),
    ]
    .iter();
    words.any(|(capital, word)| {
        let camel = base.strip_prefix(capital);
        lower.strip_prefix(word).is_some_and(goes_on)
            || lower.ends_with(word)
            || camel.is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_uppercase()))
    })
}

/// Whether what stands behind the word tells which Dockerfile it is.
fn goes_on(rest: &str) -> bool {
    rest.starts_with(|next: char| ".-_".contains(next) || next.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: FileKind, names: &[&str]) {
        for name in names {
            assert_eq!(classify(name), kind, "{name}");
        }
    }

    #[test]
    fn names_tell_what_is_inside() {
        check(
            FileKind::Yaml,
            &["a.yaml", "x/b.yml", "C.YAML", ".github/dependabot.yml"],
        );
        check(FileKind::Json, &["pod.json", "x/.eslintrc.json"]);
        check(
            FileKind::Terraform,
            &["main.tf", "x/main.tf.json", "prod.tfvars"],
        );
        check(
            FileKind::Lock,
            &[
                "package-lock.json",
                "x/pnpm-lock.yaml",
                "x/pnpm-lock.main.yaml",
                "packages.Shop.lock.json",
                "Cargo.lock",
                "go.sum",
                "conda-lock.yml",
            ],
        );
        check(
            FileKind::Text,
            &[".env", "README.md", "main.go", "a.yaml.gotmpl", "yaml", ""],
        );
    }

    #[test]
    fn dockerfiles_go_by_many_names() {
        check(
            FileKind::Dockerfile,
            &[
                "Dockerfile",
                "x/Dockerfile.dev",
                "Dockerfile-alpine",
                "api.Dockerfile",
                "api.dockerfile",
                "Containerfile",
                "Containerfile.fedora",
                "build/dockerfile",
                "Dockerfile.v1.2",
                "Dockerfile2",
                "DockerFile",
                "DOCKERFILE",
            ],
        );
        check(
            FileKind::Text,
            &[
                "Dockerfile.dockerignore",
                "api.Dockerfile.dockerignore",
                ".dockerignore",
                "Dockerfile.md",
                "Dockerfiles",
                "dockerfile.go",
                "dockerfile_test.py",
                "dockerfiles",
                "Dockerfile/readme",
            ],
        );
        check(FileKind::Yaml, &["Dockerfile.yaml"]);
    }

    #[test]
    fn some_names_leave_it_to_the_first_instruction() {
        for name in [
            "x/prod-Dockerfile",
            "ProdDockerfile",
            "api_dockerfile",
            "DockerfileProd",
            "ContainerfileDev",
            "dockerfile.prod",
            "DOCKERFILE-dev",
        ] {
            assert!(may_be_dockerfile(name), "{name}");
        }
        for name in [
            "Dockerfiles",
            "dockerfiles",
            "Dockerfile/readme",
            "dockerfileparser",
        ] {
            assert!(!may_be_dockerfile(name), "{name}");
        }
    }
}
