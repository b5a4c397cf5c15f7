use super::pip;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::run_step::{Step, steps},
    judge::Build,
};

check! {
    /// ## What it finds
    /// `pip install` that keeps what it downloaded: no `--no-cache-dir`, no `PIP_NO_CACHE_DIR`, no cache mount, and nothing removes the cache before the RUN ends.
    ///
    /// Only the last stage and the stages it is based on are looked at, for only their files end in the image.
    ///
    /// ## Why it matters
    /// The downloads are stored and pulled with each image, beside what was installed from them.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM python:3.12
    /// RUN pip install flask==3.0.3 # <-
    /// RUN python3 -m pip install -r requirements.txt # <-
    /// ```
    /// ```dockerfile pass
    /// FROM python:3.12 AS build
    /// RUN pip install -r requirements.txt
    /// FROM python:3.12
    /// RUN pip install --no-cache-dir flask==3.0.3
    /// RUN --mount=type=cache,target=/root/.cache/pip pip install gunicorn==22.0.0
    /// RUN pip install uvicorn==0.30.1 && rm -rf ~/.cache/pip
    /// RUN export PIP_NO_CACHE_DIR=1 && pip install httpx==0.27.0
    /// ENV PIP_NO_CACHE_DIR=1
    /// RUN pip install starlette==0.37.2
    /// COPY --from=build /out /out
    /// ```
    ///
    /// ## Fix
    /// Add `--no-cache-dir`, or mount a cache at `/root/.cache/pip`.
    LeftoverPipCache {
        id: "leftover-pip-cache",
        title: "Downloads of pip kept in the image",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

/// Where the downloads are kept, as it may be written.
const CACHES: &[&str] = &[
    "/root/.cache/pip",
    "~/.cache/pip",
    "$HOME/.cache/pip",
    "${HOME}/.cache/pip",
];

impl Check for LeftoverPipCache {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build).filter(Step::ships) {
            for invocation in step.commands().iter().filter_map(pip::invocation) {
                let command = invocation.command;
                if !invocation.is(&["install"])
                    || command.is("uv")
                    || command.has_flag(&["--no-cache-dir", "--dry-run"])
                    || command.assignment("PIP_NO_CACHE_DIR").is_some()
                    // Every value but the empty one switches the cache off, even 0.
                    || step.value_of("PIP_NO_CACHE_DIR").is_some_and(|value| !value.is_empty())
                    || has_cache_mount(&step, command.flag_value("--cache-dir"))
                    || step.removes_after(command, CACHES)
                    || purges_after(&step, command.span.start)
                {
                    continue;
                }
                findings
                    .add(Self::META)
                    .span(step.source, command.span)
                    .note("pip install leaves its downloads in the image")
                    .fix(
                        Safety::Safe,
                        step.insert_behind(invocation.action, " --no-cache-dir"),
                    );
            }
        }
    }
}

fn has_cache_mount(step: &Step<'_>, cache: Option<&str>) -> bool {
    let cache = cache.or_else(|| step.value_of("PIP_CACHE_DIR"));
    match cache {
        Some(cache) => step.mounts(cache),
        // The home of another user is not known, its cache is called the same.
        None => step.run.mounts.iter().any(|mount| {
            let target = mount.target().unwrap_or("").trim_end_matches('/');
            target == "/root" || target.ends_with("/.cache") || target.ends_with("/.cache/pip")
        }),
    }
}

fn purges_after(step: &Step<'_>, start: u32) -> bool {
    let mut invocations = step.commands().iter().filter_map(pip::invocation);
    invocations.any(|invocation| {
        invocation.command.span.start > start
            && invocation.is(&["cache"])
            && invocation
                .operands
                .first()
                .is_some_and(|word| word.value() == "purge")
    })
}
