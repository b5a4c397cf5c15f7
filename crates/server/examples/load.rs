//! Asks a running server for reviews as fast as it answers, or at a rate, and prints how long answers took.
//!
//! ```console
//! $ cargo run --release -p ringwall-server --example load -- ADDRESS CA_FILE REVIEWS [CONNECTIONS [SECONDS [RATE [PID]]]]
//! ```
//!
//! `REVIEWS` holds AdmissionReviews as JSON, one a line, which are sent in turn. Without a rate, or with rate 0, each
//! stream asks again as soon as it has its answer. With the process id of the server its CPU time is told too.
//! The answer is one line of JSON; times are in nanoseconds.
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
    thread,
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
use serde_json::json;
use tokio::{
    net::TcpStream,
    runtime::Builder,
    sync::mpsc::{UnboundedSender, unbounded_channel},
};
use tokio_rustls::TlsConnector;

/// Requests under way on each connection where there is no rate.
const STREAMS: u32 = 4;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let mut arguments = env::args().skip(1);
    let address: SocketAddr = arguments.next().ok_or("no address is given")?.parse()?;
    let authority = arguments
        .next()
        .ok_or("no file with an authority is given")?;
    let reviews = arguments.next().ok_or("no file with reviews is given")?;
    let mut number = |default: u32| arguments.next().map_or(Ok(default), |text| text.parse());
    let plan = Plan {
        address,
        config: Arc::new(client(&fs::read(authority)?)?),
        reviews: (fs::read_to_string(reviews)?.lines())
            .map(|line| Bytes::copy_from_slice(line.as_bytes()))
            .collect(),
        connections: number(8)?.max(1),
        time: Duration::from_secs(number(10)?.into()),
        rate: number(0)?,
    };
    let process = number(0)?;
    if plan.reviews.is_empty() {
        return Err("there is no review in the file".into());
    }

    let before = cpu_time(process);
    let start = Instant::now();
    let mut taken = Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(ask(Arc::new(plan)))?;
    let elapsed = start.elapsed();
    let used = cpu_time(process)
        .zip(before)
        .map(|(after, before)| after.saturating_sub(before));

    let count = u32::try_from(taken.len().max(1))?;
    taken.sort_unstable();
    let at = |per_mille: usize| {
        let place = taken.len().saturating_sub(1) * per_mille / 1_000;
        taken.get(place).map(Duration::as_nanos)
    };
    println!(
        "{}",
        json!({
            "reviews": taken.len(),
            "per_second": f64::from(count) / elapsed.as_secs_f64(),
            "p50": at(500),
            "p99": at(990),
            "p999": at(999),
            "max": at(1_000),
            "cpu": used.map(|used| (used / count).as_nanos()),
        })
    );
    Ok(())
}

/// What is asked, how, and for how long.
struct Plan {
    address: SocketAddr,
    config: Arc<ClientConfig>,
    reviews: Vec<Bytes>,
    connections: u32,
    time: Duration,
    /// Reviews in a second over all connections; 0 for as many as there are answers.
    rate: u32,
}

