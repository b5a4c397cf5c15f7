//! Files that belong together: charts, overlays, Terraform roots. Told by file names alone.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use crate::{Candidate, Files, real_path};

/// What a file is to the chart, overlay or root it belongs to; numbers are places in [`Roots`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Below `templates/` of a chart: no manifest before it is rendered.
    ChartTemplate(usize),
    /// Values of a chart, or their schema.
    ChartValues(usize),
    /// `Chart.yaml`, its lock file and its old `requirements.yaml`.
    ChartFile(usize),
    /// The kustomization itself.
    Kustomization(usize),
    /// A patch of a kustomization: a part of an object. Set by [`Roots::mark_patch`].
    KustomizePatch(usize),
    /// Part of a Terraform root.
    Terraform(usize),
    /// A compose file.
    Compose,
    /// Stands for itself.
    Plain,
}

/// A Helm chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Its folder as reports print it; empty for the working directory.
    pub folder: Arc<str>,
    /// Its `Chart.yaml`; `None` when only a part of the chart is scanned.
    pub file: Option<Arc<str>>,
    /// The chart whose `charts/` holds it.
    pub parent: Option<usize>,
}

/// A folder with a kustomization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kustomization {
    /// Its folder as reports print it; empty for the working directory.
    pub folder: Arc<str>,
    /// The kustomization.
    pub file: Arc<str>,
}

/// A folder with Terraform files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerraformRoot {
    /// The folder as reports print it; empty for the working directory.
    pub folder: Arc<str>,
    /// Its files.
    pub files: Vec<Arc<str>>,
}

/// The charts, overlays and Terraform roots of a scan.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// The charts, a parent before its children.
    pub charts: Vec<Chart>,
    /// The kustomizations in the order of their names.
    pub kustomizations: Vec<Kustomization>,
    /// The Terraform roots in the order of their folders.
    pub terraform: Vec<TerraformRoot>,
    roles: HashMap<Arc<str>, Role>,
}

impl Roots {
    /// Finds them among the files of a walk.
    ///
    /// For a chart of which only templates are scanned, `Chart.yaml` is looked for on disk.
    pub fn find(files: &[Candidate]) -> Self {
        Self::find_in(files, Files::Now)
    }

    /// Finds them among files as they are, or as they were.
    pub fn find_in(files: &[Candidate], state: Files<'_>) -> Self {
        let mut roots = Self::default();
        let by_folder = roots.find_charts(files, state);
        let mut terraform: HashMap<&str, usize> = HashMap::new();
        for file in files {
            let (folder, base) = split(&file.name);
            let role = match nearest(&by_folder, folder) {
                Some((chart, root)) => chart_role(chart, below(&file.name, root)),
                None => Role::Plain,
            };
            let role = match base {
                _ if role != Role::Plain => role,
                "kustomization.yaml" | "kustomization.yml" | "Kustomization" => {
                    roots.kustomizations.push(Kustomization {
                        folder: folder.into(),
                        file: Arc::clone(&file.name),
                    });
                    Role::Kustomization(roots.kustomizations.len() - 1)
                }
                _ if is_terraform(&file.name, base) => {
                    let index = *terraform.entry(folder).or_insert_with(|| {
                        roots.terraform.push(TerraformRoot {
                            folder: folder.into(),
                            files: Vec::new(),
                        });
                        roots.terraform.len() - 1
                    });
                    if let Some(root) = roots.terraform.get_mut(index) {
                        root.files.push(Arc::clone(&file.name));
                    }
                    Role::Terraform(index)
                }
                _ if is_compose(base) => Role::Compose,
                _ => Role::Plain,
            };
            if role != Role::Plain {
                roots.roles.insert(Arc::clone(&file.name), role);
            }
        }
        roots
    }

    /// What a file of the scan is.
    pub fn file_role(&self, name: &str) -> Role {
        self.roles.get(name).copied().unwrap_or(Role::Plain)
    }

    /// Says that the kustomization names this path as a patch; returns the patch's name in the scan.
    /// `None` when it is no path inside the file system, or the file has another role already.
    pub fn mark_patch(&mut self, kustomization: usize, reference: &str) -> Option<Arc<str>> {
        let folder = &self.kustomizations.get(kustomization)?.folder;
        let name: Arc<str> = resolve(folder, reference)?.into();
        match self.file_role(&name) {
            Role::Plain | Role::KustomizePatch(_) => {
                self.roles
                    .insert(Arc::clone(&name), Role::KustomizePatch(kustomization));
                Some(name)
            }
            _ => None,
        }
    }

