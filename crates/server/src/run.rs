//! Runs a server until the process is told to end: the runtime and the signals, so that callers need neither.

use tokio::{runtime::Builder, sync::mpsc};

use crate::{Server, ServerError, Settings};

/// What the process is told from outside.
enum Told {
    End,
    Reload,
}

/// Starts a server, says where it listens, and runs it until SIGTERM or an interrupt. SIGHUP has it look at
/// its files at once.
///
/// # Errors
///
/// As [`Server::start`], and where signals or threads cannot be had.
pub fn run(settings: Settings, started: impl FnOnce(&Server)) -> Result<(), ServerError> {
    // Reading and TLS need little; judging has threads of its own.
    let threads = (settings.limits.workers / 2).max(1);
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name("serve")
        .enable_all()
        .build()
        .map_err(ServerError::Thread)?;
    let result = runtime.block_on(async {
        let mut told = listen_for_signals().map_err(ServerError::Thread)?;
        let server = Server::start(settings).await?;
        started(&server);
        while let Some(Told::Reload) = told.recv().await {
            server.reload();
        }
        server.shut_down().await;
        Ok(())
    });
    // A judge that hangs must not keep the process from ending.
    runtime.shutdown_background();
    result
}

#[cfg(unix)]
fn listen_for_signals() -> std::io::Result<mpsc::Receiver<Told>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (send, receive) = mpsc::channel(1);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        loop {
            let told = tokio::select! {
                _ = terminate.recv() => Told::End,
                _ = interrupt.recv() => Told::End,
                _ = hang_up.recv() => Told::Reload,
            };
            if send.send(told).await.is_err() {
                return;
            }
        }
    });
    Ok(receive)
}

#[cfg(not(unix))]
fn listen_for_signals() -> std::io::Result<mpsc::Receiver<Told>> {
    let (send, receive) = mpsc::channel(1);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            let _ = send.send(Told::End).await;
        }
    });
    Ok(receive)
}