/// The CPU time of a process, from Linux's table of processes.
fn cpu_time(process: u32) -> Option<Duration> {
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

/// Asks on all connections for a time; how long each answer took.
async fn ask(plan: Arc<Plan>) -> Result<Vec<Duration>, Failure> {
    let mut senders = Vec::new();
    for _ in 0..plan.connections {
        senders.push(connect(&plan).await?);
    }
    if plan.rate > 0 {
        return ask_when_due(&plan, &senders).await;
    }
    let mut streams = Vec::new();
    for (connection, sender) in (0..).zip(&senders) {
        for stream in 0..STREAMS {
            let number = connection * STREAMS + stream;
            streams.push(tokio::spawn(ask_one_by_one(
                Arc::clone(&plan),
                sender.clone(),
                number,
            )));
        }
    }
    let mut all = Vec::new();
    for stream in streams {
        all.extend(stream.await??);
    }
    Ok(all)
}

async fn connect(plan: &Plan) -> Result<http2::SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(plan.address).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from("localhost")?;
    let stream = TlsConnector::from(Arc::clone(&plan.config))
        .connect(name, stream)
        .await?;
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Asks whenever it is time to, whatever is still unanswered, on one connection after another; a late answer counts
/// from when it should have been asked for.
async fn ask_when_due(
    plan: &Arc<Plan>,
    senders: &[http2::SendRequest<Full<Bytes>>],
) -> Result<Vec<Duration>, Failure> {
    let (tell, mut hear) = unbounded_channel();
    let clock = Arc::clone(plan);
    thread::spawn(move || tell_when_due(&clock, &tell));
    let mut asked = Vec::new();
    let mut turns = senders.iter().cycle().zip(plan.reviews.iter().cycle());
    while let (Some(due), Some((sender, review))) = (hear.recv().await, turns.next()) {
        let (mut sender, review) = (sender.clone(), review.clone());
        asked.push(tokio::spawn(async move {
            ask_once(&mut sender, review).await?;
            Ok::<_, Failure>(due.elapsed())
        }));
    }
    let mut all = Vec::new();
    for answer in asked {
        all.push(answer.await??);
    }
    Ok(all)
}

/// Tells when to ask, until the time is over.
///
/// A thread sleeps to the tenth of a millisecond. Timers of the runtime count whole ones, which is more than an answer
/// takes: requests would leave late, and in heaps.
fn tell_when_due(plan: &Plan, tell: &UnboundedSender<Instant>) {
    let start = Instant::now();
    let mut arrivals = Arrivals::new(plan.rate);
    let mut due = start + arrivals.pause();
    while due.duration_since(start) < plan.time {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if tell.send(due).is_err() {
            return;
        }
        due += arrivals.pause();
    }
}

/// Asks as soon as there is an answer to what was asked before.
async fn ask_one_by_one(
    plan: Arc<Plan>,
    mut sender: http2::SendRequest<Full<Bytes>>,
    stream: u32,
) -> Result<Vec<Duration>, Failure> {
    let step = (plan.connections * STREAMS) as usize;
    let mut reviews = plan.reviews.iter().cycle().skip(stream as usize);
    let start = Instant::now();
    let mut taken = Vec::new();
    while start.elapsed() < plan.time {
        let begin = Instant::now();
        let Some(review) = reviews.next() else { break };
        ask_once(&mut sender, review.clone()).await?;
        taken.push(begin.elapsed());
        let _ = reviews.nth(step - 2);
    }
    Ok(taken)
}

async fn ask_once(
    sender: &mut http2::SendRequest<Full<Bytes>>,
    review: Bytes,
) -> Result<(), Failure> {
    let request = Request::post("https://localhost/validate?timeout=10s")
        .header("content-type", "application/json")
        .body(Full::new(review))?;
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    if !response.status().is_success() {
        return Err(format!("the server answered {}", response.status()).into());
    }
    response.into_body().collect().await?;
    Ok(())
}

/// Requests of many clients that know nothing of each other: a Poisson process, the same at every run.
struct Arrivals {
    mean: f64,
    state: u64,
}

impl Arrivals {
    /// So many in a second.
    fn new(rate: u32) -> Self {
        Self {
            mean: 1.0 / f64::from(rate.max(1)),
            state: 1,
        }
    }

    fn pause(&mut self) -> Duration {
        // SplitMix64 (Steele, Lea and Flood, 2014); the upper half gives a number above 0 and at most 1.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let upper = u32::try_from(mixed >> 32).unwrap_or(u32::MAX);
        let uniform = (f64::from(upper) + 1.0) / (f64::from(u32::MAX) + 1.0);
        Duration::from_secs_f64(-uniform.ln() * self.mean)
    }
}
