//! Packages of each kind, from the file that tells of them to the flaws that they have.

use std::io::Write as _;

use rawzip::{CompressionMethod, ZipArchiveWriter};
use ringwall_engine::Advisories;
use ringwall_report::ImageReport;
use serde_json::{Value, json};

use crate::{
    build::{
        ELF, OS, STATUS, gaps, layer, layers_of, layout_with, packages, scan, scan_layers,
        scan_with,
    },
    vulnerabilities::{before, database, found},
};

type Files<'a> = &'a [(&'a str, &'a str)];

fn judged(layers: &[Files<'_>], records: &[Value]) -> ImageReport {
    let database = database(records);
    scan_with(layers_of(layers).path(), Advisories::Database(&database))
}

const GEM: (&str, &str) = (
    "usr/local/bundle/specifications/tea-2.2.6.gemspec",
    "Gem::Specification.new do |s|\n  s.name = \"tea\".freeze\n  s.version = \"2.2.6\"\n  s.licenses = [\"MIT\".freeze]\nend\n",
);
const COMPOSER: (&str, &str) = (
    "app/vendor/composer/installed.json",
    r#"{"packages": [{"name": "cups/tea", "version": "v1.2.0", "license": ["MIT"]},
        {"name": "cups/milk", "version": "dev-main"}]}"#,
);
const DEPS: (&str, &str) = (
    "app/shop.deps.json",
    r#"{"runtimeTarget": {"name": ".NETCoreApp,Version=v8.0"}, "libraries": {
        "shop/1.0.0": {"type": "project"}, "Cups.Tea/1.0.0": {"type": "package"}}}"#,
);

/// The header of an assembly of .NET, which Linux keeps without a mode.
fn assembly() -> String {
    let mut header = vec![b'\0'; 512];
    header[..2].copy_from_slice(b"MZ");
    header[0x3c] = 0x40;
    header[0x40..0x44].copy_from_slice(b"PE\0\0");
    header[0x58..0x5a].copy_from_slice(&[0x0b, 2]);
    header[0x40 + 136 + 14 * 8] = 8;
    String::from_utf8(header).unwrap()
}

#[test]
fn an_assembly_that_no_list_of_libraries_names_is_told() {
    let assembly = assembly();
    let list = (
        "app/shop.deps.json",
        r#"{"runtimeTarget": {"name": ".NETCoreApp,Version=v8.0"},
        "targets": {".NETCoreApp,Version=v8.0": {
            "shop/1.0.0": {"runtime": {"shop.dll": {}}},
            "Cups.Tea/1.0.0": {"runtime": {"lib/net8.0/Cups.Tea.dll": {}}}}},
        "libraries": {"Cups.Tea/1.0.0": {"type": "package"}}}"#,
    );
    let (shop, tea) = (
        ("app/shop.dll", &*assembly),
        ("app/Cups.Tea.dll", &*assembly),
    );
    let status = ("var/lib/dpkg/status", STATUS);
    let report = scan_layers(&[&[OS, status, list, shop, tea]]);
    assert_eq!(gaps(&report), Vec::<&str>::new());
    // Libraries for Windows do not run here.
    let report = scan_layers(&[&[OS, status, ("app/native.dll", "MZ")]]);
    assert_eq!(gaps(&report), Vec::<&str>::new());
    for files in [
        &[OS, status, shop][..],
        &[OS, status, list, shop, ("app/x/Cups.Tea.dll", &*assembly)],
    ] {
        let report = scan_layers(&[files]);
        assert_eq!(gaps(&report), ["unassessed-program"], "{files:?}");
    }
    // What a later layer puts there is something else.
    let report = scan_layers(&[&[OS, status, list, shop, tea], &[tea]]);
    assert_eq!(gaps(&report), ["unassessed-program"]);
}

