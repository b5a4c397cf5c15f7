//! Scanning and judging again, with real files and databases, and images that a test makes up.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::mpsc::{Receiver, Sender, channel},
};

use ringwall_advisory::{DatabaseBuilder, OsvRecord, parse_osv};
use ringwall_report::{ImageDistribution, ImagePackage, ImageReport, VerificationReport};
use tempfile::TempDir;

use super::{reports::place, *};
use crate::wire::notification::Push;

const SECRET: &str = "Bearer 0123456789abcdef";
/// More than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

fn digest(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

fn day() -> Date {
    "2026-11-28".parse().unwrap()
}

/// The report about an image with one package of npm.
fn report(image: &str, own: &str, index: Option<&str>) -> ImageReport {
    let mut report = ImageReport::new(day());
    report.image.name = image.to_owned();
    report.image.digest = Some(own.to_owned());
    report.image.indexes = index.iter().map(|&it| it.to_owned()).collect();
    report.image.platform = "linux/amd64".to_owned();
    report.image.distribution = Some(ImageDistribution {
        id: "debian".to_owned(),
        version_id: "12".to_owned(),
        name: String::new(),
    });
    report.packages = vec![ImagePackage {
        kind: "npm",
        name: "ms".to_owned(),
        version: "2.0.0".to_owned(),
        path: "a/package.json".to_owned(),
        ..ImagePackage::default()
    }];
    report
}

fn database(flaws: &[&str]) -> Vec<u8> {
    let mut builder = DatabaseBuilder::new(day());
    for id in flaws {
        let record = json!({
            "id": id, "summary": "a flaw", "database_specific": {"severity": "HIGH"},
            "affected": [{"package": {"ecosystem": "npm", "name": "ms"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.0"}]}]}],
        });
        match parse_osv(record.to_string().as_bytes()).unwrap() {
            OsvRecord::Advisory(advisory) => builder.advisory(*advisory),
            other => panic!("{other:?}"),
        }
    }
    builder.build().unwrap()
}

type Answer = Result<Vec<ImageReport>, ScanError>;

/// Answers as it is told to, and says what it was asked for.
struct Scripted {
    answers: Mutex<BTreeMap<String, Vec<Answer>>>,
    asked: Mutex<Sender<(String, bool)>>,
    database: PathBuf,
}

impl ImageScanner for Scripted {
    fn scan(&self, image: &str, is_last: bool) -> Result<Vec<ImageReport>, ScanError> {
        let mut answers = self.answers.lock().unwrap();
        let answers = answers.get_mut(image).unwrap();
        let answer = if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers[0].clone()
        };
        let _ = self.asked.lock().unwrap().send((image.to_owned(), is_last));
        answer
    }

    fn verify(&self, image: &str) -> Result<Option<VerificationReport>, ScanError> {
        let (_, digest) = image.split_once('@').unwrap();
        let trusts = fs::read_to_string(self.database.with_file_name("trusts")).unwrap();
        let mut report = VerificationReport {
            is_verified: !trusts.contains("stranger"),
            is_intact: true,
            ..VerificationReport::default()
        };
        report.image.digests = vec![digest.to_owned()];
        Ok(Some(report))
    }

    fn trust_state(&self) -> Result<Option<String>, String> {
        match fs::read_to_string(self.database.with_file_name("trusts")) {
            Ok(text) if text == "broken" => Err("is broken".to_owned()),
            Ok(text) => Ok(Some(text)),
            Err(_) => Ok(None),
        }
    }

    fn database_state(&self) -> String {
        ringwall_collect::file_state(&self.database)
    }

    fn judging(&self) -> Result<Judging, String> {
        Ok(Judging {
            database: Database::open(&self.database).map_err(|error| error.to_string())?,
            exceptions: ImageExceptions::none(day()),
            as_of: day(),
        })
    }
}

struct House {
    folder: PathBuf,
    pushed: Arc<Pushed>,
    asked: Receiver<(String, bool)>,
}

type Answers<'a> = &'a [(&'a str, Vec<Answer>)];

impl House {
    fn new(folder: &Path, queue: usize, judges_again: bool, answers: Answers<'_>) -> Self {
        let path = |name: &str| folder.join(name);
        fs::create_dir_all(path("reports")).unwrap();
        fs::write(path("secret"), SECRET).unwrap();
        let (send, asked) = channel();
        let answers = answers.iter().cloned();
        let answers = answers.map(|(image, answers)| (image.to_owned(), answers));
        let settings = PushedSettings {
            reports: path("reports"),
            most_reports: 4,
            scanning: Some(Scanning {
                secret: Some(path("secret")),
                on_demand: true,
                repositories: Repositories::new(&["r.example.com/shop/**".to_owned()]).unwrap(),
                workers: 1,
                queue,
            }),
            judges_again,
            scanner: Arc::new(Scripted {
                answers: Mutex::new(answers.collect()),
                asked: Mutex::new(send),
                database: path("advisories.db"),
            }),
            first_wait: Duration::from_millis(1),
        };
        let pushed = Pushed::start(settings, Arc::default()).unwrap();
        Self {
            folder: folder.to_owned(),
            pushed,
            asked,
        }
    }

    fn push(&self, repository: &str, letter: &str) -> Taken {
        self.pushed.take(&Notification {
            pushes: vec![Push {
                host: Some("elsewhere.example".to_owned()),
                repository: repository.to_owned(),
                digest: digest(letter),
                tag: None,
            }],
            others: 1,
        })
    }

    /// The image that is asked for next, and whether for the last time.
    fn asked(&self) -> (String, bool) {
        self.asked.recv_timeout(PATIENCE).unwrap()
    }

    /// Waits until a metric has a line.
    fn until(&self, line: &str) {
        let start = Instant::now();
        while !self.metrics().lines().any(|it| it == line) {
            assert!(start.elapsed() < PATIENCE, "{line} in {}", self.metrics());
            thread::yield_now();
        }
    }

    fn metrics(&self) -> String {
        let mut out = String::new();
        self.pushed.metrics.write(&mut out);
        out
    }

    fn reports(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder.join("reports")).unwrap();
        let names = files.map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|it| it.ends_with(".json")).collect();
        names.sort();
        names
    }

    fn read(&self, name: &str) -> Value {
        let path = self.folder.join("reports").join(name);
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    /// Puts another database in the place of the one before, as `db update` does.
    fn replace_database(&self, flaws: &[&str]) {
        put(&self.folder, flaws);
        self.pushed.look();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.pushed.stop(PATIENCE);
    }
}

fn put(folder: &Path, flaws: &[&str]) {
    write_atomic(&folder.join("advisories.db"), &database(flaws)).unwrap();
}

fn image(repository: &str, letter: &str) -> String {
    format!("r.example.com/{repository}@{}", digest(letter))
}

#[test]
fn what_is_pushed_is_scanned_and_its_reports_are_kept_together() {
    let folder = TempDir::new().unwrap();
    let (one, index) = (image("shop/web", "a"), image("shop/all", "c"));
    let of_index = |own: &str| report("all", &digest(own), Some(&digest("c")));
    let answers = [
        (&*one, vec![Ok(vec![report("web", &digest("a"), None)])]),
        (&*index, vec![Ok(vec![of_index("a"), of_index("b")])]),
    ];
    let house = House::new(folder.path(), 9, false, &answers);
    assert_eq!(house.push("shop/web", "a"), Taken::Yes);
    // Who is not configured is not asked, whatever the notification says.
    assert_eq!(house.push("bank/web", "a"), Taken::Yes);
    assert_eq!(house.push("shop/all", "c"), Taken::Yes);
    assert_eq!(house.asked(), (one.clone(), false));
    assert_eq!(house.asked(), (index.clone(), false));
    house.until("ringwall_pushed_images_total{outcome=\"scanned\"} 2");
    let name = |digest: &str| digest.replace(':', "-");
    let [a, b, c] = ["a", "b", "c"].map(|letter| name(&digest(letter)));
    let expected = [
        format!("{a}.json"),
        format!("{c}.{a}.json"),
        format!("{c}.{b}.json"),
    ];
    assert_eq!(house.reports(), expected);
    assert_eq!(house.read(&expected[2])["image"]["indexes"][0], digest("c"));
    let metrics = house.metrics();
    for line in [
        "ringwall_registry_events_total{outcome=\"queued\"} 2",
        "ringwall_registry_events_total{outcome=\"not-configured\"} 1",
        "ringwall_registry_events_total{outcome=\"ignored\"} 3",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line} in {metrics}");
    }
}

#[test]
fn what_fails_is_tried_again_and_given_up_and_no_half_of_it_is_kept() {
    let folder = TempDir::new().unwrap();
    let (weak, gone, chart, other, many) = (
        image("shop/weak", "a"),
        image("shop/gone", "b"),
        image("shop/chart", "c"),
        image("shop/other", "d"),
        image("shop/many", "e"),
    );
    let failed = || Err(ScanError::Failed("no answer".to_owned()));
    let of_many = |own: &str| report("many", &digest(own), Some(&digest("e")));
    let answers = [
        (
            &*weak,
            vec![
                failed(),
                failed(),
                Ok(vec![report("weak", &digest("a"), None)]),
            ],
        ),
        (&*gone, vec![failed()]),
        (&*chart, vec![Err(ScanError::NoImage("a chart".to_owned()))]),
        // About something else than was pushed.
        (&*other, vec![Ok(vec![report("other", &digest("1"), None)])]),
        // More than the folder may hold.
        (
            &*many,
            vec![Ok(["1", "2", "3", "4", "5"].map(of_many).into())],
        ),
    ];
    let house = House::new(folder.path(), 9, false, &answers);
    for (repository, letter) in [
        ("shop/weak", "a"),
        ("shop/gone", "b"),
        ("shop/chart", "c"),
        ("shop/other", "d"),
        ("shop/many", "e"),
    ] {
        assert_eq!(house.push(repository, letter), Taken::Yes);
    }
    house.until("ringwall_pushed_images_total{outcome=\"failed\"} 3");
    let metrics = house.metrics();
    for line in [
        "ringwall_pushed_images_total{outcome=\"scanned\"} 1",
        "ringwall_pushed_images_total{outcome=\"no-image\"} 1",
        "ringwall_pushed_images_total{outcome=\"retried\"} 14",
        "ringwall_pushed_scan_duration_seconds_count{route=\"registry\"} 19",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line} in {metrics}");
    }
    assert_eq!(house.reports().len(), 1);
    let asked: Vec<_> = house
        .asked
        .try_iter()
        .filter(|(it, _)| *it == gone)
        .collect();
    let is_last: Vec<_> = asked.iter().map(|(_, is_last)| *is_last).collect();
    assert_eq!(is_last, [false, false, false, false, true]);
}

#[test]
fn what_waits_is_bounded_and_outlives_the_process() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("reports")).unwrap();
    let pending = folder.path().join("reports/pending");
    let (one, two) = (image("shop/one", "a"), image("shop/two", "b"));
    let foreign = format!("elsewhere.example/shop/web@{}", digest("a"));
    fs::write(&pending, format!("{foreign}\n{one}\nnonsense\n")).unwrap();
    let kept = |image: &str, letter: &str| Ok(vec![report(image, &digest(letter), None)]);
    let answers = [
        (&*one, vec![kept("one", "a")]),
        (&*two, vec![kept("two", "b")]),
    ];
    let house = House::new(folder.path(), 0, false, &answers);
    // What waited before has room, and only what is configured counts.
    assert_eq!(house.asked(), (one.clone(), false));
    house.until("ringwall_pushed_images_total{outcome=\"scanned\"} 1");
    assert_eq!(house.push("shop/two", "b"), Taken::Full);
    house.until("ringwall_registry_events_total{outcome=\"refused\"} 1");
    // It ends before anything new can wait.
    house.pushed.stop(PATIENCE);
    assert_eq!(fs::read_to_string(&pending).unwrap().trim(), "");
    drop(house);
    let house = House::new(folder.path(), 1, false, &answers);
    house.pushed.stop(PATIENCE);
    assert_eq!(house.push("shop/two", "b"), Taken::Yes);
    drop(house);
    assert_eq!(fs::read_to_string(&pending).unwrap().trim(), two);
    let house = House::new(folder.path(), 1, false, &answers);
    assert_eq!(house.asked(), (two.clone(), false));
}

