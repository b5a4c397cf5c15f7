//! The root of a file system: judged as the one layer of an image that nobody configured.

use rayon::prelude::*;
use ringwall_collect::root_fs::{Met, RootFs, Unread};
use ringwall_image::{Contents, Layer};
use ringwall_report::{ImageFacts, ImageGap, ImageReport, ImageRootFs};

use super::{ImageOptions, gaps, judge};

/// What was met in a part of the tree.
#[derive(Default)]
struct Part {
    layer: Layer,
    /// Files and folders of which nothing is known.
    unread: Vec<Unread>,
    /// File systems of others.
    mounts: Vec<Unread>,
}

impl Part {
    fn with(mut self, other: Self) -> Self {
        self.layer = self.layer.with(other.layer);
        self.unread.extend(other.unread);
        self.mounts.extend(other.mounts);
        self
    }
}

/// Reads the root of a file system and judges what is in it. Nothing of it is kept for the next time.
pub fn scan_root_fs(root: &RootFs, options: &ImageOptions<'_>) -> ImageReport {
    let reader = options.reader();
    let parts = root
        .walk()
        .par_bridge()
        .fold(Part::default, |mut part, met| {
            match met {
                Met::Entry(met) => reader.read_entry(&met.entry, || met.open(), &mut part.layer),
                Met::Unread(unread) => part.unread.push(unread),
                Met::Mount(mount) => part.mounts.push(mount),
            }
            part
        });
    let Part {
        layer,
        mut unread,
        mounts,
    } = parts.reduce(Part::default, Part::with);
    let mut layer = layer.in_order();
    let files = std::mem::take(&mut layer.unread);
    unread.extend(
        files
            .into_iter()
            .map(|(path, reason)| Unread { path, reason }),
    );
    let entries = layer.entries as u64;
    let contents = Contents::new(&reader, vec![layer]);
    let mut report = ImageReport::new(options.as_of);
    report.image = ImageFacts {
        name: options.name.to_owned(),
        root_fs: Some(ImageRootFs { entries }),
        ..ImageFacts::default()
    };
    report.not_assessed = gaps(&contents.gaps);
    report.not_assessed.extend(by_reason("unread-file", unread));
    report
        .not_assessed
        .extend(by_reason("unread-mount", mounts));
    judge(&mut report, &contents, None, options);
    report
}

/// One gap for each reason, with how many have it and the first of them.
fn by_reason(id: &'static str, mut unread: Vec<Unread>) -> Vec<ImageGap> {
    unread.sort_by(|one, other| (&one.reason, &one.path).cmp(&(&other.reason, &other.path)));
    let alike = unread.chunk_by(|one, other| one.reason == other.reason);
    let gaps = alike.filter_map(|alike| {
        let first = alike.first()?;
        Some(ImageGap {
            id,
            // Of the root itself the name says nothing.
            path: Some(first.path.clone()).filter(|path| !path.is_empty()),
            files: (alike.len() != 1).then_some(alike.len()),
            reason: first.reason.clone(),
            ..ImageGap::default()
        })
    });
    gaps.collect()
}
