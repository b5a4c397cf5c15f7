//! The ImagePolicyWebhook plugin over mutual TLS, with the files that `setup` wrote.

use crate::{
    control_plane::{ControlPlane, Flags, programs},
    installation::Installation,
    ringwall::{argument, write},
};

fn pod(name: &str, image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: a, image: '{image}'}}]}}\n"
    )
}

#[test]
fn images_are_refused_and_admitted_over_mutual_tls() {
    let Some(programs) = programs() else {
        return;
    };
    let installation = Installation::new("image-policy", &["--path", "/check-image"]);
    let output = argument(&installation.written());
    let config = write(
        installation.folder(),
        "ringwall.toml",
        "[image-policy]\nallowed = [\"registry.example\"]\nrefuse-latest = true\n",
    );
    let ringwall = installation.serve(&[
        "--config",
        &argument(&config),
        "--client-ca",
        &format!("{output}/client-ca.crt"),
        "--require-client-certificate",
        "/check-image",
        "--client-name",
        "kube-apiserver-ringwall",
    ]);
    let plane = ControlPlane::start(
        &programs,
        &Flags {
            api_server: vec![format!(
                "--admission-control-config-file={output}/admission-configuration.yaml"
            )],
            admission_plugins: vec!["ImagePolicyWebhook"],
        },
    );
    plane
        .apply("good.yaml", &pod("good", "registry.example/shop/web:1.2.3"))
        .unwrap_or_else(|error| panic!("{error}\n{}", ringwall.log()));
    let refused = plane
        .apply(
            "elsewhere.yaml",
            &pod("elsewhere", "docker.io/library/nginx:1.27"),
        )
        .expect_err("another registry");
    assert!(
        refused.contains("image policy webhook backend denied one or more images"),
        "{refused}"
    );
    assert!(refused.contains("nginx"), "{refused}");
    let refused = plane
        .apply(
            "latest.yaml",
            &pod("latest", "registry.example/shop/web:latest"),
        )
        .expect_err("latest");
    assert!(refused.contains("latest"), "{refused}");
    drop(ringwall);
    plane
        .apply(
            "closed.yaml",
            &pod("closed", "registry.example/shop/web:1.2.4"),
        )
        .expect_err("nobody looked at the image");
}