#[test]
fn what_becomes_known_of_admitted_images_is_told() {
    let folder = TempDir::new().unwrap();
    let reports = folder.path().join("reports");
    fs::create_dir(&reports).unwrap();
    let write = |name: &str, text: &str| fs::write(reports.join(name), text).unwrap();
    let keep = |name: &str, report: &ImageReport| {
        let mut text = Vec::new();
        ringwall_report::image_json(report, &mut text).unwrap();
        fs::write(reports.join(name), text).unwrap();
    };
    // One image by itself and below an index, and one that nobody admitted.
    keep("a.json", &report("web", &digest("a"), None));
    keep("c.a.json", &report("web", &digest("a"), Some(&digest("c"))));
    keep("b.json", &report("idle", &digest("b"), None));
    let verified = r#"{"version": 1, "image": {}, "verified": true}"#;
    write("verify.json", verified);
    write("odd.json", "{}");
    put(folder.path(), &["N-1"]);
    let house = House::new(folder.path(), 9, true, &[]);
    house.pushed.admit(&digest("c"));
    house.pushed.admit("latest");
    // What changed before the process started is seen too.
    house.pushed.look();
    house.until("ringwall_image_reports_judged_again_total{outcome=\"judged\"} 3");
    house.until("ringwall_image_reports_judged_again_total{outcome=\"failed\"} 1");
    house.until("ringwall_image_reports_judged_again_total{outcome=\"left\"} 1");
    house.until("ringwall_image_new_findings_total{severity=\"high\"} 1");
    for name in ["a.json", "c.a.json", "b.json"] {
        let report = house.read(name);
        assert_eq!(report["findings"][0]["check"], "N-1", "{name}");
        assert_eq!(report["packages"][0]["name"], "ms");
    }
    let left = fs::read_to_string(reports.join("verify.json")).unwrap();
    assert_eq!(left, verified);
    house.pushed.admit(&digest("a"));
    house.replace_database(&["N-1", "N-2"]);
    house.until("ringwall_image_reports_judged_again_total{outcome=\"judged\"} 6");
    // Once for the image, however many reports it has.
    house.until("ringwall_image_new_findings_total{severity=\"high\"} 2");
    let status = house.pushed.status();
    assert_eq!(status["admitted"], 2);
    assert_eq!(status["newFindings"][1]["check"], "N-2");
    // The same database once more is no news, and one that cannot be read leaves all as it is.
    fs::write(folder.path().join("advisories.new"), "cut").unwrap();
    fs::rename(
        folder.path().join("advisories.new"),
        folder.path().join("advisories.db"),
    )
    .unwrap();
    house.pushed.look();
    house.until("ringwall_image_reports_judged_again_total{outcome=\"failed\"} 3");
    assert_eq!(house.read("a.json")["findings"][1]["check"], "N-2");
    drop(house);
    let kept = fs::read_to_string(reports.join("admitted")).unwrap();
    assert_eq!(kept, format!("{}\n{}\n", digest("c"), digest("a")));
}

