//! `ringwall replay`.

use std::{path::PathBuf, sync::Arc, time::SystemTime};

use anyhow::{Result, bail};
use ringwall_model::Date;
use ringwall_report::{ReplayReport, ReplayTextOptions, replay_json, replay_text};
use ringwall_server::{
    Policies,
    replay::{self, NOT_ASSESSED, Replay},
};

use super::judging::{self, Configured};
use crate::{
    args::replay::{ReplayArgs, ReplayFormat},
    exit::Exit,
    output,
    progress::Progress,
    workflow_commands::ForPeople,
};

pub(super) fn run(args: &ReplayArgs) -> Result<Exit> {
    for id in &args.compare.accept {
        if !NOT_ASSESSED.iter().any(|(known, _)| known == id) {
            let known: Vec<_> = NOT_ASSESSED.iter().map(|(known, _)| *known).collect();
            bail!("--accept: '{id}' is none of {}", known.join(", "));
        }
    }
    let configured = Configured::load(args.judge.config.as_ref())?;
    let as_of = args.compare.as_of.unwrap_or_else(today);
    let rules = judging::rules(&args.decide, &configured.serve)?;
    let judged_by = |policies: &[PathBuf]| {
        judging::judged(&args.judge, &args.rego, &configured, policies, Some(as_of))
    };
    let judged = judged_by(&args.judge.policy)?;
    let against = match args.compare.against.as_slice() {
        [] => None,
        paths => {
            let other = judged_by(paths)?;
            let policies = Policies::new(other.sources).current();
            other.world.read(&args.judge.inventory)?;
            Some(policies)
        }
    };
    let policies = Policies::new(judged.sources).current();
    let has_inventory = judged.world.read(&args.judge.inventory)?;
    let replay = Replay {
        rules,
        policies,
        against,
        world: judged.world,
        has_inventory,
        team_label: args.compare.team_label.clone(),
        as_of,
    };
    let judges = |set: &Arc<ringwall_server::PolicySet>| {
        !set.judges.is_empty() || set.images.is_some() || !set.broken.is_empty()
    };
    if !judges(&replay.policies) {
        bail!("nothing would be judged: no policy is in what --policy names");
    }
    let (files, unreadable) = ringwall_collect::recordings(&args.recorded);
    let progress = Progress::of_bytes();
    let mut report = replay::run(&replay, &files, unreadable, &|read, total| {
        progress.report_bytes(read, total);
    });
    progress.finish();
    for id in &args.compare.accept {
        report.accept(id);
    }
    let mut out = output::open(args.output.output_file.as_deref())?;
    match args.output.output {
        ReplayFormat::Json => replay_json(&report, &mut *out)?,
        ReplayFormat::Text => {
            let colour = output::colours(args.output.color, args.output.output_file.as_deref());
            replay_text(
                &report,
                &ReplayTextOptions { colour },
                &mut ForPeople::new(&mut *out),
            )?;
        }
    }
    out.flush()?;
    Ok(exit(args, &report))
}

/// Today in UTC. A clock before 1970 is taken for 1970.
fn today() -> Date {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Date::from_unix_seconds(since.map_or(0, |since| since.as_secs()))
}

fn exit(args: &ReplayArgs, report: &ReplayReport) -> Exit {
    if args.output.exit_zero {
        Exit::Clean
    } else if report.summary.newly_denied > 0 {
        Exit::Findings
    } else if report.is_incomplete() || report.summary.requests == 0 {
        // Of nothing, nobody can say that nothing would be denied.
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}
