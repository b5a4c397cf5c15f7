//! Advisories that name the source of a package of RPM, or another product of the same distribution.

use ringwall_engine::Advisories;
use serde_json::{Value, json};

use crate::{
    sbom::judge,
    vulnerabilities::{before, database, found},
};

/// What an SBOM of a distribution comes to: flaws with their packages, and what could not be told.
fn judged(
    (id, version): (&str, &str),
    purls: &[&str],
    records: &[Value],
) -> (Vec<(String, String)>, Vec<String>) {
    let packages = purls
        .iter()
        .map(|purl| json!({"type": "library", "name": "-", "purl": purl}));
    let mut components: Vec<_> = packages.collect();
    components.push(json!({"type": "operating-system", "name": id, "version": version}));
    let sbom = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components});
    let database = database(records);
    let report = judge(sbom.to_string().as_bytes(), Advisories::Database(&database));
    let owned = |(flaw, package): (&str, &str)| (flaw.to_owned(), package.to_owned());
    let gaps = report.not_assessed.iter();
    let gaps = gaps.map(|gap| format!("{}: {}", gap.id, gap.reason));
    (
        found(&report).into_iter().map(owned).collect(),
        gaps.collect(),
    )
}

fn of(flaw: &str, package: &str) -> (String, String) {
    (flaw.to_owned(), package.to_owned())
}

const NONE: [String; 0] = [];

#[test]
fn advisories_of_suse_name_the_source_and_one_of_many_products() {
    let basesystem = "SUSE:Linux Enterprise Module for Basesystem 15 SP5";
    let (flaws, gaps) = judged(
        ("sles", "15.5"),
        &[
            "pkg:rpm/sles/libopenssl1_1@1.1.1l-1.1?distro=sles-15.5&upstream=openssl-1_1-1.1.1l-1.1.src.rpm",
        ],
        &[
            before("S-1", basesystem, "openssl-1_1", "1.1.1l-2.1"),
            before("S-2", basesystem, "openssl-1_1", "1.1.1l-1.1"),
            // As those that Trivy collects have it.
            before(
                "S-3",
                "SUSE:Linux Enterprise Server 15 SP5",
                "libopenssl1_1",
                "1.1.1l-2.1",
            ),
            before(
                "S-4",
                "SUSE:Linux Enterprise Server 15 SP5-LTSS",
                "openssl-1_1",
                "2",
            ),
            before(
                "S-5",
                "SUSE:Linux Enterprise Server 15 SP4",
                "openssl-1_1",
                "2",
            ),
            before(
                "S-6",
                "SUSE:Linux Enterprise Module for Containers 15",
                "openssl-1_1",
                "2",
            ),
        ],
    );
    let expected = ["S-1", "S-3", "S-4", "S-6"].map(|flaw| of(flaw, "libopenssl1_1"));
    assert_eq!(flaws, expected);
    assert_eq!(gaps, NONE);
}

#[test]
fn what_two_names_share_is_one_flaw() {
    let leap = "openSUSE:Leap 15.6";
    let (flaws, gaps) = judged(
        ("opensuse-leap", "15.6"),
        &["pkg:rpm/opensuse/libcurl4@8.0-1?distro=opensuse-leap-15.6&upstream=curl-8.0-1.src.rpm"],
        &[
            json!({
                "id": "S-1", "aliases": ["CVE-2026-0001"],
                "affected": [before("", leap, "curl", "8.0-2")["affected"][0]],
            }),
            json!({
                "id": "S-2", "aliases": ["CVE-2026-0001"],
                "affected": [before("", leap, "libcurl4", "8.0-3")["affected"][0]],
            }),
        ],
    );
    assert_eq!(flaws, [of("CVE-2026-0001", "libcurl4")], "{gaps:?}");
}

#[test]
fn where_advisories_name_what_is_installed_the_source_is_not_asked_for() {
    let (flaws, gaps) = judged(
        ("almalinux", "9.4"),
        &["pkg:rpm/almalinux/perl-Errno@1.30-480.el9?upstream=perl-5.32.1-480.el9.src.rpm"],
        &[before("ALSA-1", "AlmaLinux:9", "perl", "4:5.32.1-481.el9")],
    );
    assert_eq!((flaws, gaps), (vec![], vec![]));
}

#[test]
fn an_epoch_that_stands_nowhere_is_not_guessed() {
    let errno = "pkg:rpm/rocky/perl-Errno@1.30-480.el9?upstream=perl-5.32.1-480.el9.src.rpm";
    let libs =
        "pkg:rpm/rocky/perl-libs@5.32.1-480.el9?epoch=4&upstream=perl-5.32.1-480.el9.src.rpm";
    let rocky = |id, fixed| before(id, "Rocky Linux:9", "perl", fixed);
    let (flaws, gaps) = judged(
        ("rocky", "9.4"),
        &[errno, libs],
        &[
            rocky("R-1", "4:5.32.1-481.el9"),
            rocky("R-2", "4:5.32.1-479.el9"),
            rocky("R-3", "0:5.32.1-481.el9"),
        ],
    );
    // An epoch of none is below that of the package that has one.
    assert_eq!(flaws, [of("R-1", "perl-libs"), of("R-3", "perl-Errno")]);
    assert_eq!(
        gaps,
        [
            "undecided-vulnerability: perl-Errno 1.30-480.el9: R-1: the epoch of its source perl is not known, and 1 more"
        ]
    );
}