    /// Fills `charts`; returns them by folder.
    fn find_charts(&mut self, files: &[Candidate], state: Files<'_>) -> HashMap<String, usize> {
        let mut found: HashMap<String, Option<Arc<str>>> = HashMap::new();
        for file in files {
            let (folder, base) = split(&file.name);
            if base == "Chart.yaml" {
                found.insert(folder.to_owned(), Some(Arc::clone(&file.name)));
            }
        }
        for folder in charts_on_disk(files, state) {
            found.entry(folder).or_insert(None);
        }
        let mut by_folder = HashMap::new();
        // In the order of folders, so that a chart comes before those inside it.
        let folders: BTreeSet<String> = found.keys().cloned().collect();
        for folder in folders {
            let outer = nearest(&by_folder, parent(&folder).unwrap_or_default())
                .filter(|_| !folder.is_empty());
            // A `Chart.yaml` among templates is the text of a chart that something else will make.
            if let Some((_, root)) = outer
                && below(&folder, root).split('/').next() == Some("templates")
            {
                continue;
            }
            let outer = outer.map(|(chart, _)| chart);
            self.charts.push(Chart {
                folder: folder.as_str().into(),
                file: found.remove(&folder).flatten(),
                parent: outer,
            });
            by_folder.insert(folder, self.charts.len() - 1);
        }
        by_folder
    }
}

/// The name of what `reference` means in a file of `folder`; `None` for URLs and absolute paths.
pub fn resolve(folder: &str, reference: &str) -> Option<String> {
    if reference.is_empty() || reference.starts_with('/') || reference.contains("://") {
        return None;
    }
    let (root, folder) = match folder.strip_prefix('/') {
        Some(folder) => ("/", folder),
        None => ("", folder),
    };
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in reference.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    Some(format!("{root}{}", parts.join("/")))
}

/// Folder and last part of a name.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

/// The folder above a folder; the working directory is above all relative ones.
fn parent(folder: &str) -> Option<&str> {
    (!folder.is_empty()).then(|| split(folder).0)
}

/// The name seen from a folder that holds it.
fn below<'a>(name: &'a str, folder: &str) -> &'a str {
    let inside = name.strip_prefix(folder).unwrap_or(name);
    inside
        .strip_prefix('/')
        .filter(|_| !folder.is_empty())
        .unwrap_or(inside)
}

/// The innermost chart around a folder, itself included.
fn nearest<'a>(charts: &HashMap<String, usize>, folder: &'a str) -> Option<(usize, &'a str)> {
    let mut folder = Some(folder);
    while let Some(at) = folder {
        if let Some(&chart) = charts.get(at) {
            return Some((chart, at));
        }
        folder = parent(at);
    }
    None
}

fn chart_role(chart: usize, inside: &str) -> Role {
    match inside.split_once('/') {
        Some(("templates", _)) => Role::ChartTemplate(chart),
        // Values that chart-testing installs the chart with.
        Some(("ci", file)) if file.ends_with("values.yaml") => Role::ChartValues(chart),
        None if matches!(
            inside,
            "Chart.yaml" | "Chart.lock" | "requirements.yaml" | "requirements.lock"
        ) =>
        {
            Role::ChartFile(chart)
        }
        None if is_values(inside) => Role::ChartValues(chart),
        Some(_) | None => Role::Plain,
    }
}

/// `values.yaml`, `values.schema.json`, `values-prod.yaml`, `prod-values.yml`.
fn is_values(base: &str) -> bool {
    let stem = base
        .strip_suffix(".yaml")
        .or_else(|| base.strip_suffix(".yml"))
        .or_else(|| base.strip_suffix(".json"));
    stem.is_some_and(|stem| stem.starts_with("values") || stem.ends_with("values"))
}

fn is_terraform(name: &str, base: &str) -> bool {
    let is_source = Path::new(base)
        .extension()
        .is_some_and(|extension| extension == "tf")
        || base.ends_with(".tf.json");
    // Below `.terraform/` lie copies of modules, made by `terraform init`.
    is_source && !name.split('/').any(|part| part == ".terraform")
}