#[test]
fn programs_of_webassembly_are_told_where_they_are_run() {
    let told = |run: Value| {
        let config = json!({"config": run});
        let bytes = layer(&[
            OS,
            ("var/lib/dpkg/status", STATUS),
            ("app.wasm", "\0asm\u{1}\0\0\0"),
        ]);
        let report = scan(layout_with(&[(bytes.clone(), bytes)], 1, &config).path());
        gaps(&report).len()
    };
    assert_eq!(told(json!({"Entrypoint": ["/app.wasm"]})), 1);
    assert_eq!(
        told(json!({"Entrypoint": ["wasmtime"], "Cmd": ["app.wasm"]})),
        1
    );
    // One that a web server hands out is data.
    assert_eq!(told(json!({"Cmd": ["nginx"]})), 0);
}

#[test]
fn packages_of_languages_have_the_flaws_of_their_ecosystem() {
    let runtime = (
        "usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.5/Microsoft.NETCore.App.deps.json",
        r#"{"runtimeTarget": {"name": ".NETCoreApp,Version=v8.0/linux-x64"}, "libraries": {}}"#,
    );
    let r = (
        "usr/local/lib/R/site-library/teapot/DESCRIPTION",
        "Package: teapot\nVersion: 0.6-9\nLicense: GPL-2\nBuilt: R 4.2; ; 2024; unix\n",
    );
    let erlang = (
        "app/lib/teacup-2.8.0/ebin/teacup.app",
        "{application,teacup,[{vsn,\"2.8.0\"},{modules,[]}]}.\n",
    );
    let ssl = (
        "app/lib/ssl-10.8.7/ebin/ssl.app",
        "{application, ssl, [{vsn, \"10.8.7\"}]}.\n",
    );
    let bitnami = (
        "opt/bitnami/kettle/.spdx-kettle.spdx",
        r#"{"spdxVersion": "SPDX-2.3", "packages": [{"SPDXID": "SPDXRef-a", "name": "kettle",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:bitnami/kettle@7.4.1-12?arch=amd64"}]}]}"#,
    );
    let report = judged(
        &[&[
            OS,
            ("var/lib/dpkg/status", STATUS),
            GEM,
            COMPOSER,
            DEPS,
            runtime,
            r,
            bitnami,
            erlang,
            ssl,
        ]],
        &[
            // Versions are ordered as each ecosystem orders them: the same is not before itself.
            before("G-1", "RubyGems", "tea", "2.2.6"),
            before("G-2", "RubyGems", "tea", "2.2.6.1"),
            before("G-3", "npm", "tea", "9"),
            before("C-1", "Packagist", "cups/tea", "1.2.0"),
            before("C-2", "Packagist", "Cups/Tea", "1.2.1"),
            before("C-3", "Packagist", "cups/milk", "2"),
            before("N-1", "NuGet", "cups.tea", "1.0.0.1"),
            before("N-2", "NuGet", "shop", "9"),
            before(
                "N-3",
                "NuGet",
                "Microsoft.NetCore.App.Runtime.linux-x64",
                "8.0.6",
            ),
            before(
                "N-4",
                "NuGet",
                "Microsoft.NetCore.App.Runtime.linux-arm64",
                "8.0.6",
            ),
            before("R-1", "CRAN", "teapot", "0.6-10"),
            before("H-1", "Hex", "teacup", "2.8.1"),
            before("H-2", "Hex", "ssl", "99"),
            before("B-1", "Bitnami", "kettle", "7.4.1"),
            before("B-2", "Bitnami", "kettle", "7.4.2"),
            before("D-1", "Debian:12", "glibc", "1"),
        ],
    );
    let mut flaws = found(&report);
    flaws.sort_unstable();
    assert_eq!(
        flaws,
        [
            ("B-2", "kettle"),
            ("C-2", "cups/tea"),
            ("G-2", "tea"),
            ("H-1", "teacup"),
            ("N-1", "Cups.Tea"),
            ("N-3", "Microsoft.NETCore.App.Runtime.linux-x64"),
            ("R-1", "teapot"),
        ]
    );
    // A branch has no place among versions.
    let reasons = report.not_assessed.iter().map(|it| (it.id, &*it.reason));
    let reasons: Vec<_> = reasons.collect();
    assert_eq!(
        reasons[0],
        (
            "unassessed-vulnerabilities",
            "no advisories about otp are in the database"
        )
    );
    assert_eq!(reasons[1].0, "undecided-vulnerability");
    assert!(reasons[1].1.contains("it is a branch"), "{}", reasons[1].1);
    assert_eq!(reasons.len(), 2);
    let licences = report.packages.iter().filter(|it| !it.licences.is_empty());
    assert_eq!(licences.count(), 3);
}

