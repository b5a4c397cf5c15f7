//! Connections: accepted within bounds, agreed over TLS in time, closed when idle, drained at the end.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hyper::{
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{Client, Service};
use crate::{
    Limits,
    metrics::Metrics,
    tls::{self, Tls},
};

/// Largest head of a request, in bytes.
const HEAD_BYTES: usize = 32 << 10;

/// Most requests of one connection over HTTP/2 at once.
const STREAMS: u32 = 250;

/// More connections than any limit allows; no process has so many files.
const MOST_CONNECTIONS: usize = 1 << 20;

/// How long to wait where no connection can be accepted for want of something, such as file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// What connections share.
pub(crate) struct Connections {
    pub(crate) service: Arc<Service>,
    pub(crate) tls: Arc<Tls>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
}

/// Accepts connections until told to stop, then waits for those under way to end.
pub(crate) async fn accept(
    listener: TcpListener,
    shared: Arc<Connections>,
    mut stop: watch::Receiver<bool>,
) {
    let limit = shared.limits.connections.clamp(1, MOST_CONNECTIONS);
    let slots = Arc::new(Semaphore::new(limit));
    loop {
        let slot = tokio::select! {
            slot = Arc::clone(&slots).acquire_owned() => slot,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(PAUSE).await;
                continue;
            }
        };
        let shared = Arc::clone(&shared);
        let stop = stop.clone();
        tokio::spawn(async move {
            shared.metrics.connections.add(1);
            shared.serve(stream, stop).await;
            shared.metrics.connections.add(-1);
            drop(slot);
        });
    }
    drop(listener);
    // All slots are free when the last connection has ended.
    let all = u32::try_from(limit).unwrap_or(u32::MAX);
    if timeout(shared.limits.drain, slots.acquire_many(all))
        .await
        .is_err()
    {
        tracing::warn!("connections were cut off: they did not end in time");
    }
}

impl Connections {
    async fn serve(&self, stream: TcpStream, stop: watch::Receiver<bool>) {
        // Answers are small and awaited.
        let _ = stream.set_nodelay(true);
        let acceptor = TlsAcceptor::from(Arc::clone(&self.tls.current().config));
        let stream = match timeout(self.limits.handshake, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                self.metrics.tls_errors.add(1);
                tracing::debug!(%error, "TLS was not agreed");
                return;
            }
            Err(_) => {
                self.metrics.tls_errors.add(1);
                return;
            }
        };
        let (_, session) = stream.get_ref();
        let certificate = session.peer_certificates().and_then(<[_]>::first);
        let client = Arc::new(Client {
            names: certificate.map(tls::names),
        });
        let is_http2 = session.alpn_protocol() == Some(b"h2");
        let activity = Arc::new(Activity::default());
        if is_http2 {
            self.serve_http2(stream, client, activity, stop).await;
        } else {
            self.serve_http1(stream, client, activity, stop).await;
        }
    }

    async fn serve_http1(
        &self,
        stream: TlsStream<TcpStream>,
        client: Arc<Client>,
        activity: Arc<Activity>,
        stop: watch::Receiver<bool>,
    ) {
        let (service, active) = (Arc::clone(&self.service), Arc::clone(&activity));
        let handler = service_fn(move |request| {
            let active = active.begin();
            let answer = Arc::clone(&service).answer(Arc::clone(&client), request);
            async move {
                let answer = answer.await;
                drop(active);
                answer
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .max_buf_size(HEAD_BYTES * 2)
            .max_header_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), handler);
        self.drive(
            connection,
            http1::Connection::graceful_shutdown,
            &activity,
            stop,
        )
        .await;
    }

    async fn serve_http2(
        &self,
        stream: TlsStream<TcpStream>,
        client: Arc<Client>,
        activity: Arc<Activity>,
        stop: watch::Receiver<bool>,
    ) {
        let (service, active) = (Arc::clone(&self.service), Arc::clone(&activity));
        let handler = service_fn(move |request| {
            let active = active.begin();
            let answer = Arc::clone(&service).answer(Arc::clone(&client), request);
            async move {
                let answer = answer.await;
                drop(active);
                answer
            }
        });
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(self.limits.idle / 4)
            .keep_alive_timeout(self.limits.head)
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
            .serve_connection(TokioIo::new(stream), handler);
        self.drive(
            connection,
            http2::Connection::graceful_shutdown,
            &activity,
            stop,
        )
        .await;
    }

    /// Runs a connection to its end; asks it to end where the server stops or nothing came for long.
    async fn drive<C, E>(
        &self,
        connection: C,
        shut_down: fn(Pin<&mut C>),
        activity: &Activity,
        mut stop: watch::Receiver<bool>,
    ) where
        C: Future<Output = Result<(), E>>,
    {
        let mut connection = pin!(connection);
        let mut seen = u64::MAX;
        loop {
            tokio::select! {
                // The line broke, or the client was too slow: there is nobody left to tell.
                _ = &mut connection => return,
                _ = stop.wait_for(|stop| *stop) => break,
                () = sleep(self.limits.idle) => {
                    let begun = activity.begun.load(Ordering::Relaxed);
                    if begun == seen && activity.is_idle() {
                        break;
                    }
                    seen = begun;
                }
            }
        }
        shut_down(connection.as_mut());
        let _ = timeout(self.limits.drain, connection).await;
    }
}

/// What happens on a connection.
#[derive(Debug, Default)]
struct Activity {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// A request under way; its end counts when it is dropped.
struct Active(Arc<Activity>);

impl Activity {
    fn begin(self: &Arc<Self>) -> Active {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Active(Arc::clone(self))
    }

    fn is_idle(&self) -> bool {
        self.begun.load(Ordering::Relaxed) == self.ended.load(Ordering::Relaxed)
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}
