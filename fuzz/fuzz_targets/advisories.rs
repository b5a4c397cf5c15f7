//! Records of advisories, a database of them, and VEX are any bytes: they are read or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_advisory::{
    Advisory, Database, DatabaseBuilder, OsvRecord, Scope, Since, Until, parse_debian_tracker,
    parse_epss, parse_kev, parse_osv, parse_secdb, parse_trivy_db, parse_vex,
};
use ringwall_model::Date;

fuzz_target!(|bytes: &[u8]| {
    let _ = parse_kev(bytes);
    let _ = parse_vex(bytes);
    if let Ok(text) = str::from_utf8(bytes) {
        let _ = parse_epss(text);
    }
    if let Ok(OsvRecord::Advisory(advisory)) = parse_osv(bytes) {
        keeps(vec![*advisory]);
    }
    for parse in [parse_secdb, parse_debian_tracker, parse_trivy_db] {
        if let Ok(read) = parse(bytes) {
            keeps(read.advisories);
        }
    }
    // A database that is not sound is an error or an answer, and nothing else.
    if let Ok(database) = Database::from_bytes(bytes.to_vec()) {
        let _ = database.verify();
        for place in ["PyPI", "Debian:12", "Maven"] {
            let Some(scope) = Scope::parse(place) else {
                continue;
            };
            for name in ["a", "p0", "g:a"] {
                if let Ok(matches) = database.matches(&scope, name, "1.1") {
                    for found in &matches.found {
                        let _ = database.details(&found.advisory);
                    }
                }
            }
        }
    }
});

/// What goes into a database comes out.
fn keeps(advisories: Vec<Advisory>) {
    let mut asked = Vec::new();
    for affected in advisories.iter().flat_map(|it| &it.affected) {
        let bounds = affected.intervals.iter().flat_map(|it| {
            let first = match &it.from {
                Since::Beginning => None,
                Since::Version(version) | Since::After(version) => Some(version),
            };
            let last = match &it.until {
                Until::Open => None,
                Until::Fixed(version) | Until::Last(version) | Until::Limit(version) => {
                    Some(version)
                }
            };
            [first, last]
        });
        let versions = bounds.flatten().chain(&affected.versions);
        let version = versions.into_iter().next().cloned();
        asked.push((affected.scope.clone(), affected.package.clone(), version));
    }
    let mut builder = DatabaseBuilder::new(Date::from_unix_seconds(0));
    for (at, advisory) in advisories.into_iter().enumerate() {
        if at % 2 == 0 {
            builder.advisory(advisory);
        } else {
            builder.authority(advisory);
        }
    }
    let database = Database::from_bytes(builder.build().expect("is small")).expect("was built");
    database.verify().expect("was built");
    for (scope, package, version) in asked {
        assert!(database.covers(&scope));
        let version = version.as_deref().unwrap_or("1.0");
        database
            .matches(&scope, &package, version)
            .expect("is sound");
    }
}
