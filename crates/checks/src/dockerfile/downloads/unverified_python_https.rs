use crate::{Check, Findings, Safety, check, dockerfile::environment::settings, judge::Build};

check! {
    /// ## What it finds
    /// `PYTHONHTTPSVERIFY=0` in ENV, ARG or a RUN.
    ///
    /// ## Why it matters
    /// Python 2.7, and newer versions of some distributions, then accept any certificate: during the build, and with ENV also in every container of the image.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM python:2.7
    /// ENV PYTHONHTTPSVERIFY=0 # <-
    /// ```
    /// ```dockerfile fail
    /// FROM python:2.7
    /// RUN PYTHONHTTPSVERIFY="0" python setup.py install # <-
    /// ```
    /// ```dockerfile pass
    /// FROM python:2.7
    /// ENV PYTHONHTTPSVERIFY=1
    /// ```
    ///
    /// ## Fix
    /// Remove the variable, and add the certificate of a private server to the trusted ones.
    UnverifiedPythonHttps {
        id: "unverified-python-https",
        title: "Python does not verify certificates",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnverifiedPythonHttps {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for setting in settings(build, |name| name == "PYTHONHTTPSVERIFY") {
            if setting.value == "0" {
                findings
                    .add(Self::META)
                    .span(build.source, setting.span)
                    .note("PYTHONHTTPSVERIFY is 0, so Python accepts any certificate")
                    .fix(Safety::Unsafe, setting.with_value(build.source, "1"));
            }
        }
    }
}
