use super::invocation::{Invocation, report_unpinned};
use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `go install` and `go run` of a module at `@latest` or at a branch, and `go get` of a module without a version.
    ///
    /// `go install` of a path without `@` is built from the module in the working directory, whose `go.mod` says the versions; it is not reported.
    ///
    /// ## Why it matters
    /// The build takes whatever was tagged last, also when it was tagged by someone who took over the repository.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM golang:1.23
    /// RUN go install github.com/go-delve/delve/cmd/dlv@latest # <-
    /// RUN go get github.com/gorilla/mux # <-
    /// RUN CGO_ENABLED=0 go install golang.org/x/tools/gopls@master # <-
    /// ```
    /// ```dockerfile pass
    /// FROM golang:1.23
    /// RUN go install github.com/go-delve/delve/cmd/dlv@v1.23.0
    /// RUN go install golang.org/x/tools/gopls@$GOPLS_VERSION
    /// RUN go install ./... && go install . && go get -d ./... && go install example.com/own/cmd/tool
    /// ```
    ///
    /// ## Fix
    /// Write the version: `go install module/path@v1.2.3`.
    UnpinnedGoPackage {
        id: "unpinned-go-package",
        title: "Go module fetched without a version",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

/// Flags whose value is the next word. See: `go help build`.
const WITH_VALUE: &[&str] = &[
    "-C",
    "-p",
    "-asmflags",
    "-buildmode",
    "-buildvcs",
    "-compiler",
    "-exec",
    "-gccgoflags",
    "-gcflags",
    "-installsuffix",
    "-ldflags",
    "-mod",
    "-modfile",
    "-o",
    "-overlay",
    "-pgo",
    "-pkgdir",
    "-tags",
    "-toolexec",
];

impl Check for UnpinnedGoPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in &step.expanded(|command| command.is("go")) {
                let Some(mut invocation) = Invocation::read(command, &["go"], WITH_VALUE) else {
                    continue;
                };
                if invocation.is(&["run"]) {
                    // The rest are the arguments of what runs.
                    invocation.operands.truncate(1);
                } else if !invocation.is(&["install", "get"]) {
                    continue;
                }
                let gets = invocation.is(&["get"]);
                let is_open = |package: &str| is_open(package, gets);
                report_unpinned(Self::META, &step, &invocation, is_open, findings);
            }
        }
    }
}

fn is_open(package: &str, gets: bool) -> bool {
    // The first component of a module that is fetched is a host.
    let is_remote = package
        .split('/')
        .next()
        .is_some_and(|host| host.contains('.') && !host.starts_with('.'));
    let version = package.split_once('@').map(|(_, version)| version);
    match version {
        None => is_remote && gets,
        Some(version) => {
            let is_commit =
                version.len() >= 7 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_version = version.strip_prefix('v').is_some_and(|rest| {
                rest.starts_with(|first: char| first.is_ascii_digit() || first == '$')
            });
            !is_commit && !is_version && !version.starts_with('$')
        }
    }
}
