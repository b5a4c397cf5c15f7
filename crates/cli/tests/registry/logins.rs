//! Who asks: files of Docker and podman, and programs that know logins.

#[cfg(unix)]
use std::{fs, os::unix::fs::PermissionsExt};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    image::{Layout, push},
    registry::{Home, PASSWORD, Ran, Registry, USER},
};

fn pushed() -> Option<Registry> {
    let registry = Registry::start()?;
    let layout = Layout::new(&["mips"]);
    push(&registry, layout.folder.path(), "team/shop", "1");
    Some(registry)
}

fn read(home: &Home, registry: &Registry) -> Ran {
    let name = format!("{}/team/shop:1", registry.address);
    let ca = registry.path("ca.pem");
    home.image(&[&name, "--registry-ca", &ca, "-o", "json"])
}

#[test]
fn wrong_logins_and_none_are_told() {
    let Some(registry) = pushed() else {
        return;
    };
    let ran = read(&Home::logged_in(&registry, "wrong-4711"), &registry);
    ran.refused(&[
        "does not accept the login of shop from",
        ".docker/config.json",
        &format!("docker login {}", registry.address),
    ]);
    assert!(!ran.stderr.contains("wrong-4711"), "{}", ran.stderr);
    read(&Home::new(), &registry).refused(&["team/shop without a login"]);
    let home = Home::new();
    home.write(".docker/config.json", "{\"auths\": ");
    read(&home, &registry).refused(&["without a login", "config.json: cannot be understood"]);
}

#[test]
fn logins_of_podman_count() {
    let Some(registry) = pushed() else {
        return;
    };
    let home = Home::new();
    let auth = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let text = format!(
        r#"{{"auths": {{"{}/team": {{"auth": "{auth}"}}}}}}"#,
        registry.address
    );
    home.write(".config/containers/auth.json", &text);
    read(&home, &registry).report();
    // It is for that path alone.
    let other = format!("{}/other/shop:1", registry.address);
    let ca = registry.path("ca.pem");
    home.image(&[&other, "--registry-ca", &ca])
        .refused(&["other/shop without a login"]);
}

#[cfg(unix)]
#[test]
fn programs_know_logins() {
    let Some(registry) = pushed() else {
        return;
    };
    let mut home = Home::new();
    let programs = home.folder.path().join("programs");
    home.with_programs(&programs);
    let program = |home: &Home, name: &str, script: &str| {
        let name = format!("programs/docker-credential-{name}");
        let path = home.write(&name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program");
    };
    let use_program = |name: &str| {
        let text = format!(r#"{{"credsStore": "{name}"}}"#);
        home.write(".docker/config.json", &text);
    };
    program(
        &home,
        "good",
        &format!(
            "read -r server\n[ \"$1 $server\" = \"get {}\" ] || exit 1\n\
             echo '{{\"ServerURL\": \"x\", \"Username\": \"{USER}\", \"Secret\": \"{PASSWORD}\"}}'",
            registry.address
        ),
    );
    use_program("good");
    read(&home, &registry).report();
    let text = format!(
        r#"{{"credsStore": "bad", "credHelpers": {{"{}": "good"}}}}"#,
        registry.address
    );
    home.write(".docker/config.json", &text);
    read(&home, &registry).report();
    program(
        &home,
        "empty",
        "echo 'credentials not found in native keychain'; exit 1",
    );
    use_program("empty");
    read(&home, &registry).refused(&["without a login"]);
    program(&home, "locked", "echo 'the keychain is locked'; exit 1");
    use_program("locked");
    read(&home, &registry).refused(&["docker-credential-locked fails: the keychain is locked"]);
    program(&home, "odd", &format!("echo '{PASSWORD}'"));
    use_program("odd");
    read(&home, &registry).refused(&["docker-credential-odd says nothing that can be understood"]);
    use_program("absent");
    read(&home, &registry).refused(&["docker-credential-absent cannot be run"]);
}
