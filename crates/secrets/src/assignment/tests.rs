use crate::{Detectors, Match};

fn found(text: &str) -> Vec<(&'static str, &str)> {
    let matches: Vec<Match> = Detectors::builtin().scan(text);
    matches
        .iter()
        .map(|found| (found.detector, &text[found.span.range()]))
        .collect()
}

#[track_caller]
fn check(text: &str, value: &str) {
    assert_eq!(found(text), [("generic-secret", value)], "{text}");
}

#[track_caller]
fn check_password(text: &str, value: &str) {
    assert_eq!(found(text), [("generic-password", value)], "{text}");
}

#[track_caller]
fn check_nothing(text: &str) {
    assert_eq!(found(text), [], "{text}");
}

/// Random, and no vendor's format.
const VALUE: &str = "Qz7vT2mK9xLp4RbW8nYc";

#[test]
fn every_way_to_assign_is_read() {
    for template in [
        "apiKey: @",
        "apiKey: \"@\"",
        "  api_key: '@' # of the shop",
        "API_KEY=@",
        "export API_KEY=@\n",
        "{\"api_key\": \"@\"}",
        "{\"clientSecret\":\"@\",\"a\":1}",
        "api_key = \"@\"",
        "api_key = @",
        "'api_key' => '@',",
        "config[\"api_key\"] = \"@\"",
        "ENV API_KEY @",
        "ENV A=1 API_KEY=@ B=2",
        "ARG DB_PASSWORD=@",
        "run --api-key @ --verbose",
        "run --api-key=@",
        "- name: API_KEY\n  value: @",
        "- name: \"API_KEY\"\n  value: \"@\"\n",
        "{\"name\": \"API_KEY\", \"value\": \"@\"}",
        "name  = \"API_KEY\"\nvalue = \"@\"",
        "<apiKey>@</apiKey>",
        "password: |\n  @\n",
        "args: [\"--password=@\"]",
        "\\\"token\\\": \\\"@\\\"",
        "production:\n  secret_key_base: @\n",
    ] {
        check(&template.replace('@', VALUE), VALUE);
    }
}

#[test]
fn chosen_passwords_are_a_hint() {
    check_password("password: changeme\n", "changeme");
    check_password("MYSQL_ROOT_PASSWORD=password", "password");
    check_password("- name: POSTGRES_PASSWORD\n  value: \"123456\"\n", "123456");
    check_nothing("# password: changeme\n");
}

#[test]
fn references_are_what_they_fall_back_on() {
    for template in [
        "DB_PASSWORD=${DB_PASSWORD:-@}",
        "DB_PASSWORD: ${DB_PASSWORD:-@}\n",
        "- DB_PASSWORD=${DB_PASSWORD-@}\n",
        ": \"${DB_PASSWORD:=@}\"",
        ": ${DB_PASSWORD=@}",
        "export A=${DB_PASSWORD:-@};",
        "A=\"${A:-${DB_PASSWORD:-'@'}}\"",
        "spring.datasource.password=${DB_PASSWORD:@}",
        "password = \"${DB_PASSWORD:-@}\"",
    ] {
        check(&template.replace('@', VALUE), VALUE);
        if !template.contains(":@") {
            check_password(&template.replace('@', "postgres"), "postgres");
        }
        check_nothing(&template.replace('@', ""));
        check_nothing(&template.replace('@', "<password>"));
    }
    for text in [
        ": ${DB_PASSWORD:?must be set}",
        "A=${DB_PASSWORD:+Qz7vT2mK9xLp4RbW8nYc}",
        "A=${DB_PASSWORD:0:8}",
        "A=${DB_PASSWORD:from:8}",
        "A=${DB_PASSWORD%-Qz7vT2mK9xLp4RbW8nYc}",
        "A=${OTHER-password}",
        "A=\"${DB_PASSWORD:-Qz7vT2mK9xLp4RbW8nYc\"",
        "A=${DB_PASSWORD:-$(pwgen 20)}",
        "DB_PASSWORD=${DB_PASSWORD:-${OTHER}}",
    ] {
        check_nothing(text);
    }
}

#[test]
fn references_and_expressions_are_nothing() {
    for text in [
        "secretName: db-credentials",
        "secretKeyRef:\n  name: db\n  key: password",
        "password: ${DB_PASSWORD}",
        "password: {{ .Values.password | quote }}",
        "password = var.password",
        "password = random_password.db.result",
        "token := request.Token",
        "token = getToken(user)",
        "Password: password,",
        "if password == \"Qz7vT2mK9xLp4RbW8nYc\" {",
        "token: the token that the server gave you",
        "password: \"\"",
        "password:\n  length: 20\n",
        "automountServiceAccountToken: false",
        "resources: [\"secrets\", \"tokenreviews\"]",
        "MYSQL_PASSWORD_FILE=/run/secrets/password",
        "integrity: sha512-Qz7vT2mK9xLp4RbW8nYcQz7vT2mK9xLp4RbW8nYc==",
        "image: registry/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "checksum/secret: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "uid: 3f2b8c1e-6d4a-4b7f-9e21-08c5d7a1b2c3",
        "description = \"The password of the database\"",
    ] {
        check_nothing(text);
    }
}

#[test]
fn half_a_text_is_no_trouble() {
    for text in [
        "password",
        "password:",
        "password=\"",
        "password: |",
        "password: |\n",
        "name: token\n",
    ] {
        check_nothing(text);
    }
    check_nothing(&"password".repeat(10_000));
    check_nothing(&format!("password: \"{}", "é".repeat(5_000)));
}
