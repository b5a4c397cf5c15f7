use crate::{
    Check, Findings, check,
    dockerfile::{stage_reference::pulled_images, trust::support_end::support_end},
    judge::Build,
};

check! {
    /// ## What it finds
    /// Images that a build pulls whose tag names a release without support on the day of the scan: of Alpine, Debian, Ubuntu, `CentOS`, Fedora, openSUSE Leap, Amazon Linux, Oracle Linux, UBI, Python, Node.js, PHP, Ruby, Go and .NET.
    /// The distribution at the end of a tag counts too (`python:3.14-buster`).
    /// Support is what everyone gets without a contract; for Debian that includes LTS.
    ///
    /// ## Why it matters
    /// Nobody fixes what is found there from that day on.
    /// A scanner that reads the distribution's own advisories reports nothing new, and the image looks better than it is.
    ///
    /// ## Examples
    /// ```dockerfile fail as_of=2026-11-21
    /// FROM python:3.7-slim AS one # <-
    /// FROM node:24-bullseye AS two # <-
    /// FROM centos # <-
    /// COPY --from=alpine:3.12.1 /etc/os-release / # <-
    /// ```
    /// ```dockerfile pass as_of=2026-11-21
    /// FROM python:3.14-slim AS one
    /// FROM node:24-bookworm AS two
    /// FROM alpine:3.24 AS three
    /// FROM debian:stable
    /// ```
    /// ```dockerfile pass as_of=2022-05-01
    /// FROM alpine:3.12.1
    /// ```
    ///
    /// ## Fix
    /// Move to a release with support; see <https://endoflife.date>.
    EndOfLifeBaseImage {
        id: "end-of-life-base-image",
        title: "Base image release is end of life",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for EndOfLifeBaseImage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let as_of = findings.settings().as_of;
        for pulled in pulled_images(build.dockerfile) {
            let Some(end) = support_end(&pulled.image) else {
                continue;
            };
            if end.day < as_of {
                findings
                    .add(Self::META)
                    .span(build.source, pulled.span)
                    .image(pulled.name)
                    .message(format!(
                        "{} {} is {} {}, which had support until {}",
                        pulled.role, pulled.name, end.product, end.release, end.day
                    ));
            }
        }
    }
}
