use super::{invocation::report_unpinned, pip};
use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `pip install` of packages without a version, also as `python -m pip` and `uv pip`, of tools by `pipx`, `uv tool` and `uvx`, also to run them at once, of packages that `poetry add`, `pdm add`, `uv add` and `pipenv install` name, and of repositories without a commit or tag.
    ///
    /// Requirement files, constraint files, local paths and `--no-index` settle versions elsewhere.
    /// A lower or upper bound such as `'flask>=3'` leaves the version open too.
    ///
    /// ## Why it matters
    /// The build takes whatever was uploaded last, also when it was uploaded by someone who took over the name.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM python:3.12
    /// RUN pip install --no-cache-dir flask gunicorn==22.0.0 # <-
    /// RUN python3 -m pip install --no-cache-dir -r requirements.txt 'uvicorn>=0.30' # <-
    /// RUN pip3 install --no-cache-dir git+https://github.com/pallets/flask # <-
    /// RUN pipx install black # <-
    /// RUN uv tool install ruff # <-
    /// RUN uvx ruff@latest check # <-
    /// RUN pipx run --spec black black . # <-
    /// RUN poetry add flask # <-
    /// RUN pipenv install --system flask # <-
    /// ENV TOOL=pip ACTION=install
    /// RUN $TOOL $ACTION --no-cache-dir flask # <-
    /// ```
    /// ```dockerfile pass
    /// FROM python:3.12
    /// RUN pip install --no-cache-dir -r requirements.txt gunicorn==$GUNICORN_VERSION . ./lib[dev] \
    ///     git+https://github.com/pallets/flask@3.0.3
    /// RUN pip install --no-cache-dir -c constraints.txt flask
    /// RUN pip install --no-cache-dir --no-index --find-links=/wheels flask
    /// RUN pipx install black==24.8.0 && uv tool install ruff@0.6.0 && uvx --from ruff==0.6.0 ruff check
    /// RUN pipenv install --deploy --system && poetry add flask@^3.0 && uv add flask==3.0.0 && pipx run black==24.8.0 .
    /// ```
    ///
    /// ## Fix
    /// Write `package==version`, or install from a requirements file with versions and hashes.
    UnpinnedPipPackage {
        id: "unpinned-pip-package",
        title: "Packages installed by pip without a version",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnpinnedPipPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let commands = step.expanded(|command| pip::invocation(command).is_some());
            for invocation in commands.iter().filter_map(|it| pip::invocation(it)) {
                let command = invocation.command;
                let is_settled = command.has_flag(&["-c", "--constraint", "--no-index"])
                    || command.assignment("PIP_CONSTRAINT").is_some()
                    || step.value_of("PIP_CONSTRAINT").is_some();
                if invocation.is(&["install"]) && !is_settled {
                    let is_open = |package: &str| !pip::is_pinned(package);
                    report_unpinned(Self::META, &step, &invocation, is_open, findings);
                }
            }
            let commands = step.expanded(|command| pip::tool_invocation(command).is_some());
            for invocation in commands.iter().filter_map(|it| pip::tool_invocation(it)) {
                let is_open = |tool: &str| !pip::is_tool_pinned(tool);
                report_unpinned(Self::META, &step, &invocation, is_open, findings);
            }
        }
    }
}
