use super::client;
use crate::{
    Check, Findings, Safety, check,
    dockerfile::{
        run_step::commands,
        word_edit,
        written_text::{CURL, is_off, written},
    },
    judge::Build,
};

use ringwall_input::dockerfile::ShellWord;
use ringwall_model::{Edit, Source};

check! {
    /// ## What it finds
    /// `curl` with `-k` or `--insecure`, and a `.curlrc` with `insecure` that the Dockerfile writes.
    ///
    /// Requests to the build container itself, such as those of a health check to `localhost`, are left out.
    ///
    /// ## Why it matters
    /// Whoever stands between the build and the server decides what ends in the image, and reads the credentials that are sent.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN curl -fsSLk -o /usr/local/bin/tool https://example.com/tool # <-
    /// ```
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN curl --insecure -O https://example.com/tool # <-
    /// RUN s6-setuidgid app curl -k -O https://example.com/tool # <-
    /// RUN setuser app curl -k -O https://example.com/tool # <-
    /// RUN echo "insecure = true" >> ~/.curlrc # <-
    /// RUN echo insecure >> ~/.curlrc && echo -k >> ~/.curlrc # <-
    /// ENV CURL_OPTS="-sSLk"
    /// RUN curl $CURL_OPTS -O https://example.com/tool # <-
    /// RUN OPTS=--insecure; curl $OPTS -O https://example.com/tool # <-
    /// RUN fetch="curl -sSLk"; $fetch -O https://example.com/tool # <-
    /// COPY <<EOF /root/.curlrc
    /// --insecure # <-
    /// EOF
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN curl -fsSL -o /usr/local/bin/tool https://example.com/tool
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN curl -fsSL -okubectl https://example.com/kubectl
    /// RUN for o in -k; do curl "-s $o" -O https://example.com/tool; done
    /// HEALTHCHECK CMD curl -k https://localhost:8443/healthz
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN echo '{"insecure": true}' > /etc/docker.json && rm -f /root/.curlrc
    /// RUN echo "# insecure" > ~/.curlrc && echo "cacert=/etc/insecure true" > ~/.curlrc
    /// ```
    ///
    /// ## Fix
    /// Remove the flag, and give curl the certificate of a private server with `--cacert`.
    UnverifiedCurlDownload {
        id: "unverified-curl-download",
        title: "curl does not verify certificates",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnverifiedCurlDownload {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for command in commands(build, |command| command.is("curl")) {
            if let Some(flag) = client::curl_flag(&command, 'k', "--insecure")
                && !client::stays_inside(&command)
            {
                findings
                    .add(Self::META)
                    .span(build.source, flag.span)
                    .note(format!(
                        "curl runs with {}, which accepts any certificate",
                        flag.value()
                    ))
                    .fix(Safety::Unsafe, without(build.source, flag));
            }
        }
        for span in written(build, CURL, &switch) {
            findings
                .add(Self::META)
                .span(build.source, span)
                .note("a .curlrc is written that accepts any certificate");
        }
    }
}

/// The line of a `.curlrc` that switches verification off; dashes may be left out before a long name. See: curl(1).
fn switch(text: &str) -> Option<(usize, usize)> {
    let lower = text.to_ascii_lowercase().replace("\\n", "\n\n");
    let mut start = 0;
    for line in lower.split('\n') {
        let option = line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
        let (name, value) = option
            .split_once([' ', '\t', '=', ':'])
            .unwrap_or((option, ""));
        let value = value.trim_matches([' ', '\t', '=', ':', '"']);
        let is_switch = matches!(name, "insecure" | "--insecure" | "-k");
        if is_switch && !is_off(value) {
            let at = start + line.find(name)?;
            return Some((at, at + option.len()));
        }
        start += line.len() + 1;
    }
    None
}

fn without(source: &Source, flag: &ShellWord) -> Option<Vec<Edit>> {
    if matches!(flag.value(), "-k" | "--insecure") {
        return word_edit::remove(source, flag, flag);
    }
    word_edit::replace(source, flag, &flag.text.replacen('k', "", 1))
}
