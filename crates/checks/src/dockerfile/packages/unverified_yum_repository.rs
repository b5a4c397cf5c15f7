use super::rpm;
use crate::{
    Check, Findings, check,
    dockerfile::{
        run_step::steps,
        written_text::{YUM, is_off, setting, written},
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// `sslverify` switched off for `yum` or `dnf`: with `--setopt`, with `yum-config-manager`, or in a repository or configuration that the Dockerfile writes.
    ///
    /// ## Why it matters
    /// Anyone between the build and the repository can pose as the repository, hold back fixes and read credentials that are sent to it.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM rockylinux:9
    /// RUN yum install -y --setopt=sslverify=0 httpd-2.4.57 && yum clean all # <-
    /// RUN echo "sslverify=false" >> /etc/yum.conf # <-
    /// RUN dnf-config-manager --save --setopt=epel.sslverify=0 # <-
    /// ```
    /// ```dockerfile pass
    /// FROM rockylinux:9
    /// RUN yum install -y --setopt=sslverify=1 httpd-2.4.57 && yum clean all
    /// RUN echo "sslcacert=/etc/pki/own.pem" >> /etc/yum.conf
    /// ```
    /// ```dockerfile pass
    /// FROM rockylinux:9
    /// RUN sed -i 's/sslverify=0/sslverify=1/' /etc/yum.conf
    /// COPY <<EOF /root/.gitconfig
    /// [http]
    /// sslVerify = false
    /// EOF
    /// ```
    ///
    /// ## Fix
    /// Remove the setting, and name the certificate of a private repository with `sslcacert`.
    UnverifiedYumRepository {
        id: "unverified-yum-repository",
        title: "yum or dnf does not verify the certificate of a repository",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnverifiedYumRepository {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in &step.expanded(rpm::is_yum) {
                if let Some(word) = rpm::off_option(command, "sslverify") {
                    findings
                        .add(Self::META)
                        .span(step.source, word.span)
                        .note(format!("{} runs with {}", command.program(), word.value()));
                }
            }
        }
        for span in written(build, YUM, &|text| setting(text, "sslverify", is_off)) {
            findings
                .add(Self::META)
                .span(build.source, span)
                .note("a repository is written with sslverify off");
        }
    }
}
