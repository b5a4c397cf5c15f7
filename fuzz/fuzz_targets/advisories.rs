//! Records of advisories, a database of them, and VEX are any bytes: they are read or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_advisory::{
    Database, DatabaseBuilder, OsvRecord, Scope, parse_epss, parse_kev, parse_osv, parse_vex,
};
use ringwall_model::Date;

fuzz_target!(|bytes: &[u8]| {
    let _ = parse_kev(bytes);
    let _ = parse_vex(bytes);
    if let Ok(text) = str::from_utf8(bytes) {
        let _ = parse_epss(text);
    }
    if let Ok(OsvRecord::Advisory(advisory)) = parse_osv(bytes) {
        let asked: Vec<_> = advisory
            .affected
            .iter()
            .map(|it| (it.scope.clone(), it.package.clone(), it.versions.first().cloned()))
            .collect();
        let mut builder = DatabaseBuilder::new(Date::from_unix_seconds(0));
        builder.advisory(*advisory);
        // What goes in comes out.
        let database = Database::from_bytes(builder.build().expect("is small")).expect("was built");
        database.verify().expect("was built");
        for (scope, package, version) in asked {
            assert!(database.covers(&scope));
            let version = version.as_deref().unwrap_or("1.0");
            database.matches(&scope, &package, version).expect("is sound");
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
