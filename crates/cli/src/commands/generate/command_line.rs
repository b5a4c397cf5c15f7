//! Man pages, and the reference of the command line for the book.

use std::fmt::Write as _;

use anyhow::Result;
use clap::CommandFactory;

use super::Files;
use crate::args::Cli;

/// Columns of a help text in the book, whatever the terminal is.
const WIDTH: usize = 100;

pub(super) fn man_pages(files: &mut Files) -> Result<()> {
    let command = Cli::command();
    let mut render = |command: &clap::Command, called: &str| -> Result<()> {
        let name = called.replace(' ', "-");
        let mut page = Vec::new();
        // Titled with a hyphen, as `man` wants it, and called with a blank.
        let titled = command
            .clone()
            .name(name.clone())
            .bin_name(called.to_owned());
        clap_mangen::Man::new(titled).date("").render(&mut page)?;
        files.insert(
            format!("docs/man/{name}.1").into(),
            String::from_utf8(page)?,
        );
        Ok(())
    };
    render(&command, "ringwall")?;
    for (called, subcommand) in all_shown(&command) {
        render(subcommand, &called)?;
    }
    Ok(())
}

/// `docs/cli.md`: the help of every command as the binary prints it.
pub(super) fn reference(files: &mut Files) {
    let mut command = Cli::command().term_width(WIDTH);
    // Fills in the usage lines of the subcommands.
    command.build();
    let mut page = String::from(
        "# Command line\n\n\
         What `--help` prints, written by `ringwall generate`.\n\
         The [exit codes](exit-codes.md) and the [output formats](output.md) have pages of their own.\n",
    );
    section(&mut page, "ringwall", &command);
    for (called, subcommand) in all_shown(&command) {
        section(&mut page, &called, subcommand);
    }
    files.insert("docs/cli.md".into(), page);
}

fn section(page: &mut String, title: &str, command: &clap::Command) {
    let help = command
        .clone()
        .term_width(WIDTH)
        .render_long_help()
        .to_string();
    let _ = write!(page, "\n## {title}\n\n```text\n");
    for line in help.trim_end().lines() {
        let _ = writeln!(page, "{}", line.trim_end());
    }
    page.push_str("```\n");
}

/// The commands that help lists, without `help` itself.
fn shown(command: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    command
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help")
}

/// The commands that help lists and those below them, each as it is called.
fn all_shown(command: &clap::Command) -> Vec<(String, &clap::Command)> {
    let mut all = Vec::new();
    for one in shown(command) {
        let called = format!("ringwall {}", one.get_name());
        let below = shown(one).map(|below| (format!("{called} {}", below.get_name()), below));
        all.push((called.clone(), one));
        all.extend(below);
    }
    all
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use clap::Parser;

    use super::*;

    /// Words between blanks; double quotes hold one together.
    fn words(command: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        for (at, piece) in command.split('"').enumerate() {
            if at % 2 == 1 {
                words.last_mut().unwrap().push_str(piece);
                continue;
            }
            for (at, word) in piece.split(char::is_whitespace).enumerate() {
                if at > 0 {
                    words.push(String::new());
                }
                words.last_mut().unwrap().push_str(word);
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }

    /// The words of every `ringwall ...` in the shell fences of a page.
    fn commands(page: &str) -> Vec<Vec<String>> {
        let mut in_shell = false;
        let mut found = Vec::new();
        // A line may go on in the next.
        let page = page.replace("\\\n", " ");
        for line in page.lines() {
            if let Some(language) = line.trim_start().strip_prefix("```") {
                in_shell = matches!(language, "sh" | "console");
                continue;
            }
            let line = line.split(" #").next().unwrap_or("");
            for command in line.split('|').filter(|_| in_shell) {
                let command = command.split(['<', '>']).next().unwrap_or("");
                let words: Vec<String> = words(command)
                    .into_iter()
                    .skip_while(|word| word == "$")
                    .collect();
                if words.first().is_some_and(|word| word == "ringwall") {
                    found.push(words);
                }
            }
        }
        found
    }

    #[test]
    fn every_command_in_the_documentation_is_understood() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut pages = vec![root.join("README.md")];
        for entry in fs::read_dir(root.join("docs")).unwrap() {
            pages.push(entry.unwrap().path());
        }
        let mut count = 0;
        for page in pages
            .iter()
            .filter(|page| page.extension().is_some_and(|end| end == "md"))
        {
            for words in commands(&fs::read_to_string(page).unwrap()) {
                count += 1;
                let parsed = Cli::try_parse_from(&words);
                assert!(
                    parsed.is_ok(),
                    "{}: {words:?}: {}",
                    page.display(),
                    parsed.unwrap_err()
                );
            }
        }
        assert!(count > 20, "only {count} commands were found");
    }
}
