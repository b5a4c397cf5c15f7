//! What uses images: manifests, and a cluster.

use anyhow::{Context as _, Result};
use ringwall_cluster::{Connection, Resource};
use ringwall_collect::{DEFAULT_LIMIT_BYTES, Exclude, Walk};
use ringwall_engine::{Config, ImageUses};

use crate::args::registry_listing::UsersArgs;

/// What has pods, or makes them; what is scaled to nothing and what runs at night uses images too.
const KINDS: [(&str, &str); 9] = [
    ("", "pods"),
    ("", "podtemplates"),
    ("", "replicationcontrollers"),
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "cronjobs"),
    ("batch", "jobs"),
];

/// What uses images; none where that was not asked.
pub(super) fn uses(args: &UsersArgs, config: &Config) -> Result<Option<ImageUses>> {
    if args.used_by.is_empty() && !args.cluster {
        return Ok(None);
    }
    let mut uses = ImageUses::default();
    if !args.used_by.is_empty() {
        let files = ringwall_collect::walk(&Walk {
            paths: args.used_by.clone(),
            // What git does not know may be applied all the same.
            all_files: true,
            exclude: Exclude::new::<&str>(&[])?,
        });
        uses.add_files(&files, config, DEFAULT_LIMIT_BYTES);
    }
    if args.cluster {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start what asks the cluster")?;
        runtime.block_on(ask_cluster(args, config, &mut uses))?;
    }
    Ok(Some(uses))
}

async fn ask_cluster(args: &UsersArgs, config: &Config, uses: &mut ImageUses) -> Result<()> {
    let connection = Connection::open(args.kubeconfig.as_deref(), args.context.as_deref())
        .await
        .context("--cluster")?;
    let served = connection.resources().await.context("--cluster")?;
    let known = |it: &Resource| KINDS.contains(&(&*it.group, &*it.plural));
    let configured = config.pod_paths();
    let by_config = |it: &Resource| {
        let mut all = configured.iter();
        all.any(|path| path.group == it.group && path.kind == it.kind)
    };
    for (group, plural) in KINDS {
        let mut served = served.iter();
        if !served.any(|it| it.group == group && it.plural == plural) {
            uses.miss(
                "unreadable-cluster",
                plural,
                "the cluster does not serve them",
            );
        }
    }
    for resource in served.iter().filter(|it| known(it) || by_config(it)) {
        let mut token = None;
        loop {
            match connection.page(resource, "", token.as_deref()).await {
                Ok((objects, next)) => {
                    for object in &objects {
                        uses.add_object(object, config);
                    }
                    token = next;
                }
                Err(error) => {
                    let reason = error.to_string();
                    uses.miss("unreadable-cluster", &resource.plural, &reason);
                    break;
                }
            }
            if token.is_none() {
                break;
            }
        }
    }
    Ok(())
}