fn is_compose(base: &str) -> bool {
    let stem = base
        .strip_suffix(".yaml")
        .or_else(|| base.strip_suffix(".yml"));
    stem.is_some_and(|stem| {
        ["docker-compose", "compose"].iter().any(|word| {
            stem.strip_prefix(word)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
        })
    })
}

/// Folders, as reports would print them, of charts whose templates are scanned without their `Chart.yaml`.
fn charts_on_disk(files: &[Candidate], state: Files<'_>) -> BTreeSet<String> {
    let starts_inside =
        std::env::current_dir().is_ok_and(|folder| folder.iter().any(|part| part == "templates"));
    let mut charts = BTreeSet::new();
    let mut looked_at: HashSet<&str> = HashSet::new();
    for file in files {
        let (folder, _) = split(&file.name);
        let may_be = starts_inside
            || folder
                .split('/')
                .any(|part| matches!(part, "templates" | ".."));
        if !may_be || !looked_at.insert(folder) {
            continue;
        }
        let on_disk = match file.path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        // A folder that is gone had its files where they are said to have been.
        let real = real_path(on_disk);
        let chart = real.ancestors().enumerate().find(|(_, at)| {
            at.ends_with("templates") && state.is_file(&at.with_file_name("Chart.yaml"))
        });
        if let Some((level, _)) = chart {
            let up = vec![".."; level + 1].join("/");
            charts.extend(resolve(folder, &up));
        }
    }
    charts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(names: &[&str]) -> Roots {
        let files: Vec<_> = names
            .iter()
            .map(|name| Candidate {
                is_given: false,
                path: name.into(),
                name: (*name).into(),
            })
            .collect();
        Roots::find(&files)
    }

    #[test]
    fn files_of_a_chart_know_their_chart() {
        let roots = find(&[
            "web/Chart.yaml",
            "web/charts/db/Chart.yaml",
            "web/charts/db/templates/pod.yaml",
            "web/ci/test-values.yaml",
            "web/crds/crd.yaml",
            "web/templates/NOTES.txt",
            "web/templates/tests/pod.yaml",
            "web/values-prod.yaml",
            "web/values.yaml",
            "website/templates/index.yaml",
        ]);
        let folders: Vec<_> = roots.charts.iter().map(|chart| &*chart.folder).collect();
        assert_eq!(folders, ["web", "web/charts/db"]);
        assert_eq!(roots.charts[0].parent, None);
        assert_eq!(roots.charts[1].parent, Some(0));
        for (name, role) in [
            ("web/Chart.yaml", Role::ChartFile(0)),
            ("web/charts/db/templates/pod.yaml", Role::ChartTemplate(1)),
            ("web/ci/test-values.yaml", Role::ChartValues(0)),
            ("web/crds/crd.yaml", Role::Plain),
            ("web/templates/NOTES.txt", Role::ChartTemplate(0)),
            ("web/templates/tests/pod.yaml", Role::ChartTemplate(0)),
            ("web/values-prod.yaml", Role::ChartValues(0)),
            ("website/templates/index.yaml", Role::Plain),
            ("nowhere.yaml", Role::Plain),
        ] {
            assert_eq!(roots.file_role(name), role, "{name}");
        }
    }

    #[test]
    fn a_chart_can_be_the_scanned_folder_itself() {
        let roots = find(&["Chart.yaml", "charts/a/Chart.yaml", "templates/a.yaml"]);
        assert_eq!(&*roots.charts[0].folder, "");
        assert_eq!(roots.charts[0].parent, None);
        assert_eq!(roots.charts[1].parent, Some(0));
        assert_eq!(roots.file_role("templates/a.yaml"), Role::ChartTemplate(0));
    }

    #[test]
    fn absolute_names_work_as_relative_ones() {
        let roots = find(&[
            "/x/web/Chart.yaml",
            "/x/web/templates/a.yaml",
            "/x/templates/a.yaml",
        ]);
        assert_eq!(
            roots.file_role("/x/web/templates/a.yaml"),
            Role::ChartTemplate(0)
        );
        assert_eq!(roots.file_role("/x/templates/a.yaml"), Role::Plain);
    }

    #[test]
    fn a_chart_among_templates_is_a_template() {
        let roots = find(&[
            "a/Chart.yaml",
            "a/templates/Chart.yaml",
            "a/templates/b/templates/c.yaml",
        ]);
        assert_eq!(roots.charts.len(), 1);
        assert_eq!(
            roots.file_role("a/templates/Chart.yaml"),
            Role::ChartTemplate(0)
        );
        assert_eq!(
            roots.file_role("a/templates/b/templates/c.yaml"),
            Role::ChartTemplate(0)
        );
    }

    #[test]
    fn templates_scanned_alone_find_their_chart() {
        let folder = tempfile::tempdir().unwrap();
        let templates = folder.path().join("web/templates/sub");
        std::fs::create_dir_all(&templates).unwrap();
        std::fs::write(folder.path().join("web/Chart.yaml"), "name: web").unwrap();
        let path = templates.join("a.yaml");
        std::fs::write(&path, "").unwrap();
        let name: Arc<str> = path.to_str().unwrap().into();
        let roots = Roots::find(&[Candidate {
            is_given: false,
            path,
            name: Arc::clone(&name),
        }]);
        assert_eq!(roots.file_role(&name), Role::ChartTemplate(0));
        assert_eq!(
            *roots.charts[0].folder,
            *folder.path().join("web").to_str().unwrap()
        );
        assert_eq!(roots.charts[0].file, None);
    }

    #[test]
    fn patches_get_their_role_from_the_kustomization() {
        let mut roots = find(&[
            "base/kustomization.yaml",
            "base/pod.yaml",
            "overlay/kustomization.yml",
            "overlay/patch.yaml",
            "shared/patch.yaml",
        ]);
        assert_eq!(roots.kustomizations.len(), 2);
        assert_eq!(
            roots.file_role("overlay/kustomization.yml"),
            Role::Kustomization(1)
        );
        assert_eq!(roots.file_role("overlay/patch.yaml"), Role::Plain);
        assert_eq!(
            roots.mark_patch(1, "./patch.yaml").as_deref(),
            Some("overlay/patch.yaml")
        );
        assert_eq!(
            roots.mark_patch(1, "../shared/patch.yaml").as_deref(),
            Some("shared/patch.yaml")
        );
        assert_eq!(roots.mark_patch(1, "../base/kustomization.yaml"), None);
        assert_eq!(roots.mark_patch(7, "patch.yaml"), None);
        assert_eq!(
            roots.file_role("overlay/patch.yaml"),
            Role::KustomizePatch(1)
        );
        assert_eq!(
            roots.file_role("shared/patch.yaml"),
            Role::KustomizePatch(1)
        );
        assert_eq!(roots.file_role("base/pod.yaml"), Role::Plain);
    }

    #[test]
    fn each_folder_with_terraform_is_one_root() {
        let roots = find(&[
            ".terraform/modules/x/main.tf",
            "infra/a.tf",
            "infra/b.tf.json",
            "infra/modules/net/main.tf",
            "main.tf",
        ]);
        let folders: Vec<_> = roots.terraform.iter().map(|root| &*root.folder).collect();
        assert_eq!(folders, ["infra", "infra/modules/net", ""]);
        assert_eq!(roots.terraform[0].files.len(), 2);
        assert_eq!(roots.file_role("infra/b.tf.json"), Role::Terraform(0));
    }

    #[test]
    fn compose_files_are_known_by_name() {
        let names = [
            "docker-compose.yml",
            "x/compose.yaml",
            "docker-compose.prod.yaml",
            "compose-dev.yml",
        ];
        let roots = find(&names);
        for name in names {
            assert_eq!(roots.file_role(name), Role::Compose, "{name}");
        }
        assert_eq!(
            find(&["composer.yaml"]).file_role("composer.yaml"),
            Role::Plain
        );
    }

    #[test]
    fn references_are_paths() {
        for (folder, reference, expected) in [
            ("a/b", "../c.yaml", Some("a/c.yaml")),
            ("", "./c.yaml", Some("c.yaml")),
            ("a", "../../c", Some("../c")),
            ("..", "../c", Some("../../c")),
            ("/a", "b//c", Some("/a/b/c")),
            ("a", "/etc/passwd", None),
            ("a", "https://example.com/a.yaml", None),
            ("a", "", None),
        ] {
            assert_eq!(
                resolve(folder, reference).as_deref(),
                expected,
                "{folder} {reference}"
            );
        }
    }
}
