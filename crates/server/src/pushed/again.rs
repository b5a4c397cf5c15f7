//! Reports, judged again: when the advisories change, from the packages that they list. No layer is read.

use std::{
    collections::{BTreeSet, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Condvar, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    thread,
};

use rayon::prelude::*;
use ringwall_collect::{file_state, read_image_report};
use ringwall_engine::{Advisories, ImageOptions, StoredReport, StoredReportError};
use ringwall_model::Finding;
use serde_json::{Value, json};

use super::{Judging, Pushed};

/// Most new findings that the status shows.
const MOST_NEWS: usize = 100;

/// When reports are to be judged again, and what came of it the last time.
#[derive(Default)]
pub(super) struct Again {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// How the database looked; nothing yet when the process starts, so that what changed before is seen too.
    seen: Option<String>,
    is_asked: bool,
    is_closed: bool,
    last: Value,
    news: VecDeque<Value>,
}

impl Again {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for it where the database is another one.
    pub(super) fn look(&self, database: String) {
        let mut state = self.lock();
        if state.seen.as_ref() != Some(&database) {
            state.seen = Some(database);
            state.is_asked = true;
            self.changed.notify_all();
        }
    }

    pub(super) fn ask(&self) {
        self.lock().is_asked = true;
        self.changed.notify_all();
    }

    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Waits until it is asked for; false once it is closed.
    fn wait(&self) -> bool {
        let state = self.lock();
        let waiting = |state: &mut State| !state.is_asked && !state.is_closed;
        let waited = self.changed.wait_while(state, waiting);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_asked = false;
        !state.is_closed
    }

    pub(super) fn last(&self) -> Value {
        self.lock().last.clone()
    }

    pub(super) fn news(&self) -> Vec<Value> {
        self.lock().news.iter().cloned().collect()
    }
}

/// What became of one report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Became {
    /// It is judged by the database of now.
    Judged,
    /// It was before, or is about signatures.
    Left,
    Failed,
}

impl Pushed {
    /// Judges reports again whenever that is asked for.
    pub(super) fn judge_whenever_asked(&self) {
        // Those who wait for a verdict come first.
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads((cores / 2).max(1))
            .thread_name(|_| "judge again".to_owned())
            .build();
        let pool = match pool {
            Ok(pool) => pool,
            Err(error) => {
                tracing::error!(%error, "reports are not judged again");
                return;
            }
        };
        while self.again.wait() {
            match self.scanner.judging() {
                Ok(judging) => pool.install(|| self.judge_all(&judging)),
                Err(reason) => {
                    self.metrics.judged_again.add(["failed"], 1);
                    tracing::error!(reason, "reports are not judged again, and stay as they are");
                    self.again.lock().last = json!({"problem": reason});
                }
            }
        }
    }

    fn judge_all(&self, judging: &Judging) {
        let files = match self.reports.files() {
            Ok(files) => files,
            Err(reason) => {
                self.metrics.judged_again.add(["failed"], 1);
                tracing::error!(reason, "reports are not judged again");
                return;
            }
        };
        let database = format!("sha256:{}", judging.database.digest());
        // An image may have a report for itself and one for each index that leads to it.
        let told = Mutex::new(BTreeSet::new());
        let became = files.par_iter().with_max_len(1).map(|file| {
            if self.is_closed.load(Ordering::Relaxed) {
                return Became::Left;
            }
            let judged = catch_unwind(AssertUnwindSafe(|| {
                self.judge_one(file, judging, &database, &told)
            }));
            let judged = judged.unwrap_or_else(|_| Err("judging failed; this is a bug".to_owned()));
            let became = judged.unwrap_or_else(|reason| {
                tracing::error!(file = %file.display(), reason, "a report is not judged again");
                Became::Failed
            });
            let word = match became {
                Became::Judged => "judged",
                Became::Left => "left",
                Became::Failed => "failed",
            };
            self.metrics.judged_again.add([word], 1);
            became
        });
        let became: Vec<_> = became.collect();
        let count = |which| became.iter().filter(|&&it| it == which).count();
        let (judged, failed) = (count(Became::Judged), count(Became::Failed));
        if judged > 0 || failed > 0 {
            tracing::info!(judged, failed, database, "reports were judged again");
        }
        self.again.lock().last = json!({
            "database": database, "judged": judged, "left": count(Became::Left), "failed": failed,
        });
    }

    fn judge_one(
        &self,
        file: &Path,
        judging: &Judging,
        database: &str,
        told: &Mutex<BTreeSet<(String, String, String)>>,
    ) -> Result<Became, String> {
        let seen = file_state(file);
        let text = read_image_report(file)?;
        let report = match StoredReport::parse(text.as_bytes()) {
            Ok(report) => report,
            Err(StoredReportError::Verification) => return Ok(Became::Left),
            Err(error) => return Err(error.to_string()),
        };
        if report.database() == Some(database) {
            return Ok(Became::Left);
        }
        let is_admitted = self.admitted.has_any(report.digests());
        let options = ImageOptions {
            name: "",
            advisories: Advisories::Database(&judging.database),
            exceptions: &judging.exceptions,
            finds_secrets: false,
            rules: None,
            cache: None,
            as_of: judging.as_of,
        };
        let judged = report.judge_again(&options);
        self.reports.replace(file, &seen, &judged.report)?;
        if is_admitted {
            let image = &judged.report.image;
            let digest = image.digest.as_deref().unwrap_or(&image.name);
            for finding in &judged.new {
                self.tell(&image.name, digest, finding, told);
            }
        }
        Ok(Became::Judged)
    }

    /// Tells of a flaw that became known in an image which runs, or may.
    fn tell(
        &self,
        image: &str,
        digest: &str,
        finding: &Finding,
        told: &Mutex<BTreeSet<(String, String, String)>>,
    ) {
        let package = finding.subject.package.as_deref().unwrap_or_default();
        let key = [digest, &finding.check, package].map(str::to_owned).into();
        if !told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key)
        {
            return;
        }
        let severity = finding.severity.as_str();
        let flaw = finding.vulnerability.as_deref();
        let fixed = flaw
            .and_then(|flaw| flaw.fixed.as_deref())
            .unwrap_or_default();
        let is_exploited = flaw.is_some_and(|flaw| flaw.exploited_since.is_some());
        self.metrics.new_findings.add([severity], 1);
        tracing::warn!(
            image,
            digest,
            check = &*finding.check,
            severity,
            package,
            fixed,
            exploited = is_exploited,
            "a new finding in an image that was admitted"
        );
        let mut state = self.again.lock();
        if state.news.len() >= MOST_NEWS {
            state.news.pop_front();
        }
        state.news.push_back(json!({
            "image": image, "digest": digest, "check": finding.check, "severity": severity,
            "package": package,
        }));
    }
}