#[test]
fn a_group_that_is_only_supposed_hides_no_flaw() {
    let archive = |version: &str, symbolic: &str| {
        let manifest = format!("Bundle-SymbolicName: {symbolic}\nBundle-Version: {version}\n");
        stored_zip("META-INF/MANIFEST.MF", manifest.as_bytes())
    };
    let (tomcat, guava) = (
        archive("10.1.11", "org.apache.tomcat-embed-core"),
        archive("31.1", "com.google.guava"),
    );
    let database = database(&[
        before(
            "A-1",
            "Maven",
            "org.apache.tomcat.embed:tomcat-embed-core",
            "10.1.20",
        ),
        before("A-2", "Maven", "com.google.guava:guava", "32"),
    ]);
    let image = layers_of(&[&[
        ("app/tomcat-embed-core-10.1.11.jar", tomcat),
        ("app/guava.jar", guava),
    ]]);
    let report = scan_with(image.path(), Advisories::Database(&database));
    assert_eq!(found(&report), [("A-2", "guava")]);
    let mut undecided = report.not_assessed.iter();
    let undecided = undecided
        .find(|gap| gap.id == "undecided-vulnerability")
        .unwrap();
    assert!(
        undecided
            .reason
            .starts_with("tomcat-embed-core 10.1.11: A-1: "),
        "{}",
        undecided.reason
    );
}

#[test]
fn archives_called_after_group_and_artifact_have_their_flaws() {
    let manifest = |text: &str| stored_zip("META-INF/MANIFEST.MF", text.as_bytes());
    let bare = manifest("Manifest-Version: 1.0\n");
    let bundle = "Bundle-SymbolicName: org.cups.milk.core\nBundle-Version: 2.0\n";
    let database = database(&[
        before("M-1", "Maven", "com.cups.tea:tea", "3"),
        before("M-2", "Maven", "com.cups:pot-core_2.13", "3"),
        before("M-3", "Maven", "org.cups.milk:milk-core", "3"),
        before("M-4", "Maven", "org.cups:jug", "3"),
    ]);
    let image = layers_of(&[&[
        ("app/lib/main/com.cups.tea.tea-2.0.jar", bare.clone()),
        ("app/lib/com.cups.pot-core_2.13-2.0.jar", bare.clone()),
        ("app/plugins/org.cups.milk.core_2.0.0.jar", bare.clone()),
        ("app/lib/dairy.jar", manifest(bundle)),
        ("app/lib/processed_org.cups.jug-2.0.jar", bare.clone()),
        ("app/lib/com.cups.spoon-2.0.jar", bare),
    ]]);
    let report = scan_with(image.path(), Advisories::Database(&database));
    assert_eq!(
        found(&report),
        [
            ("M-2", "com.cups.pot-core_2.13"),
            ("M-3", "dairy"),
            ("M-1", "com.cups.tea.tea"),
            ("M-4", "org.cups.jug"),
            ("M-3", "org.cups.milk.core"),
        ]
    );
}

/// An archive of one file as it is.
pub(crate) fn stored_zip(name: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    let (mut entry, config) = archive
        .new_file(name)
        .compression_method(CompressionMethod::STORE)
        .start()
        .unwrap();
    let mut writer = config.wrap(&mut entry);
    writer.write_all(content).unwrap();
    let (_, descriptor) = writer.finish().unwrap();
    entry.finish(descriptor).unwrap();
    archive.finish().unwrap();
    bytes
}

