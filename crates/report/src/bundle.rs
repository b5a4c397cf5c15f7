//! What the web viewer shows: the JSON report with the excerpts, patches and pages beside it.

use std::{collections::BTreeMap, io};

use ringwall_model::{Report, Span};
use serde::{
    Serialize,
    ser::{SerializeSeq as _, Serializer},
};

use crate::{
    Context, Excerpt, ExcerptLine, Excerpts,
    json::{self, separate, value},
    patch::fix_patch,
};

/// Lines before and after the marked ones.
const CONTEXT_LINES: u32 = 3;

/// Writes what the viewer reads as `report.json`: the report with excerpts, patches and pages.
///
/// Findings about the same place share an excerpt, and those with the same edits a patch.
pub fn bundle(report: &Report, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let excerpts = Excerpts::new(context);
    out.write_all(b"{\"report\":")?;
    let places = report.findings.iter().enumerate();
    let concealed =
        places.filter_map(|(at, finding)| Some((at, excerpts.concealed_finding(finding)?)));
    json::write(report, &concealed.collect(), out)?;

    let mut places: BTreeMap<(&str, Span), Option<usize>> = BTreeMap::new();
    let mut excerpt_of = Vec::with_capacity(report.findings.len());
    out.write_all(b",\"excerpts\":[")?;
    let mut written = 0;
    for finding in &report.findings {
        let place = (&*finding.location.file, finding.location.span);
        if let Some(&index) = places.get(&place) {
            excerpt_of.push(index);
            continue;
        }
        let index = match excerpts.cut(&finding.location, CONTEXT_LINES) {
            Some(excerpt) => {
                separate(written, out)?;
                value(&Wire(&excerpt), out)?;
                written += 1;
                Some(written - 1)
            }
            None => None,
        };
        places.insert(place, index);
        excerpt_of.push(index);
    }
    out.write_all(b"],\n\"excerpt_of\":")?;
    value(&excerpt_of, out)?;

    let mut patches: BTreeMap<String, usize> = BTreeMap::new();
    let mut patch_of = Vec::with_capacity(report.findings.len());
    out.write_all(b",\n\"patches\":[")?;
    for finding in &report.findings {
        let patch = finding
            .fix
            .as_deref()
            .and_then(|fix| fix_patch(&excerpts, &fix.edits));
        let Some(patch) = patch.filter(|patch| !patch.is_empty()) else {
            patch_of.push(None);
            continue;
        };
        if let Some(&index) = patches.get(&patch) {
            patch_of.push(Some(index));
            continue;
        }
        let index = patches.len();
        separate(index, out)?;
        value(&patch, out)?;
        patches.insert(patch, index);
        patch_of.push(Some(index));
    }
    out.write_all(b"],\n\"patch_of\":")?;
    value(&patch_of, out)?;

    out.write_all(b",\n\"checks\":{")?;
    let checks: BTreeMap<&str, Check<'_>> = report
        .findings
        .iter()
        .map(|finding| {
            let check = Check {
                title: context.catalogue.title(&finding.check),
                page: context.catalogue.page(&finding.check),
            };
            (&*finding.check, check)
        })
        .collect();
    for (index, (id, check)) in checks.iter().enumerate() {
        separate(index, out)?;
        value(id, out)?;
        out.write_all(b":")?;
        value(check, out)?;
    }
    out.write_all(b"}}\n")
}

#[derive(Serialize)]
struct Check<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
}

/// `[first_line, [[text] or [text, start, end], ...], lines_left_out]`: short, there are many.
struct Wire<'a>(&'a Excerpt);

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lines: Vec<WireLine<'_>> = self.0.lines.iter().map(WireLine).collect();
        (self.0.first_line, lines, self.0.lines_left_out).serialize(serializer)
    }
}

struct WireLine<'a>(&'a ExcerptLine);

impl Serialize for WireLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_seq(None)?;
        parts.serialize_element(&self.0.text)?;
        if let Some(marked) = &self.0.marked {
            parts.serialize_element(&marked.start)?;
            parts.serialize_element(&marked.end)?;
        }
        parts.end()
    }
}
