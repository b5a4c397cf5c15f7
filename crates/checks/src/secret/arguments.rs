//! Secrets among the words of a command line.

use ringwall_secrets::{Detectors, looks_like_secret_value};

use super::literal::{self, Literal};
use crate::{Confidence, Container, Node};

/// Options that take a password, and whose name does not say so.
const PASSWORDS: &[&str] = &["requirepass", "masterauth"];

/// Programs and their options that take a password, and whose name says so to nobody else.
const OPTIONS: &[(&str, &str)] = &[
    ("bcp", "P"),
    ("cqlsh", "p"),
    ("cypher-shell", "p"),
    ("ldapadd", "w"),
    ("ldapdelete", "w"),
    ("ldapmodify", "w"),
    ("ldappasswd", "w"),
    ("ldapsearch", "w"),
    ("ldapwhoami", "w"),
    ("mongo", "p"),
    ("mongodump", "p"),
    ("mongoexport", "p"),
    ("mongoimport", "p"),
    ("mongorestore", "p"),
    ("mongosh", "p"),
    ("rabbitmqadmin", "p"),
    ("redis-cli", "a"),
    ("sqlcmd", "P"),
    ("sshpass", "p"),
];

/// Programs that start another.
const STARTERS: &[&str] = &["env", "exec", "nice", "nohup", "sudo", "time", "timeout"];

/// The secrets in `command` and `args`, and in the commands of probes and hooks.
pub(super) fn secrets<'a>(container: &Container<'a>) -> Vec<(Node<'a>, Literal)> {
    let mut found = Vec::new();
    read(container.command_line(), &mut found);
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = container.node.get(probe);
        exec(probe, &mut found);
        let headers = probe
            .and_then(|probe| probe.get("httpGet"))
            .into_iter()
            .flat_map(|request| request.list("httpHeaders"));
        for header in headers {
            authorization(header, &mut found);
        }
    }
    for hook in ["postStart", "preStop"] {
        exec(container.node.path(&["lifecycle", hook]), &mut found);
    }
    found
}

fn exec<'a>(action: Option<Node<'a>>, found: &mut Vec<(Node<'a>, Literal)>) {
    let command = action.and_then(|action| action.get("exec"));
    read(
        command.into_iter().flat_map(|exec| exec.list("command")),
        found,
    );
}

fn authorization<'a>(header: Node<'a>, found: &mut Vec<(Node<'a>, Literal)>) {
    let name = header.str("name").unwrap_or("");
    if let Some(value) = header.get("value")
        && name.eq_ignore_ascii_case("authorization")
        && let Some(literal) = literal::known(&format!("Authorization: {}", value.text()))
    {
        found.push((value, literal));
    }
}

fn read<'a>(words: impl Iterator<Item = Node<'a>>, found: &mut Vec<(Node<'a>, Literal)>) {
    let words: Vec<Node<'a>> = words.collect();
    let before = found.len();
    let mut program = "";
    let mut option = None;
    for &node in &words {
        let text = node.text();
        if program.is_empty() || (STARTERS.contains(&program) && !is_of_starter(text)) {
            program = text.rsplit('/').next().unwrap_or(text);
        }
        let literal = match option.take() {
            Some(option) if !text.starts_with('-') => option_value(program, option, text),
            _ => None,
        };
        let literal = literal.or_else(|| word(program, text));
        if let Some(literal) = literal {
            found.push((node, literal));
        } else if text.starts_with('-') && !text.contains(['=', ' ', '\n']) {
            option = Some(text.trim_start_matches('-'));
        }
    }
    if found.len() == before && !words.is_empty() {
        found.extend(command(&words));
    }
}

/// The secrets of a command that only the words before them give away: `htpasswd -b FILE USER PASSWORD`.
fn command<'a>(words: &[Node<'a>]) -> Vec<(Node<'a>, Literal)> {
    let mut line = String::new();
    let mut starts = Vec::with_capacity(words.len());
    for word in words.iter().map(|node| node.text()) {
        starts.push(line.len());
        // Scripts were looked at alone.
        line.push_str(if word.contains(char::is_whitespace) {
            "\n"
        } else {
            word
        });
        line.push(' ');
    }
    let found = Detectors::builtin().scan(&line);
    let known = found.iter().filter(|found| found.provider != "generic");
    known
        .filter_map(|found| {
            let behind = starts.partition_point(|&start| start <= found.span.range().start);
            let node = words.get(behind.checked_sub(1)?)?;
            let literal = Literal {
                title: found.title,
                confidence: found.confidence,
            };
            Some((*node, literal))
        })
        .collect()
}

/// `--password x`, `-u name:x` of curl.
fn option_value(program: &str, option: &str, value: &str) -> Option<Literal> {
    if program == "curl" && matches!(option, "u" | "user") {
        let (_, password) = value.split_once(':')?;
        return password_of(password);
    }
    if PASSWORDS.contains(&option) || OPTIONS.contains(&(program, option)) {
        return password_of(value);
    }
    literal::named(option, value)
}

