use super::{invocation::report_unpinned, npm};
use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// `npm install`, `yarn add` and `pnpm add` of packages without a version, with a tag such as `latest`, or of repositories without a commit.
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
    /// ```
    /// ```dockerfile pass
    /// FROM node:22
    /// RUN npm install -g --registry https://registry.npmjs.org npm@10.8.2 @angular/cli@$CLI_VERSION
    /// RUN npm install && npm ci && yarn install && npm install ./tool.tgz
    /// RUN npm install git+https://github.com/expressjs/express.git#v4.19.2
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
            for invocation in step.commands().iter().filter_map(npm::addition) {
                let is_open = |package: &str| !npm::is_pinned(package);
                report_unpinned(Self::META, &step, &invocation, is_open, findings);
            }
        }
    }
}
