use ringwall_input::dockerfile::{Instruction, InstructionKind, Script};

use super::{invocation::report_unpinned, npm};
use crate::{
    Check, Findings, check,
    dockerfile::run_step::{Step, steps},
    judge::Build,
};

check! {
    /// ## What it finds
    /// `npm install`, `yarn add`, `pnpm add` and `bun add` of packages without a version, with a tag such as `latest`, or of repositories without a commit; also packages that are fetched to be run at once (`npx`, `npm exec`, `yarn dlx`, `pnpm dlx`, `bunx`) and what `corepack prepare` fetches.
    ///
    /// `npx`, `npm exec` and `bunx` run an installed program first: without a tag they are left alone where the stage has installed packages of its own.
    ///
    /// Without package names these commands follow `package.json`, which is not looked at.
    ///
    /// ## Why it matters
    /// The build takes whatever was published last, also when it was published by someone who took over the name.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM node:22
    /// RUN npm install -g npm@10.8.2 typescript # <-
    /// RUN npm i @angular/cli@latest # <-
    /// RUN yarn global add serve # <-
    /// RUN npm install git+https://github.com/expressjs/express.git # <-
    /// RUN bun add react # <-
    /// ```
    /// ```dockerfile fail
    /// FROM node:22
    /// RUN npx create-react-app shop # <-
    /// RUN npx --package typescript tsc # <-
    /// RUN npm exec -- cowsay@latest hi # <-
    /// RUN yarn dlx serve && pnpm dlx serve@14.2.0 # <-
    /// RUN bunx cowsay # <-
    /// RUN corepack prepare pnpm@latest --activate # <-
    /// ```
    /// ```dockerfile pass
    /// FROM node:22
    /// RUN npm install -g --registry https://registry.npmjs.org npm@10.8.2 @angular/cli@$CLI_VERSION
    /// RUN npm install && npm ci && yarn install && npm install ./tool.tgz
    /// RUN npm install git+https://github.com/expressjs/express.git#v4.19.2
    /// RUN npx --yes tsc && npm exec eslint . && npx --package=typescript@5.4.2 tsc
    /// RUN pnpm dlx serve@14.2.0 && bun install && bun add react@18.2.0 && corepack prepare pnpm@9.1.0 --activate
    /// ```
    /// ```dockerfile pass
    /// FROM node:22
    /// COPY node_modules ./node_modules
    /// RUN npx tsc
    /// ```
    ///
    /// ## Fix
    /// Write `package@version`, or install from a lock file with `npm ci`.
    UnpinnedNpmPackage {
        id: "unpinned-npm-package",
        title: "Packages installed by npm without a version",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnpinnedNpmPackage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            let commands = step.expanded(|command| npm::launch(command).is_some());
            for launch in commands.iter().filter_map(|it| npm::launch(it)) {
                let is_installed = launch.prefers_installed && has_packages(&step);
                let is_open = |package: &str| {
                    !npm::is_pinned(package) && (!is_installed || names_tag(package))
                };
                report_unpinned(Self::META, &step, &launch.invocation, is_open, findings);
            }
            let commands = step.expanded(|command| npm::addition(command).is_some());
            for invocation in commands.iter().filter_map(|it| npm::addition(it)) {
                let is_open = |package: &str| !npm::is_pinned(package);
                report_unpinned(Self::META, &step, &invocation, is_open, findings);
            }
        }
    }
}

/// Whether the stage of a RUN, or one that it is based on, has packages of its own by then.
fn has_packages(step: &Step<'_>) -> bool {
    let stages = step.file.ancestors(step.stage);
    let mut before = stages
        .flat_map(|stage| &stage.instructions)
        .filter(|instruction| instruction.span.start <= step.instruction.span.start);
    before.any(|instruction| match &instruction.innermost().kind {
        InstructionKind::Copy(copy) | InstructionKind::Add(copy) => {
            let mut paths = copy.sources.iter().chain([&copy.destination]);
            paths.any(|path| path.value.contains("node_modules"))
        }
        _ => {
            let commands = Instruction::script(instruction).map_or(&[][..], Script::commands);
            commands.iter().any(npm::installs_own)
        }
    })
}

/// Whether a tag stands behind the name: `vite@latest`, not `@angular/cli`.
fn names_tag(package: &str) -> bool {
    let package = package.rsplit('=').next().unwrap_or(package);
    package.trim_start_matches('@').contains('@')
}