#[test]
fn what_only_those_have_who_pay_is_missing_in_the_others() {
    let (base, pro) = ("Ubuntu:22.04:LTS", "Ubuntu:Pro:22.04:LTS");
    let both = |id: &str, in_base: &str, in_pro: &str| {
        let mut record = before(id, base, "jq", in_base);
        let affected = before(id, pro, "jq", in_pro)["affected"][0].clone();
        record["affected"].as_array_mut().unwrap().push(affected);
        record
    };
    let without_fix = |id: &str| {
        let mut record = both(id, "9", "1.6-2ubuntu3+esm1");
        record["affected"][0]["ranges"][0]["events"] = json!([{"introduced": "0"}]);
        record
    };
    let (flaws, gaps) = judged(
        ("ubuntu", "22.04"),
        &["pkg:deb/ubuntu/jq@1.6-2ubuntu3?distro=ubuntu-22.04"],
        &[
            before("P-1", pro, "jq", "1.6-2ubuntu3+esm1"),
            without_fix("P-2"),
            // Mended in what everybody has, which counts as older than what those have who pay.
            both("P-3", "1.6-2ubuntu2", "1.6-2ubuntu3+esm1"),
            both("P-4", "1.6-2ubuntu4", "1.6-2ubuntu3+esm1"),
            before("P-5", pro, "jq", "1.6-2"),
            before("P-6", "Ubuntu:Pro:20.04:LTS", "jq", "9"),
        ],
    );
    assert_eq!(flaws, [of("P-1", "jq"), of("P-2", "jq"), of("P-4", "jq")]);
    assert_eq!(gaps, NONE);
}

#[test]
fn an_sbom_that_does_not_know_sources_says_so() {
    let gaps = |distribution, purls: &[String], ecosystem: &str| {
        let purls: Vec<&str> = purls.iter().map(String::as_str).collect();
        let record = before("ALSA-1", ecosystem, "nothing", "1");
        let (flaws, gaps) = judged(distribution, &purls, &[record]);
        assert_eq!(flaws, []);
        gaps
    };
    let rocky = |upstream: &str| format!("pkg:rpm/rocky/bash@5-1?distro=rocky-9{upstream}");
    let of_rocky = |purl| gaps(("rocky", "9"), &[purl], "Rocky Linux:9");
    assert_eq!(of_rocky(rocky("")).len(), 1);
    assert_eq!(of_rocky(rocky("&upstream=bash-5-1.src.rpm")), NONE);
    // Those of AlmaLinux name what is installed.
    let alma = "pkg:rpm/almalinux/bash@5?distro=almalinux-9".to_owned();
    assert_eq!(gaps(("almalinux", "9"), &[alma], "AlmaLinux:9"), NONE);
    let deb = |name: usize| format!("pkg:deb/debian/p{name}@1?distro=debian-12");
    let mut many: Vec<_> = (0..20).map(deb).collect();
    let of_debian = |purls: &[String]| gaps(("debian", "12"), purls, "Debian:12");
    assert_eq!(of_debian(&many).len(), 1);
    // As few as in images without a shell.
    assert_eq!(of_debian(&many[..1]).len(), 1);
    let apk = "pkg:apk/alpine/libssl3@3.1.4-r0?distro=alpine-3.18.4".to_owned();
    assert_eq!(gaps(("alpine", "3.18.4"), &[apk], "Alpine:v3.18").len(), 1);
    // What has advisories by its own name was looked up.
    let nothing = deb(0).replace("/p0@", "/nothing@");
    assert_eq!(of_debian(&[nothing]), NONE);
    many[0].push_str("&upstream=other");
    assert_eq!(of_debian(&many), NONE);
}

#[test]
fn a_kernel_that_was_signed_has_the_flaws_of_its_source() {
    let (flaws, gaps) = judged(
        ("debian", "12"),
        &[
            "pkg:deb/debian/linux-image-6.1.0-13-amd64@6.1.55-1?distro=debian-12&upstream=linux-signed-amd64%406.1.55%2B1",
        ],
        &[
            before("CVE-2026-1", "Debian:12", "linux", "6.1.64-1"),
            before("CVE-2026-2", "Debian:12", "linux", "6.1.55-1"),
        ],
    );
    assert_eq!(flaws, [of("CVE-2026-1", "linux-image-6.1.0-13-amd64")]);
    assert_eq!(gaps, NONE);
    let (flaws, _) = judged(
        ("ubuntu", "24.04"),
        &[
            "pkg:deb/ubuntu/linux-image-6.8.0-1008-aws@6.8.0-1008.8?distro=ubuntu-24.04&upstream=linux-signed-aws",
            "pkg:deb/ubuntu/linux-image-6.8.0-31-generic@6.8.0-31.31?distro=ubuntu-24.04&upstream=linux-signed",
        ],
        &[
            before("CVE-2026-1", "Ubuntu:24.04:LTS", "linux", "6.8.0-40.40"),
            before(
                "CVE-2026-2",
                "Ubuntu:24.04:LTS",
                "linux-aws",
                "6.8.0-1020.20",
            ),
        ],
    );
    let expected = [
        of("CVE-2026-1", "linux-image-6.8.0-31-generic"),
        of("CVE-2026-2", "linux-image-6.8.0-1008-aws"),
    ];
    assert_eq!(flaws, expected);
}
