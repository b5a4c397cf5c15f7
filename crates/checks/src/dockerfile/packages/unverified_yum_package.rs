use super::rpm;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::{
        run_step::steps,
        written_text::{YUM, is_off, setting, written},
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// `yum`, `dnf`, `microdnf` or `tdnf` with `--nogpgcheck` or `--setopt=gpgcheck=0`, and `gpgcheck=0` in a repository that the Dockerfile writes.
    ///
    /// ## Why it matters
    /// Packages are taken without a valid signature, and their scripts run as root, so whoever stands between the build and the repository decides what is installed.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM rockylinux:9
    /// RUN dnf install -y --nogpgcheck httpd-2.4.57 && dnf clean all # <-
    /// RUN yum-config-manager --save --setopt=epel.gpgcheck=0 # <-
    /// COPY <<EOF /etc/yum.repos.d/example.repo
    /// [example]
    /// baseurl=https://rpm.example.com
    /// gpgcheck=0 # <-
    /// EOF
    /// ```
    /// ```dockerfile fail
    /// FROM rockylinux:9
    /// RUN sed -i 's/gpgcheck=1/gpgcheck=0/' /etc/yum.repos.d/* # <-
    /// RUN find /etc -name '*.repo' | xargs sed -i -e s/gpgcheck=1/gpgcheck=0/ # <-
    /// RUN (echo "[a]"; echo "gpgcheck=0") | sudo tee /etc/yum.repos.d/a.repo > /dev/null # <-
    /// RUN { echo gpgcheck = 0; } >> "$repository" # <-
    /// ```
    /// ```dockerfile pass
    /// FROM rockylinux:9
    /// RUN dnf install -y httpd-2.4.57 && dnf clean all
    /// RUN yum-config-manager --save --setopt=epel.gpgcheck=1
    /// COPY <<EOF /etc/yum.repos.d/example.repo
    /// [example]
    /// baseurl=https://rpm.example.com
    /// gpgcheck=1
    /// EOF
    /// ```
    /// ```dockerfile pass
    /// FROM rockylinux:9
    /// RUN sed -i 's/gpgcheck=0/gpgcheck=1/' /etc/yum.conf && sed -i '/gpgcheck=0/d' /etc/yum.repos.d/*
    /// RUN echo "gpgcheck=0 is not allowed" > /etc/motd && echo "gpgcheck=0 was found"
    /// ```
    ///
    /// ## Fix
    /// Remove the switch, and import the key of the repository with `rpm --import` or `gpgkey`.
    UnverifiedYumPackage {
        id: "unverified-yum-package",
        title: "yum or dnf accepts packages without a valid signature",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnverifiedYumPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in &step.expanded(rpm::is_yum) {
                let flag = command.flag(&["--nogpgcheck", "--no-gpgchecks", "--no-gpg-checks"]);
                let option = || rpm::off_option(command, "gpgcheck");
                if let Some(word) = flag.or_else(option) {
                    findings
                        .add(Self::META)
                        .span(step.source, word.span)
                        .note(format!("{} runs with {}", command.program(), word.value()))
                        .fix(
                            Safety::Unsafe,
                            flag.and_then(|flag| step.remove_words(flag, flag)),
                        );
                }
            }
        }
        for span in written(build, YUM, &|text| setting(text, "gpgcheck", is_off)) {
            findings
                .add(Self::META)
                .span(build.source, span)
                .note("a repository is written with gpgcheck off");
        }
    }
}
