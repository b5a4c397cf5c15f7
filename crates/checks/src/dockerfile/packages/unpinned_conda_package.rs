use super::{
    conda,
    invocation::{has_extension, report_unpinned},
};
use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `conda install` and `conda create` of packages without a version, also by `mamba` and `micromamba`.
    ///
    /// Environment files are not looked at.
    /// A lower or upper bound such as `'numpy>=1.26'` leaves the version open too.
    ///
    /// ## Why it matters
    /// The same Dockerfile gives another image each week, so what was tested is not what is shipped, and nobody can say when a package changed.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM condaforge/miniforge3:25.3.1-0
    /// RUN conda install -y -c conda-forge python=3.12 numpy && conda clean -afy # <-
    /// RUN micromamba create -y -n shop 'conda-forge::numpy>=1.26' # <-
    /// ```
    /// ```dockerfile pass
    /// FROM condaforge/miniforge3:25.3.1-0
    /// RUN conda install -y -n base -c conda-forge python=3.12 numpy==1.26.4 "scipy=$SCIPY_VERSION" && conda clean -afy
    /// RUN mamba install -y --file requirements.txt && conda env create -f environment.yml
    /// RUN micromamba install -y -f environment.yml 'numpy[version=1.26.4]' ./tool-1.0-0.conda
    /// ```
    ///
    /// ## Fix
    /// Write `package=version` for each package, or create the environment from a lock file (`conda-lock`).
    UnpinnedCondaPackage {
        id: "unpinned-conda-package",
        title: "Packages installed by conda without a version",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnpinnedCondaPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let commands = step.expanded(|command| command.is_any(conda::PROGRAMS));
            let invocations = commands.iter().filter_map(|it| conda::invocation(it));
            for invocation in invocations.filter(|conda| conda.is(&["install", "create"])) {
                report_unpinned(Self::META, &step, &invocation, is_open, findings);
            }
        }
    }
}

fn is_open(package: &str) -> bool {
    let is_file = has_extension(package, "conda") || has_extension(package, "bz2");
    let version = package.split_once('=').filter(|(name, _)| {
        // `>=1` is a bound; `[version=1]` is none.
        !name.ends_with(['<', '>', '!'])
    });
    !package.is_empty() && !is_file && version.is_none()
}