#[test]
fn only_the_secret_is_believed() {
    let folder = TempDir::new().unwrap();
    let house = House::new(folder.path(), 1, false, &[]);
    assert!(house.pushed.admits(Some(SECRET.as_bytes())));
    assert!(!house.pushed.admits(Some(b"Bearer 0123456789abcdeF")));
    assert!(!house.pushed.admits(None));
}

#[test]
fn a_review_waits_for_what_nobody_looked_at() {
    let folder = TempDir::new().unwrap();
    let (known, gone) = (image("shop/web", "a"), image("shop/gone", "b"));
    let answers = [
        (&*known, vec![Ok(vec![report("web", &digest("a"), None)])]),
        (
            &*gone,
            vec![Err(ScanError::NoImage("nobody has it".to_owned()))],
        ),
    ];
    let house = House::new(folder.path(), 9, false, &answers);
    let elsewhere = format!("elsewhere.example/shop/web@{}", digest("a"));
    assert!(!house.pushed.demand(&[elsewhere], PATIENCE));
    let both = [known.clone(), gone.clone()];
    assert!(house.pushed.demand(&both, PATIENCE));
    assert_eq!(
        house.reports().len(),
        1,
        "it is there when the wait is over"
    );
    assert_eq!(house.asked.try_iter().count(), 2);
    // Nobody is asked again at once, be the answer as it is.
    assert!(!house.pushed.demand(&both, PATIENCE));
    assert_eq!(house.asked.try_iter().count(), 0);
    let metrics = house.metrics();
    for line in [
        "ringwall_image_demands_total{outcome=\"not-configured\"} 1",
        "ringwall_image_demands_total{outcome=\"queued\"} 2",
        "ringwall_image_demands_total{outcome=\"recent\"} 2",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line} in {metrics}");
    }
}