#[test]
fn gems_that_the_distribution_brought_are_not_counted_twice() {
    let list = "var/lib/dpkg/info/ruby-tea.list";
    let files = format!("/usr\n/{}\n", GEM.0);
    let records = [
        before("G-1", "RubyGems", "tea", "3"),
        before("D-1", "Debian:12", "ruby-tea", "1"),
    ];
    let status = "Package: ruby-tea\nStatus: install ok installed\nVersion: 2.1-1\n\n";
    let status = ("var/lib/dpkg/status", status);
    let report = judged(&[&[OS, status, (list, &files), GEM]], &records);
    assert_eq!(found(&report), []);
    assert!(
        report
            .packages
            .iter()
            .any(|it| it.name == "tea" && it.of_distribution)
    );
    assert!(report.not_assessed.is_empty());
    // Whether or not anything is known about those of its kind.
    let report = judged(&[&[OS, status, (list, &files), GEM]], &records[1..]);
    assert!(report.not_assessed.is_empty());
    let report = judged(&[&[OS, status, (list, "/usr\n"), GEM]], &records);
    assert_eq!(found(&report), [("G-1", "tea")]);
    let report = judged(&[&[OS, status, (list, "/usr\n"), GEM]], &records[1..]);
    assert_eq!(report.not_assessed[0].id, "unassessed-vulnerabilities");
}

#[test]
fn packages_that_nobody_writes_advisories_about_are_listed_and_not_clean() {
    let conda = (
        "opt/conda/conda-meta/tea-1.2-h1_0.json",
        r#"{"name": "tea", "version": "1.2", "subdir": "linux-64", "license": "MIT"}"#,
    );
    let arch = ("etc/os-release", "ID=arch\n");
    let desc = (
        "var/lib/pacman/local/tea-1.2-1/desc",
        "%NAME%\ntea\n\n%VERSION%\n1.2-1\n\n%ARCH%\nx86_64\n",
    );
    let files = (
        "var/lib/pacman/local/tea-1.2-1/files",
        "%FILES%\nusr/\nusr/bin/tea\n",
    );
    let openwrt = ("etc/os-release", "ID=\"openwrt\"\nVERSION_ID=\"23.05.5\"\n");
    let opkg = (
        "usr/lib/opkg/status",
        "Package: tea\nVersion: 1.2-1\nStatus: install user installed\nArchitecture: x86_64\n\n\
         Package: gone\nVersion: 1\nStatus: deinstall user not-installed\n\n",
    );
    let opkg_files = ("usr/lib/opkg/info/tea.list", "/usr/bin/tea\n");
    let program = ("usr/bin/tea", ELF);
    let check = |files: Files<'_>, purl: &str, reason: &str| {
        let report = judged(&[files], &[before("X-1", "Debian:12", "tea", "9")]);
        let purls: Vec<_> = report
            .packages
            .iter()
            .map(|it| it.purl.as_deref())
            .collect();
        assert_eq!(purls, [Some(purl)]);
        let gaps: Vec<_> = report
            .not_assessed
            .iter()
            .map(|it| (it.id, &*it.reason))
            .collect();
        assert_eq!(gaps, [("unassessed-vulnerabilities", reason)]);
    };
    check(
        &[arch, desc, files, program],
        "pkg:alpm/arch/tea@1.2-1?arch=x86_64&distro=arch",
        "no advisories about arch are in the database",
    );
    check(
        &[openwrt, opkg, opkg_files, program],
        "pkg:opkg/openwrt/tea@1.2-1?arch=x86_64&distro=openwrt-23.05.5",
        "no advisories about openwrt 23.05.5 are in the database",
    );
    let report = judged(
        &[&[OS, ("var/lib/dpkg/status", STATUS), conda]],
        &[before("X-1", "Debian:12", "tea", "9")],
    );
    let reasons: Vec<_> = report
        .not_assessed
        .iter()
        .map(|it| (it.id, &*it.reason))
        .collect();
    assert_eq!(
        reasons,
        [(
            "unassessed-vulnerabilities",
            "no advisories about conda are in the database"
        )]
    );
}

