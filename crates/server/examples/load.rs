//! Asks a running server for reviews as fast as it answers, or at a rate, and prints how long answers took.
//!
//! ```console
//! $ cargo run --release -p ringwall-server --example load -- ADDRESS CA_FILE [CONNECTIONS [SECONDS [RATE [PID]]]]
//! ```
//!
//! With the process id of the server it also prints its CPU time per review.
#![expect(
    clippy::print_stdout,
    reason = "the numbers are what this program is for"
)]

use std::{
    env,
    error::Error,
    fs,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{net::TcpStream, runtime::Builder, time::sleep_until};
use tokio_rustls::TlsConnector;

/// A pod as an API server sends it: defaults filled in, managed fields kept.
const REVIEW: &str = include_str!("review.json");

/// Requests under way on each connection.
const STREAMS: usize = 4;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let mut arguments = env::args().skip(1);
    let address: SocketAddr = arguments.next().ok_or("no address is given")?.parse()?;
    let authority = fs::read(
        arguments
            .next()
            .ok_or("no file with an authority is given")?,
    )?;
    let mut number = |default: u64| arguments.next().map_or(Ok(default), |text| text.parse());
    let connections = number(8)?;
    let seconds = number(10)?;
    let rate = number(0)?;
    let process = number(0)?;

    let runtime = Builder::new_current_thread().enable_all().build()?;
    let before = cpu_time(process);
    let start = Instant::now();
    let mut taken = runtime.block_on(async {
        let config = Arc::new(client(&authority)?);
        let askers: Vec<_> = (0..connections)
            .map(|_| {
                let pause = (rate > 0).then(|| {
                    Duration::from_secs_f64(
                        f64::from(u32::try_from(connections * STREAMS as u64).unwrap_or(u32::MAX))
                            / f64::from(u32::try_from(rate).unwrap_or(u32::MAX)),
                    )
                });
                tokio::spawn(ask(
                    address,
                    Arc::clone(&config),
                    Duration::from_secs(seconds),
                    pause,
                ))
            })
            .collect();
        let mut all = Vec::new();
        for asker in askers {
            all.extend(asker.await??);
        }
        Ok::<_, Failure>(all)
    })?;
    let elapsed = start.elapsed();
    let used = cpu_time(process)
        .zip(before)
        .map(|(after, before)| after.saturating_sub(before));
    taken.sort_unstable();
    let at = |share: usize| {
        taken
            .get(taken.len() * share / 1_000)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{} reviews in {elapsed:.2?}: {} per second; p50 {:?}, p99 {:?}, p99.9 {:?}, longest {:?}",
        taken.len(),
        taken.len() as u128 * 1_000 / elapsed.as_millis().max(1),
        at(500),
        at(990),
        at(999),
        taken.last().copied().unwrap_or_default()
    );
    if let Some(used) = used {
        let each = used / u32::try_from(taken.len().max(1)).unwrap_or(u32::MAX);
        println!("{used:?} of CPU in the server: {each:?} per review");
    }
    Ok(())
}

/// The CPU time of a process, from Linux's table of processes.
fn cpu_time(process: u64) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    // `utime` and `stime`, in hundredths of a second.
    Some(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

fn client(authority: &[u8]) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// Asks on one connection for a time; how long each answer took.
async fn ask(
    address: SocketAddr,
    config: Arc<ClientConfig>,
    time: Duration,
    pause: Option<Duration>,
) -> Result<Vec<Duration>, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from("localhost")?;
    let stream = TlsConnector::from(config).connect(name, stream).await?;
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let streams: Vec<_> = (0..STREAMS)
        .map(|_| tokio::spawn(ask_one_by_one(sender.clone(), time, pause)))
        .collect();
    let mut all = Vec::new();
    for stream in streams {
        all.extend(stream.await??);
    }
    Ok(all)
}

async fn ask_one_by_one(
    mut sender: http2::SendRequest<Full<Bytes>>,
    time: Duration,
    pause: Option<Duration>,
) -> Result<Vec<Duration>, Failure> {
    let start = Instant::now();
    let mut taken = Vec::new();
    let mut next = start;
    while start.elapsed() < time {
        let begin = match pause {
            // A late answer counts from when it should have been asked for.
            Some(pause) => {
                sleep_until(next.into()).await;
                let due = next;
                next += pause;
                due
            }
            None => Instant::now(),
        };
        let request = Request::post("https://localhost/validate?timeout=10s")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from_static(REVIEW.as_bytes())))?;
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        if !response.status().is_success() {
            return Err(format!("the server answered {}", response.status()).into());
        }
        response.into_body().collect().await?;
        taken.push(begin.elapsed());
    }
    Ok(taken)
}
