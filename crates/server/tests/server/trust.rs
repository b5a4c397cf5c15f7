//! Certificates: who is let in, and what happens when files change under load.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use hyper::StatusCode;
use ringwall_server::{ServerError, TlsFiles, setup::certificates::Authority};
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::support::{
    Client, House, Plan, answer, eventually, in_days, pod, post, review, server_pair, write_pair,
};

fn mutual(names: &[&str]) -> Plan {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    Plan {
        change: Box::new(move |settings| {
            settings.client_names = names;
            for path in &mut settings.paths {
                path.requires_certificate = path.path == "/validate";
            }
        }),
        ..Plan::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_requires_a_certificate_takes_only_a_good_one() {
    let mut house = House::new(mutual(&["kube-apiserver"])).await;
    let body = review(&pod(false)).to_string();

    let stranger = house.client().post("/validate", body.clone()).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    // Other paths do not ask.
    let answer = house.client().post("/mutate", body.clone()).await;
    assert_eq!(answer.status, StatusCode::OK);

    let other = house
        .client_with("kubelet", in_days(1))
        .post("/validate", body.clone())
        .await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    assert!(other.message().contains("kubelet"), "{}", other.message());

    let good = house.client_with("kube-apiserver", in_days(1));
    assert_eq!(
        good.review("/validate", &review(&pod(true))).await["allowed"],
        false
    );
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_certificate_is_refused_and_the_server_goes_on() {
    let mut house = House::new(mutual(&[])).await;
    let expired = house.client_with(
        "kube-apiserver",
        SystemTime::now() - Duration::from_secs(60),
    );
    let alert = match expired.connect(b"http/1.1").await {
        Ok(mut stream) => stream.read(&mut [0; 1]).await.map(|_| ()).unwrap_err(),
        Err(error) => error,
    };
    assert!(alert.to_string().contains("CertificateExpired"), "{alert}");
    assert!(expired.send(post("/validate", "{}")).await.is_err());
    // It is refused on paths that ask for none, too: who shows a bad one is not to be trusted.
    assert!(expired.send(post("/mutate", "{}")).await.is_err());

    let strangers = Authority::new("strangers", in_days(1)).unwrap();
    let pair = strangers
        .issue(&ringwall_server::setup::certificates::Wanted {
            common_name: "kube-apiserver",
            names: &[],
            usage: ringwall_server::setup::certificates::Usage::Client,
            until: in_days(1),
        })
        .unwrap();
    let stranger = Client::new(house.address, &[&house.authority], Some(&pair));
    assert!(stranger.send(post("/validate", "{}")).await.is_err());

    let good = house.client_with("kube-apiserver", in_days(1));
    assert_eq!(
        good.review("/validate", &review(&pod(false))).await["allowed"],
        true
    );
    eventually("the refusals are counted", async || {
        house.metric("ringwall_tls_errors_total").await >= 3
    })
    .await;
    house.shut_down().await;
}

/// Asks all the time, over new and over kept connections, until told to stop; how many were answered.
async fn load(client: Client, stop: Arc<AtomicBool>, answered: Arc<AtomicUsize>) {
    let mut kept = client.http2().await;
    while !stop.load(Ordering::SeqCst) {
        let body = review(&pod(true)).to_string();
        let new = client.post("/validate", body.clone()).await;
        assert_eq!(new.status, StatusCode::OK);
        kept.ready().await.unwrap();
        let old = kept.send_request(post("/validate", body)).await.unwrap();
        let old = answer(old).await.unwrap();
        for answer in [new, old] {
            let response = answer.json()["response"].clone();
            assert_eq!(response["uid"], review(&pod(true))["request"]["uid"]);
            assert_eq!(response["allowed"], false, "{response}");
        }
        answered.fetch_add(2, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_and_policies_change_under_load_without_a_failed_request() {
    let mut house = House::new(Plan::default()).await;
    let next = Authority::new("the next authority", in_days(2)).unwrap();
    let client = Client::new(house.address, &[&house.authority, &next], None);
    let stop = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicUsize::new(0));
    let askers: Vec<_> = (0..2)
        .map(|_| {
            tokio::spawn(load(
                client.clone(),
                Arc::clone(&stop),
                Arc::clone(&answered),
            ))
        })
        .collect();
    eventually("the load is on", async || {
        answered.load(Ordering::SeqCst) > 10
    })
    .await;

    write_pair(house.folder.path(), "server", &server_pair(&next));
    let only_next = Client::new(house.address, &[&next], None);
    eventually("the new certificate is shown", async || {
        only_next.connect(b"h2").await.is_ok()
    })
    .await;

    for round in 0..5 {
        let digest = house.server.as_ref().unwrap().policies().digest.clone();
        fs::write(
            house.path("ringwall.toml"),
            format!("[checks]\nmin-replicas = {round}\n"),
        )
        .unwrap();
        eventually("the configuration is taken over", async || {
            house.server.as_ref().unwrap().policies().digest != digest
        })
        .await;
    }
    let before = answered.load(Ordering::SeqCst);
    eventually("the load goes on", async || {
        answered.load(Ordering::SeqCst) > before + 10
    })
    .await;
    stop.store(true, Ordering::SeqCst);
    for asker in askers {
        asker.await.unwrap();
    }
    // The key and the certificate may be seen one after the other; then they do not fit for a moment.
    assert!(house.metric("ringwall_certificate_reloads_total").await >= 1);
    assert!(house.metric("ringwall_policy_reloads_total").await >= 5);
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_leaves_the_last_good_in_place_and_is_told() {
    let mut house = House::new(Plan {
        config: "[image-policy]\nallowed = [\"registry.example.com\"]\n".to_owned(),
        ..Plan::default()
    })
    .await;
    fs::write(house.path("ringwall.toml"), "[image-policy]\nalowed = []\n").unwrap();
    fs::write(house.path("server.crt"), "no certificate").unwrap();
    eventually("both are told", async || {
        house.metric("ringwall_policy_files_broken").await == 1
            && house
                .metric("ringwall_certificate_reload_errors_total")
                .await
                == 1
    })
    .await;
    let (_, status) = house.health("/status").await;
    assert!(status.contains("unknown field `alowed`"), "{status}");
    let mut evil = pod(false);
    evil["spec"]["containers"][0]["image"] = json!("evil.example.com/a:1");
    let refused = house.client().review("/validate", &review(&evil)).await;
    assert_eq!(refused["allowed"], false);
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_of_kubernetes_is_swapped_as_one() {
    #[cfg(unix)]
    {
        let volume = tempfile::tempdir().unwrap();
        let authority = Authority::new("volume", in_days(1)).unwrap();
        let place = |name: &str, authority: &Authority| {
            let folder = volume.path().join(name);
            fs::create_dir(&folder).unwrap();
            write_pair(&folder, "tls", &server_pair(authority));
        };
        place("..1", &authority);
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, volume.path().join(name)).unwrap();
        };
        link("..1", "..data");
        link("..data/tls.crt", "tls.crt");
        link("..data/tls.key", "tls.key");
        let files = TlsFiles {
            certificate: volume.path().join("tls.crt"),
            key: volume.path().join("tls.key"),
            client_ca: None,
        };
        let mut house = House::new(Plan {
            change: Box::new(|settings| settings.tls = files),
            ..Plan::default()
        })
        .await;
        let next = Authority::new("next", in_days(1)).unwrap();
        place("..2", &next);
        link("..2", "..data_tmp");
        fs::rename(
            volume.path().join("..data_tmp"),
            volume.path().join("..data"),
        )
        .unwrap();
        let client = Client::new(house.address, &[&next], None);
        eventually("the new certificate is shown", async || {
            client.connect(b"h2").await.is_ok()
        })
        .await;
        assert_eq!(
            house
                .metric("ringwall_certificate_reload_errors_total")
                .await,
            0
        );
        house.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_could_verify_nobody_does_not_start() {
    let house = House::new(Plan::default()).await;
    let files = TlsFiles {
        certificate: house.path("server.crt"),
        key: house.path("server.key"),
        client_ca: None,
    };
    let started = crate::support::start(Plan {
        change: Box::new(|settings| {
            settings.tls = files;
            settings.paths[0].requires_certificate = true;
        }),
        ..Plan::default()
    })
    .await;
    assert!(matches!(
        started.err(),
        Some(ServerError::NoClientCa { .. })
    ));
}
