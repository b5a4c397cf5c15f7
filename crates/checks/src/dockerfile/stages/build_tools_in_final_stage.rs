use ringwall_input::dockerfile::{Base, ImageRef};

use crate::{
    Check, Findings, check,
    dockerfile::{
        installed::{Removals, installs, is_manager},
        run_step::{Step, steps},
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// Compilers and debug tools in the final stage or one it is based on: installed and not removed in the same `RUN`, or brought by a base image that is a build kit (`golang`, `rust`, `maven`, `dotnet/sdk`, ...).
    ///
    /// ## Why it matters
    /// Whoever gets in finds what is needed to build an exploit and to look at other processes.
    /// The image is larger, and each of these packages brings its own vulnerabilities.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM golang:1.26 # <-
    /// RUN go build -o /app .
    /// CMD ["/app"]
    /// ```
    /// ```dockerfile fail
    /// FROM debian:13
    /// RUN apt-get update && apt-get install -y \
    ///     ca-certificates \
    ///     gcc \ # <-
    ///     tcpdump # <-
    /// ```
    /// ```dockerfile pass
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    /// FROM scratch
    /// COPY --from=build /app /app
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// RUN apk add --no-cache --virtual .build gcc make && make && apk del .build
    /// ```
    ///
    /// ## Fix
    /// Build in a stage of its own and copy the result: `COPY --from=build /app /app`.
    BuildToolsInFinalStage {
        id: "build-tools-in-final-stage",
        title: "Final stage ships compilers or debug tools",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for BuildToolsInFinalStage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let file = build.dockerfile;
        let Some(last) = file.final_stage() else {
            return;
        };
        for stage in file.ancestors(last) {
            if let Base::Image(image) = &stage.base
                && is_build_kit(image)
            {
                findings
                    .add(Self::META)
                    .span(build.source, stage.from.image.span)
                    .image(&stage.from.image.value)
                    .message(format!(
                        "final image is built on {}, which is made for building",
                        stage.from.image.value
                    ));
            }
        }
        for step in steps(build).filter(Step::ships) {
            let removals = Removals::of(step.commands());
            let commands = step.expanded(is_manager);
            for package in commands.iter().flat_map(|command| installs(command)) {
                if package.is_any(TOOLS) && !removals.cover(&package) {
                    findings
                        .add(Self::META)
                        .span(build.source, package.span())
                        .message(format!(
                            "package {} stays in the final image",
                            package.name()
                        ));
                }
            }
        }
    }
}

/// Compilers, build systems, debuggers and tools to look at the network.
const TOOLS: &[&str] = &[
    "autoconf",
    "automake",
    "bison",
    "build-base",
    "build-essential",
    "cargo",
    "clang",
    "cmake",
    "flex",
    "g++",
    "gcc",
    "gcc-c++",
    "gdb",
    "go",
    "golang",
    "golang-go",
    "gradle",
    "llvm",
    "ltrace",
    "make",
    "maven",
    "meson",
    "netcat",
    "netcat-openbsd",
    "netcat-traditional",
    "ninja-build",
    "nmap",
    "nmap-ncat",
    "perf",
    "rust",
    "rustc",
    "strace",
    "tcpdump",
    "telnet",
];

fn is_build_kit(image: &ImageRef) -> bool {
    let name = image.full_name();
    let tag = image.tag.as_deref().unwrap_or("");
    if let Some(official) = name.strip_prefix("docker.io/library/") {
        return matches!(
            official,
            "buildpack-deps" | "gcc" | "golang" | "gradle" | "maven" | "rust" | "sbt"
        ) || official == "eclipse-temurin" && tag.contains("jdk");
    }
    name == "mcr.microsoft.com/dotnet/sdk"
}