#[test]
fn images_without_the_database_of_rpm_are_judged_by_their_manifest() {
    let mariner = ("etc/os-release", "ID=mariner\nVERSION_ID=\"2.0\"\n");
    let manifest = (
        "var/lib/rpmmanifest/container-manifest-2",
        "tea-libs\t3.0-4.cm2\t1\t2\tCups\t(none)\t3\tx86_64\t0\ttea-3.0-4.cm2.src.rpm\n",
    );
    let records = [
        before("A-1", "Azure Linux:2", "tea-libs", "3.0-5.cm2"),
        before("A-2", "Azure Linux:2", "tea", "0:3.0-5.cm2"),
        before("A-3", "Azure Linux:2", "tea", "3.0-4.cm2"),
        before("A-4", "Azure Linux:3", "tea", "9"),
    ];
    let report = judged(&[&[mariner, manifest]], &records);
    assert_eq!(found(&report), [("A-1", "tea-libs"), ("A-2", "tea-libs")]);
    assert!(report.not_assessed.is_empty());
    // Removed, it is not an image without packages.
    let report = judged(
        &[&[mariner, manifest], &[("var/lib/.wh.rpmmanifest", "")]],
        &records,
    );
    assert_eq!(gaps(&report), ["unreadable-package-list"]);
    let report = scan_layers(&[&[mariner, (manifest.0, "tea-libs-3.0-4.cm2.x86_64\n")]]);
    assert!(gaps(&report).contains(&"unreadable-package-list"));
}

#[test]
fn a_list_of_a_folder_that_is_written_anew_hides_what_it_lists_no_more() {
    let status = ("var/lib/dpkg/status", STATUS);
    let base = &[OS, status, COMPOSER][..];
    let anew = (
        COMPOSER.0,
        r#"[{"name": "cups/tea", "version": "v1.2.0", "license": ["MIT"]}, {"name": "cups/milk", "version": "2.0"}]"#,
    );
    let report = scan_layers(&[base, &[anew]]);
    assert_eq!(
        packages(&report),
        (
            vec!["libc6", "cups/milk", "cups/tea"],
            vec![("cups/milk", 1)]
        )
    );
    assert_eq!(gaps(&report), [""; 0]);
    // With its folder, what it lists is gone as well.
    for upper in [
        "app/.wh.vendor",
        "app/vendor/.wh.composer",
        "app/vendor/.wh..wh..opq",
    ] {
        let report = scan_layers(&[base, &[(upper, "")]]);
        let hidden = vec![("cups/milk", 1), ("cups/tea", 1)];
        assert_eq!(packages(&report), (vec!["libc6"], hidden), "{upper}");
        assert_eq!(gaps(&report), [""; 0], "{upper}");
    }
    // By itself, it leaves what it listed.
    let removed = ("app/vendor/composer/.wh.installed.json", "");
    let link = (COMPOSER.0, "-> /dev/null");
    for upper in [removed, link] {
        let report = scan_layers(&[base, &[upper]]);
        assert_eq!(gaps(&report), ["unreadable-package-list"], "{upper:?}");
    }
    let again = scan_layers(&[base, &[removed], &[COMPOSER]]);
    assert_eq!(gaps(&again), [""; 0]);
    let report = scan_layers(&[&[OS, status, DEPS], &[("app/.wh.shop.deps.json", "")]]);
    assert_eq!(gaps(&report), ["unreadable-package-list"]);
}