/// `--password=x`, `PASSWORD=x`, `--set=auth.password=x`, `-px` of `MySQL` and sshpass, or a text with a known secret.
fn word(program: &str, text: &str) -> Option<Literal> {
    if (program.starts_with("mysql") || program == "sshpass")
        && let Some(password) = text.strip_prefix("-p").filter(|rest| !rest.is_empty())
    {
        return password_of(password);
    }
    let assigned = text.split_once('=').and_then(|(name, value)| {
        let name = name.trim_start_matches('-');
        if name.contains(char::is_whitespace) {
            return None;
        }
        let nested = value
            .split_once('=')
            .and_then(|(name, value)| literal::named(name, value));
        nested.or_else(|| literal::named(name, value)).or_else(|| {
            PASSWORDS
                .contains(&name)
                .then(|| password_of(value))
                .flatten()
        })
    });
    assigned.or_else(|| (text.len() >= 8).then(|| literal::known(text)).flatten())
}

/// Whether a word behind a program of [`STARTERS`] is its option, a number or a variable of it.
fn is_of_starter(word: &str) -> bool {
    word.contains('=') || word.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

fn password_of(value: &str) -> Option<Literal> {
    looks_like_secret_value(value).then_some(Literal {
        title: "a password",
        confidence: Some(Confidence::High),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_input::{
        kubernetes::{ObjectDocument, objects, workloads},
        yaml,
    };
    use ringwall_model::Source;

    use super::secrets;

    /// The words of a container that are found to be secrets.
    fn check(container: &str, expected: &[&str]) {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n    - {{name: a, {container}}}\n"
        );
        let source = Arc::new(Source::new("a.yaml", text));
        let (documents, diagnostics) = yaml::parse(&source);
        assert_eq!(diagnostics, [], "{container}");
        let ObjectDocument::Objects(found) = objects(&documents[0]) else {
            panic!("no object: {container}");
        };
        let pods = workloads(&found[0], &[]);
        let found = secrets(&pods[0].containers[0]);
        let words: Vec<&str> = found.iter().map(|(node, _)| node.text()).collect();
        assert_eq!(words, expected, "{container}");
    }

    #[test]
    fn values_of_options_are_judged_by_the_name_of_the_option() {
        check("args: [--password, tr0ub4dor, --user, bot]", &["tr0ub4dor"]);
        check("args: [--password, --verbose]", &[]);
        check("args: [--token-file=/var/run/token, --secret-name=db]", &[]);
        check(
            "args: [--set=auth.password=tr0ub4dor]",
            &["--set=auth.password=tr0ub4dor"],
        );
        check(
            "command: [env, DB_PASSWORD=tr0ub4dor, app]",
            &["DB_PASSWORD=tr0ub4dor"],
        );
    }

    #[test]
    fn programs_with_options_of_their_own_are_known() {
        check(
            "command: [curl, -u, 'bot:tr0ub4dor', 'https://shop.org']",
            &["bot:tr0ub4dor"],
        );
        check("command: [curl, -u, bot, 'https://shop.org']", &[]);
        check("command: [mysqldump, -ptr0ub4dor, shop]", &["-ptr0ub4dor"]);
        check("command: [mkdir, -p, tr0ub4dor]", &[]);
        check(
            "command: [htpasswd, -b, /auth, bot, tr0ub4dor]",
            &["tr0ub4dor"],
        );
        check("command: [vault, login, tr0ub4dor77]", &["tr0ub4dor77"]);
        check("command: [htpasswd, -b, /auth, bot, $(PASSWORD)]", &[]);
        check(
            "args: [redis-server, --requirepass, tr0ub4dor]",
            &["tr0ub4dor"],
        );
    }

    #[test]
    fn options_whose_name_says_nothing_are_known() {
        check("command: [mongosh, -u, bot, -p, tr0ub4dor]", &["tr0ub4dor"]);
        check(
            "command: [timeout, '5', redis-cli, -a, tr0ub4dor]",
            &["tr0ub4dor"],
        );
        check(
            "command: [/opt/bin/sqlcmd, -U, sa, -P, tr0ub4dor]",
            &["tr0ub4dor"],
        );
        check(
            "command: [sshpass, -ptr0ub4dor, ssh, shop.org]",
            &["-ptr0ub4dor"],
        );
        check("command: [mongosh, -p, $(PASSWORD)]", &[]);
        check("command: [ssh, -p, '2222', shop.org]", &[]);
        check("args: [--name, mongo, -p, '27017']", &[]);
        check(
            "command: [docker, run, --name, mongo, -p, '27017:27017', mongo]",
            &[],
        );
    }

    #[test]
    fn scripts_and_probes_are_read() {
        check(
            "command: [sh, -c, 'mysql --password=tr0ub4dor -e exit']",
            &["mysql --password=tr0ub4dor -e exit"],
        );
        check(
            "command: [sh, -c, 'mysql --password=$PASSWORD -e exit']",
            &[],
        );
        check(
            "livenessProbe: {exec: {command: [redis-cli, -a, tr0ub4dor, ping]}}",
            &["tr0ub4dor"],
        );
        check(
            "readinessProbe: {httpGet: {port: 80, httpHeaders: [{name: Authorization, value: Basic Ym90OnRyMHViNGRvcg==}]}}",
            &["Basic Ym90OnRyMHViNGRvcg=="],
        );
    }
}
