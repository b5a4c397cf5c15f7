use ringwall_input::dockerfile::InstructionKind;

use crate::{
    Check, Findings, check,
    dockerfile::trust::credential_file::{Credential, credential},
    judge::Build,
};

check! {
    /// ## What it finds
    /// A `COPY` or `ADD` of a file whose name says that it holds credentials: SSH keys, private keys and key stores, kubeconfig, `.env`, `.netrc`, `.npmrc`, `.pypirc`, registry and cloud credentials, Terraform state.
    /// Examples and templates (`.env.example`) and public keys (`.pub`) are left alone.
    /// Names that often hold something harmless (`.env`, `.npmrc`, `*.key`, `*.pem`) give a likely finding, or a hint.
    ///
    /// ## Why it matters
    /// Everyone who may pull the image can read the file, also when a later instruction removes it: it stays in its layer.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// COPY id_rsa /root/.ssh/id_rsa # <-
    /// RUN git clone git@example.com:team/app.git && rm /root/.ssh/id_rsa
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// COPY deploy/kubeconfig .env /app/ # <-
    /// ADD config.json /root/.docker/config.json # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// COPY id_rsa.pub /root/.ssh/authorized_keys
    /// RUN git clone git@example.com:team/app.git && rm /root/.ssh/id_rsa
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// COPY .env.example config.json ca.pem /app/
    /// COPY docker.key /etc/apt/keyrings/docker.asc
    /// ```
    ///
    /// ## Fix
    /// Use the file during the build only, with `RUN --mount=type=secret` or `--mount=type=ssh`; mount it into the pod from a Secret at run time.
    /// If an image with it was pushed, replace the credentials.
    CopiedCredentialFile {
        id: "copied-credential-file",
        title: "Copies a key, kubeconfig, .env, .npmrc or cloud credential file",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: ["mitre:T1552.001"],
    }
}

impl Check for CopiedCredentialFile {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for outer in build.dockerfile.instructions() {
            let instruction = outer.innermost();
            let (InstructionKind::Copy(copy) | InstructionKind::Add(copy)) = &instruction.kind
            else {
                continue;
            };
            let mut found = false;
            for source in &copy.sources {
                let Some(Credential { what, confidence }) = credential(&source.value) else {
                    continue;
                };
                if confidence.is_some() && holds_public_keys(&copy.destination.value) {
                    continue;
                }
                found = true;
                let draft = findings
                    .add(Self::META)
                    .span(build.source, source.span)
                    .message(format!(
                        "{} puts {} into the image: {what}",
                        instruction.name(),
                        source.value
                    ));
                if let Some(confidence) = confidence {
                    draft.confidence(confidence);
                }
            }
            // A file with a harmless name may get a telling one.
            let destination = &copy.destination;
            let [source] = &*copy.sources else {
                continue;
            };
            // A file that keeps its name says itself what it is; what stands in a folder does not.
            let keeps_name = destination.value.ends_with('/') && !source.value.ends_with('/');
            if found || keeps_name {
                continue;
            }
            if let Some(Credential {
                what,
                confidence: None,
            }) = credential(&destination.value)
            {
                findings
                    .add(Self::META)
                    .span(build.source, destination.span)
                    .message(format!(
                        "{} puts {} into the image: {what}",
                        instruction.name(),
                        destination.value
                    ));
            }
        }
    }
}

/// Whether a place is one where package managers look for the keys of those who sign: they are public.
fn holds_public_keys(destination: &str) -> bool {
    [
        "/etc/apt/keyrings/",
        "/usr/share/keyrings/",
        "/etc/apt/trusted.gpg.d/",
        "/etc/pki/rpm-gpg/",
        "/etc/apk/keys/",
    ]
    .iter()
    .any(|folder| destination.starts_with(folder) || Some(destination) == folder.strip_suffix('/'))
}