#[test]
fn a_review_waits_no_longer_than_it_may() {
    let folder = TempDir::new().unwrap();
    let house = House::new(folder.path(), 1, false, &[]);
    // Nobody scans any more, and everything waits.
    house.pushed.stop(PATIENCE);
    let (one, two) = (image("shop/one", "a"), image("shop/two", "b"));
    assert!(house.pushed.demand(&[one], Duration::ZERO));
    let two = [two];
    assert!(!house.pushed.demand(&two, Duration::ZERO));
    assert!(!house.pushed.demand(&two, Duration::ZERO));
    let metrics = house.metrics();
    for line in [
        "ringwall_image_demands_total{outcome=\"late\"} 1",
        "ringwall_image_demands_total{outcome=\"refused\"} 2",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line} in {metrics}");
    }
}

#[test]
fn signatures_count_as_long_as_those_who_made_them_are_trusted() {
    let folder = TempDir::new().unwrap();
    let trust = |text: &str| fs::write(folder.path().join("trusts"), text).unwrap();
    let one = image("shop/web", "a");
    let answers = [(&*one, vec![Ok(vec![report("web", &digest("a"), None)])])];
    trust("friends1");
    let house = House::new(folder.path(), 9, false, &answers);
    house.push("shop/web", "a");
    house.until("ringwall_verified_images_total{outcome=\"signed\"} 1");
    house.until("ringwall_pushed_images_total{outcome=\"scanned\"} 1");
    let place = place(&one);
    let kept = |state: &str| {
        format!(
            "{}.{place}.{state}.verify.json",
            digest("a").replace(':', "-")
        )
    };
    let others = "by-hand.verify.json";
    fs::write(folder.path().join("reports").join(others), "{}").unwrap();
    let scan = format!("{}.json", digest("a").replace(':', "-"));
    let expected = |state: &str| {
        let mut names = vec![others.to_owned(), scan.clone(), kept(state)];
        names.sort();
        names
    };
    assert_eq!(house.reports(), expected("friends1"));
    house.pushed.look();
    assert_eq!(house.reports(), expected("friends1"));
    // A configuration that cannot be read takes nothing away.
    trust("broken");
    house.pushed.look();
    assert_eq!(house.reports(), expected("friends1"));
    trust("strangers");
    house.pushed.look();
    assert_eq!(house.reports(), [others, &*scan]);
    // A signature that is pushed later has its image looked at again.
    let tag = format!("sha256-{}.sig", "a".repeat(64));
    let taken = house.pushed.take(&Notification {
        pushes: vec![Push {
            host: None,
            repository: "shop/web".to_owned(),
            digest: digest("f"),
            tag: Some(tag),
        }],
        others: 0,
    });
    assert_eq!(taken, Taken::Yes);
    house.until("ringwall_verified_images_total{outcome=\"unsigned\"} 1");
    house.until("ringwall_pushed_images_total{outcome=\"scanned\"} 2");
    assert_eq!(house.reports(), expected("strangers"));
    let report = house.read(&kept("strangers"));
    assert_eq!(report["verified"], false);
}