#[test]
fn packages_of_pacman_come_and_go_with_their_folders() {
    let arch = ("etc/os-release", "ID=arch\n");
    let old = (
        "var/lib/pacman/local/tea-1.2-1/desc",
        "%NAME%\ntea\n\n%VERSION%\n1.2-1\n",
    );
    let new = (
        "var/lib/pacman/local/tea-1.3-1/desc",
        "%NAME%\ntea\n\n%VERSION%\n1.3-1\n",
    );
    let gone = ("var/lib/pacman/local/.wh.tea-1.2-1", "");
    let report = scan_layers(&[&[arch, old], &[gone, new]]);
    assert_eq!(packages(&report), (vec!["tea"], vec![]));
    assert_eq!(report.packages[0].version, "1.3-1");
    assert_eq!(gaps(&report), [""; 0]);
    let report = scan_layers(&[&[arch, old], &[("var/lib/.wh.pacman", "")]]);
    assert!(gaps(&report).contains(&"unreadable-package-list"));
}

#[test]
fn what_bitnami_lists_and_is_found_by_itself_is_one_package() {
    let package = |name: &str, purl: &str| {
        format!(
            r#"{{"SPDXID": "SPDXRef-{name}", "name": "{name}",
            "externalRefs": [{{"referenceType": "purl", "referenceLocator": "{purl}"}}]}}"#
        )
    };
    let spdx = format!(
        r#"{{"spdxVersion": "SPDX-2.3", "documentDescribes": ["SPDXRef-kettle"], "packages": [{}, {}, {}]}}"#,
        package("kettle", "pkg:bitnami/kettle@7.4.1-0"),
        package("ms", "pkg:npm/ms@2.0.0"),
        package("cup", "pkg:npm/cup@1.0.0"),
    );
    let spdx = ("opt/bitnami/kettle/.spdx-kettle.spdx", &*spdx);
    let ms = (
        "opt/bitnami/kettle/node_modules/ms/package.json",
        crate::build::MS,
    );
    let report = scan_layers(&[&[OS, ("var/lib/dpkg/status", STATUS), spdx, ms]]);
    assert_eq!(packages(&report).0, ["libc6", "cup", "ms", "kettle"]);
    let of_ms = report.packages.iter().find(|it| it.name == "ms").unwrap();
    assert_eq!(of_ms.path, ms.0);
}

#[test]
fn damaged_lists_of_each_kind_are_told() {
    let status = ("var/lib/dpkg/status", STATUS);
    for path in [
        COMPOSER.0,
        DEPS.0,
        "gems/specifications/tea.gemspec",
        "opt/conda/conda-meta/tea.json",
        "var/lib/pacman/local/tea-1/desc",
        "app/tea.egg",
        "opt/bitnami/tea/.spdx-tea.spdx",
    ] {
        let report = scan_layers(&[&[OS, status, (path, "{")]]);
        assert_eq!(gaps(&report), ["unreadable-package-list"], "{path}");
        assert_eq!(report.not_assessed[0].path.as_deref(), Some(path));
    }
}

#[test]
fn a_python_distribution_without_metadata_is_called_as_its_folder() {
    let folder = "usr/lib/python3/site-packages/tea-1.0.dist-info";
    let record = format!("{folder}/RECORD");
    let metadata = format!("{folder}/METADATA");
    let record = (&*record, "tea/__init__.py,,\n");
    let metadata = (&*metadata, "Name: Tea\nVersion: 1.0\n");
    let check = |layers: &[Files<'_>], expected: &[(&str, Option<usize>)]| {
        let report = scan_layers(layers);
        let found = report.packages.iter();
        let found: Vec<_> = found.map(|it| (&*it.path, it.hidden_by)).collect();
        assert_eq!(found, expected, "{layers:?}");
    };
    check(&[&[record]], &[(record.0, None)]);
    check(&[&[record, metadata]], &[(metadata.0, None)]);
    let gone = format!("{folder}/.wh.METADATA");
    check(
        &[&[record, metadata], &[(&gone, "")]],
        &[(metadata.0, Some(1)), (record.0, None)],
    );
    let gone = "usr/lib/python3/site-packages/.wh.tea-1.0.dist-info";
    check(
        &[&[record, metadata], &[(gone, "")]],
        &[(metadata.0, Some(1))],
    );
}
