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
        "{ apiKey :'@', }",
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
        "env: [{name: API_KEY, value: @}]",
        "env: [{value: 1, name: A}, {name: API_KEY, value: @}]\n",
        "db: [{api_key: @}]",
        "- name: \"API_KEY\"\n  value: \"@\"\n",
        "{\"name\": \"API_KEY\", \"value\": \"@\"}",
        "name  = \"API_KEY\"\nvalue = \"@\"",
        "<apiKey>@</apiKey>",
        "password: |\n  @\n",
        "args: [\"--password=@\"]",
        "\\\"token\\\": \\\"@\\\"",
        "production:\n  secret_key_base: @\n",
        "const password: string = \"@\";",
        "password: str = \"@\"",
        "password: str | None = '@'",
        "var password string = \"@\"",
        "const API_TOKEN: &str = \"@\";",
        "static API_TOKEN: &'static str = \"@\";",
        "val password: String = \"@\"",
        "const t = process.env.API_TOKEN || \"@\";",
        "const t = import.meta.env.API_TOKEN ?? '@'",
        "os.environ.get(\"API_TOKEN\", \"@\")",
        "env('DB_PASSWORD', '@')",
        "utils.GetEnvOrDefault(\"API_TOKEN\", \"@\")",
        "password: &pw @",
        "password: !!str \"@\"\n",
        "password: &pw !!str @\n",
        "API_KEY ?= @\n",
        "API_KEY ::= @\n",
        "API_KEY :::= @\n",
        "$apiKey .= \"@\";",
        "api_key += '@'",
        "api_key ||= '@'",
        "apiKey ??= `@`",
        "SetEnv API_KEY @\n",
        "fastcgi_param API_KEY @;\n",
        "  proxy_set_header X-Api-Key \"@\";\n",
        "setx API_KEY @\r\n",
        "{\"api_key\":\n  \"@\"}",
        "api_key:\n  @\n",
        "- apiKey:\r\n    '@'\r\n",
    ] {
        check(&template.replace('@', VALUE), VALUE);
    }
    check_password("DB_PASSWORD ?= changeme\n", "changeme");
    for text in [
        "fastcgi_param API_KEY $api_key;",
        "reset API_KEY Qz7vT2mK9xLp4RbW8nYc\n",
        "password:\n  changeme\n",
        "password:\n- Qz7vT2mK9xLp4RbW8nYc\n",
        "password:\n  name: Qz7vT2mK9xLp4RbW8nYc\n",
        "if password:\n  \"Qz7vT2mK9xLp4RbW8nYc\"",
        "password += suffix",
        "API_KEY ?= $(shell cat key)",
        "password ? Qz7vT2mK9xLp4RbW8nYc : a",
    ] {
        check_nothing(text);
    }
}

#[test]
fn the_text_of_an_element_is_read() {
    for template in [
        "<password>@</password>",
        "<password>  @  </password>",
        "<password>\n    @\n</password>",
        "<password type=\"plain\">@</password>",
        "<wsse:Password Type=\"a#PasswordText\">@</wsse:Password>",
    ] {
        check(&template.replace('@', VALUE), VALUE);
        check_password(&template.replace('@', "changeme"), "changeme");
        check_nothing(&template.replace('@', ""));
        check_nothing(&template.replace('@', "${env.PASSWORD}"));
    }
    for text in [
        "<password/>changeme<a>",
        "<password name=\"a\"/>changeme<a>",
        "<password><a>changeme</a></password>",
        "a < password > changeme <",
        "re.compile(r'^(?P<secret>[a-zA-Z0-9-_]+):(?P<version>[0-9]+)$')",
        "/(?<token>[A-Za-z0-9_-]{20,})@(?<host>.+)/",
    ] {
        check_nothing(text);
    }
}

#[test]
fn elements_that_name_values_are_read() {
    for template in [
        "<property>\n  <name>javax.jdo.option.ConnectionPassword</name>\n  <value>@</value>\n</property>",
        "<param-name>db.password</param-name>\n<param-value>@</param-value>",
        "<property name=\"hibernate.connection.password\">@</property>",
        "<property name='connection.password' type='a'>\n  @\n</property>",
        "<prop key=\"mail.smtp.password\">@</prop>",
        "<entry key=\"db.password\">@</entry>",
        "<setting name=\"Password\" serializeAs=\"String\">\n  <value>@</value>\n</setting>",
        "<property name=\"password\">\n  <value>@</value>\n</property>",
        "<property name=\"password\" value=\"@\"/>",
        "<add key=\"db_password\" value=\"@\" />",
    ] {
        check(&template.replace('@', VALUE), VALUE);
        check_password(&template.replace('@', "changeme"), "changeme");
        check_nothing(&template.replace('@', ""));
        check_nothing(&template.replace('@', "${env.PASSWORD}"));
    }
    for template in [
        "<key>Password</key>\n<string>@</string>",
        "<string name=\"password\">@</string>",
        "<data name=\"Password\" xml:space=\"preserve\">\n  <value>@</value>\n</data>",
    ] {
        check(&template.replace('@', VALUE), VALUE);
        check_nothing(&template.replace('@', "Passwort"));
    }
    for text in [
        "<name>password</name><description>changeme</description>",
        "<name>password</name><value/>\n<name>a</name><value>changeme</value>",
        "<name>password.length</name><value>Qz7vT2mK9xLp4RbW8nYc</value>",
        "<property name=\"password\"/>changeme<a>",
        "<property name=\"password\"><a>changeme</a></property>",
        "<label for=\"password\">changeme</label>",
        "<input name=\"password\" placeholder=\"Password\">Secret1<br>",
    ] {
        check_nothing(text);
    }
}

#[test]
fn directives_that_begin_their_line_are_read() {
    for template in [
        "<match **>\n  user fluent\n  password ~\n</match>",
        "[OUTPUT]\n    Name        es\n    HTTP_User   fluent\n    HTTP_Passwd ~\n",
        "account shop\nhost smtp.shop.org\nuser mail\nfrom shop@shop.org\npassword ~",
        "remote_username bridge\nremote_password ~\r\n",
        "  password \"~\"\n  username \"shop\"\n",
        "login shop;\npassword '~';\n",
    ] {
        check(&template.replace('~', VALUE), VALUE);
        check_password(&template.replace('~', "changeme"), "changeme");
    }
    check_password("user root\npassword rootpass\n", "rootpass");
    check("user root\npassword a1/b2c3d4\n", "a1/b2c3d4");
    check(
        "AuthLDAPBindPassword @\n".replace('@', VALUE).as_str(),
        VALUE,
    );
    check(
        "key \"a\" {\n  secret \"@\";\n};"
            .replace('@', VALUE)
            .as_str(),
        VALUE,
    );
    for text in [
        "password changeme\n",
        "password required\n",
        "  password \"changeme\"\n",
        "the password changeme\nuser shop\n",
        "type A struct {\n\tUsername string\n\tPassword string\n}",
        "user TEXT,\npassword TEXT,\n",
        "username Text\npassword SecretString\n",
        "username citext,\npassword citext\n",
        "credentials {\n  username nexusUsername\n  password nexusPassword\n}\n",
        "login user\npassword REPO_PW\n",
        "user shop\npassword changeme and more\n",
        "user shop\n\n\n\n\npassword changeme\n",
        "user shop\npassword $PASSWORD\n",
        "user shop\npassword_file /etc/password\n",
        "user changeme\npassword changeme\n",
        "import (\n\tsecret \"k8s.io/api/core/v1\"\n)",
        "  token \"github.com/Shop/token2/v3\"\n",
        "  token \"encoding/base64\"\n",
    ] {
        check_nothing(text);
    }
}

#[test]
fn names_beside_values_are_read() {
    for template in [
        "{\"Key\": \"DB_PASSWORD\", \"Value\": \"@\"}",
        "[{\"ParameterKey\":\"DBPassword\",\"ParameterValue\":\"@\"}]",
        "- ParameterKey: DBPassword\n  ParameterValue: @\n",
        "{\n  \"name\": \"DB_PASSWORD\",\n  \"type\": \"x\",\n  \"value\": \"@\"\n}",
        "{\"name\":\"DB_PASSWORD\",\"slotSetting\":false,\"type\":null,\"value\":\"@\"}",
        "name  = \"DB_PASSWORD\"\ntype  = \"string\"\nvalue = \"@\"",
        "define('DB_PASSWORD', '@');",
        "define( \"DB_PASSWORD\", \"@\" );",
        "os.Setenv(\"DB_PASSWORD\", \"@\")",
        "System.setProperty(\"db.password\",\n  \"@\");",
        "Environment.SetEnvironmentVariable(\"DB_PASSWORD\", \"@\");",
        "variable \"db_password\" {\n  type = string\n  default = \"@\"\n}\n",
        "variable \"db_password\" { default = \"@\" }",
        "CMD [\"app\", \"--db-password\", \"@\"]",
        "run([\"app\",\n  f(1),\n  '--db-password',\n  '@'])",
        "args:\n- --db-password\n- @\n",
        "args:\r\n  - \"--db-password\"\r\n  - \"@\"\r\n  - b\r\n",
    ] {
        check(&template.replace('@', VALUE), VALUE);
        check_password(&template.replace('@', "changeme"), "changeme");
        check_nothing(&template.replace('@', ""));
    }
    for template in [
        "{\"value\": \"@\", \"name\": \"SECRET_KEY\"}",
        "{\n  \"Value\": \"@\",\n  \"Key\": \"DB_PASSWORD\"\n}",
        "- value: @\n  name: DB_PASSWORD\n",
        "env:\r\n  - value: '@'\r\n    name: DB_PASSWORD\r\n",
        "curl -H \"X-Api-Key: @\" https://shop.org",
        "curl -H 'PRIVATE-TOKEN: @' https://shop.org",
        "\"curl -H \\\"X-Api-Key: @\\\"\"",
    ] {
        check(&template.replace('@', VALUE), VALUE);
        check_nothing(&template.replace('@', "password"));
    }
}

#[test]
fn names_beside_other_texts_are_nothing() {
    for text in [
        "[\"password\", \"changeme\"]",
        "getString(\"db.password\", \"changeme\")",
        "digest(\"password\", \"5f4dcc3b5aa765d61d8327deb882cf99\")",
        "define(\"password\", [\"changeme\"])",
        "define('DB_PASSWORD', getenv('PASSWORD'));",
        "add_argument(\"--password\", \"changeme\")",
        "[add_argument(\"--password\", \"changeme\")]",
        "[\"--password\", \"--password-file\"]",
        "- --password\n- --verbose\n",
        "- --password\n- \"--verbose\"\n",
        "- --password\n- $(PASSWORD)\n",
        "- - --password\n- changeme\n",
        "use --password\n- changeme\n",
        "[\"--password\", \"$PASSWORD\"]",
        "[\"-p\", {\"--password\", \"changeme\"}]",
        "variable \"db_password\" {\n  type = string\n}\nvariable \"a\" {\n  default = \"changeme\"\n}",
        "variable \"db_password\" {\n  default = \"\"\n}\n",
        "variable \"password_length\" {\n  default = \"Qz7vT2mK9xLp4RbW8nYc\"\n}\n",
        "- name: DB_PASSWORD\n  valueFrom: x\n- name: A\n  value: changeme\n",
        "[{\"name\":\"DB_PASSWORD\",\"type\":\"x\"},{\"name\":\"a\",\"value\":\"changeme\"}]",
        "[{\"value\":\"Qz7vT2mK9xLp4RbW8nYc\"},{\"name\":\"DB_PASSWORD\"}]",
        "- value: Qz7vT2mK9xLp4RbW8nYc\n- name: DB_PASSWORD\n  valueFrom: a\n",
        "<input name=\"password\" type=\"password\" value=\"changeme\">",
        "\"Password: incorrect\"",
        "\"token: not found\"",
        "'password: hunter2'",
    ] {
        check_nothing(text);
    }
}

#[test]
fn accounts_of_databases_have_passwords() {
    for template in [
        "CREATE USER 'a'@'%' IDENTIFIED BY '~';",
        "create user if not exists a identified by '~'",
        "ALTER ROLE app WITH PASSWORD '~';",
        "CREATE ROLE app\n  WITH LOGIN ENCRYPTED PASSWORD '~';",
        "CREATE OR REPLACE USER a IDENTIFIED WITH mysql_native_password BY '~'",
        "GRANT ALL ON app.* TO 'a'@'%' IDENTIFIED BY '~'",
        "psql -c \"CREATE USER app WITH PASSWORD '~'\"",
    ] {
        check(&template.replace('~', VALUE), VALUE);
        check_password(&template.replace('~', "changeme"), "changeme");
        for hole in [
            "",
            "%s",
            "$1",
            "${PASSWORD}",
            "' + password + '",
            ":password",
            "{}",
            "****",
        ] {
            check_nothing(&template.replace('~', hole));
        }
    }
    for text in [
        "the user identified by 'hunter2'",
        "create a user with password 'hunter2'",
        "wrong password 'hunter2'",
        "ALTER ROLE app PASSWORD 'md52470c0c06dee42fd1618bb99005adca2'",
        "CREATE USER a; -- password 'hunter2'",
        "CREATE USER a IDENTIFIED BY PASSWORD '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'",
    ] {
        check_nothing(text);
    }
}

#[test]
fn names_of_entries_promise_little() {
    for template in [
        "pass: @\n",
        "dbPass = \"@\"",
        "{user: a, pass: \"@\"}",
        "WIFI_PSK=@",
        "GITHUB_PAT=@",
        "creds = \"@\"",
        "db_pw: @\n",
        "pw=@",
        "APP_KEY=base64:@",
        "sessionKey: \"@\"",
        "SSH_DEPLOY_KEY=@",
        "encrypt_key: @\n",
    ] {
        let value = if template.contains(":@") {
            "base64:@"
        } else {
            "@"
        };
        check(&template.replace('@', VALUE), &value.replace('@', VALUE));
    }
    check_password("dbpass: hunter2\n", "hunter2");
    for text in [
        "PASS: check-3.sh",
        "PASS: 12\n",
        "pass: true\n",
        "session_key = \"user:%s:v1\"",
        "app_key: \"app-1234\"",
        "file_pat = \"^[0-9]+-[a-z]+[.]log$\"",
        "ssh_key: \"AAAAB3NzaC1yc2EAAAADAQABAAABgQC7vT2mK9xLp4RbW8nYc\"",
        "monkey: Qz7vT2mK9xLp4RbW8nYc",
        "primary_key: Qz7vT2mK9xLp4RbW8nYc",
        "passage: Qz7vT2mK9xLp4RbW8nYc",
    ] {
        check_nothing(text);
    }
}

#[test]
fn identifiers_in_headers_are_a_hint() {
    let value = "3f2b8c1e-6d4a-4b7f-9e21-08c5d7a1b2c3";
    check_password(&format!("curl -H \"X-Api-Key: {value}\""), value);
    check_nothing("curl -H \"X-Api-Key: my-key-name\"");
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
fn settings_without_quotes_are_read() {
    for text in [
        "password = kT7wq2Lm9xZ4\n",
        "db.password = 8f3b9c1d27e8\n",
        "db.password = Winterabend47Xqz\n",
        "api_key = test_f21b943fb14e8223959609ecc72bdf2390d\n",
    ] {
        let (_, value) = text.trim_end().split_once(" = ").unwrap();
        check(text, value);
    }
    for before in [
        "[server]\n",
        "[server]\r\nuser = bob\r\n",
        "; of the shop\n[a b]\n# c\n\n; d = e\nuser: bob\n  ",
    ] {
        check_password(&format!("{before}password = changeme\n"), "changeme");
        check_password(&format!("{before}password = old_secret1"), "old_secret1");
    }
    for text in [
        "[Serializable]\nclass A {\npassword = changeme\n",
        "[Serializable]\npassword = changeme;\n",
        "[1, 2]\npassword = changeme\n",
        "[a]\nuser = f();\npassword = changeme\n",
        "[a]\nif x: password = changeme\n",
        "[a]\npassword = changeme and more\n",
        "password = changeme\n",
        "password = utf8ToUtf16\n",
        "password = md5sum2\n",
        "password = x509v3Cert\n",
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
        "fn open(token: &mut TokenReader, password: &str) -> bool {",
        "struct A { token: &'a str, api_key: &mut Key1 }",
        "const password: string = \"\";",
        "password: str = os.environ[\"PASSWORD\"]",
        "password: string == \"Qz7vT2mK9xLp4RbW8nYc\"",
        "password: !Ref DatabasePassword",
        "process.env.API_TOKEN || usage()",
        "[ -n \"$token\" ] || \"Qz7vT2mK9xLp4RbW8nYc\"",
        "isToken || \"Qz7vT2mK9xLp4RbW8nYc\"",
        "open(path, pwd=pwd)",
        "load(certificate, key_password=password)",
        "    certificate=certificate, password=password\n",
        "// ClientCredentials: ClientCredentials.\n",
        "TransportCreds: transportCredsForS2A,\n",
        "c.v1debugtoken2 = v1debugtoken2\n",
        "app --password -p --user a",
        "app --ask-password --full",
        "use --username and --password for a login\n",
        "[\"--username or --password flag.\"]",
        "docker build --secret id=API_KEY1,env=API_KEY .",
        "s = append(s, \"Token: \"+fmt.Sprintf(\"%#v1\", a))",
        "append(os.Environ(), \"PWD=\"+cmd.Dir1, \"A=b\")",
        "connect('password='+password1+';a=b')",
        "a${PWD:-000}b",
        "[b](https://shop.org/graph/badge.svg?token=2HyUy96elu)",
        "SIOCSLIFTOKEN = -0x7f879679\n",
        "var X509ParsePrivateKey = v1.X509ParsePrivateKey\n",
        "passwd:         files\n",
        "  \"parse-passwd\": \"^1.0.0\"",
    ] {
        check_nothing(text);
    }
}

#[test]
fn random_passwords_have_signs_of_code() {
    for value in ["aB3$x9Kq7LmZ2", "aB3$(x9Kq7LmZ2", "kT7[wq2*Lm9{xZ4"] {
        check(&format!("password: {value}\n"), value);
        check(&format!("DB_PASSWORD={value}\n"), value);
        check(&format!("password: '{value}'\n"), value);
    }
    check("password: \"aB3${x9Kq7LmZ2\"", "aB3${x9Kq7LmZ2");
    for text in [
        "password: ${DB1_Password\n",
        "password: users[0].Password1\n",
        "DB_PASSWORD=$(pwgen -s 20)",
        "DB_PASSWORD=$dbPassword1\n",
        "password = f(x[1], Y2)\n",
    ] {
        check_nothing(text);
    }
}

#[test]
fn whose_a_secret_is_may_stand_behind_it() {
    for name in ["PASSWORD_DB", "TOKEN_GITHUB", "OPENAI_KEY", "REDIS_AUTH"] {
        check(&format!("{name}={VALUE}\n"), VALUE);
    }
    check_password("PASSWORD_DB=changeme\n", "changeme");
    check_password("ROOT_PWD_PROD: changeme\n", "changeme");
    for text in [
        "OPENAI_KEY=changeme\n",
        "STRIPE_KEY=pk_live_Qz7vT2mK9xLp4RbW8nYc",
        "REDIS_AUTH=enabled\n",
        "token_url_github: https://login.shop.org/oauth\n",
    ] {
        check_nothing(text);
    }
}

#[test]
fn long_values_are_read() {
    let value = VALUE.repeat(150);
    check(&format!("privateKey: {value}\n"), &value);
    check(&format!("{{\"private_key\": \"{value}\"}}"), &value);
    check(&format!("PRIVATE_KEY={value} app"), &value);
    check_nothing(&format!("privateKey: {}\n", VALUE.repeat(300)));
}

#[test]
fn sealed_values_are_nothing() {
    for template in [
        "kind: SealedSecret\nspec:\n  encryptedData:\n    password: @\n",
        "spec:\n  encryptedData:\n    user: @\n\n    api-key: @\n  template:\n",
        "encryptedData: {password: @}",
        "{\"encryptedData\":{\"user\":\"@\",\"password\":\"@\"}}",
        "{\n  \"encryptedData\": {\n    \"password\": \"@\"\n  }\n}",
    ] {
        check_nothing(&template.replace('@', "AgBy8hCi8TgqVb41Lx90zKwQ"));
    }
    check(
        "  encryptedData:\n    a: b\n  password: AgBy8hCi8TgqVb41Lx90zKwQ",
        "AgBy8hCi8TgqVb41Lx90zKwQ",
    );
    check(
        "{encryptedData: {}, password: AgBy8hCi8TgqVb41Lx90zKwQ}",
        "AgBy8hCi8TgqVb41Lx90zKwQ",
    );
}

#[test]
fn braces_of_a_map_are_no_part_of_its_values() {
    check(
        "- {name: API_KEY, value: @}".replace('@', VALUE).as_str(),
        VALUE,
    );
    check("{a: {api_key: @}}".replace('@', VALUE).as_str(), VALUE);
    check_password("password: }a1b2}b\n", "}a1b2}b");
    for text in [
        "- {name: GOOGLE_APPLICATION_CREDENTIALS, value: /var/secrets/google/key.json}",
        "{password: }",
        "{password: {}}",
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

#[test]
fn several_secrets_in_one_value_are_read() {
    let two = format!("{VALUE},x9{VALUE}");
    check(&format!("API_KEYS={two}\n"), &two);
    check(&format!("API_KEYS: \"{two}\"\n"), &two);
    check(&format!("TOKENS={VALUE}\n"), VALUE);
    for text in [
        "max_tokens: 4096",
        "secrets: inherit",
        "tokens = tokenizer.encode(text), 20",
        "API_KEYS=alpha,beta",
        "tokens: [a, b]",
        "\"secrets\": \"k8s:enc:kms:v1:another-kms:\",",
        "--hard=pods=2,secrets=5,persistentvolumeclaims=10",
    ] {
        check_nothing(text);
    }
}

#[test]
fn a_property_may_be_called_as_its_value() {
    check_password("spring.datasource.password=password\n", "password");
    check_password(
        "spring.datasource.password=${DB_PASSWORD:postgres}\n",
        "postgres",
    );
    check(
        &format!("@Value(\"${{jwt.secret:{VALUE}}}\") String s;"),
        VALUE,
    );
    for text in [
        "this.config.password=password\n",
        "self.db.password=password\n",
        "config.password=password\n",
        "a.config.password = password\n",
        "a.config.password=password;\n",
        "echo ${PASSWORD:0:4} ${PASSWORD:at}",
    ] {
        check_nothing(text);
    }
}

#[test]
fn a_value_one_level_below_the_name_is_read() {
    for template in [
        "{\"parameters\":{\"adminPassword\":{\"value\":\"@\"}}}",
        "\"adminPassword\": {\n  \"type\": \"securestring\",\n  \"defaultValue\": \"@\"\n}",
        "param adminPassword string = '@'\n",
        "Parameters:\n  DbPassword:\n    Type: String\n    NoEcho: true\n    Default: @\n",
        "variables:\n  DEPLOY_TOKEN:\n    value: \"@\"\n    description: of the shop\n",
        "inputs:\n  token:\n    description: a token of the shop\n    default: @\n",
    ] {
        check(&template.replace('@', VALUE), VALUE);
    }
    for text in [
        "inputs:\n  token:\n    default: ${{ github.token }}\n",
        "password:\n  type: string\ndefault: Qz7vT2mK9xLp4RbW8nYc\n",
        "a:\n  password:\n    type: string\n  default: Qz7vT2mK9xLp4RbW8nYc\n",
        "password:\n  a:\n    default: Qz7vT2mK9xLp4RbW8nYc\n",
        "\"password\": {\"type\": \"string\", \"default\": \"secret\"}",
        "\"token\": {\"value\": \"spacing.large\"}",
    ] {
        check_nothing(text);
    }
}

#[test]
fn texts_of_programs_are_read() {
    for template in [
        "SECRET_KEY = config(\"SECRET_KEY\", default=\"@\")",
        "p = env('DB_PASSWORD', default='@')",
        "p = os.getenv(\"DB_PASSWORD\") or \"@\"",
        "p = os.environ.get('DB_PASSWORD') or '@'",
        "SECRET_KEY = b\"@\"",
        "password = r\"@\"",
        "string password = @\"@\";",
        "ds.setPassword(\"@\");",
        "var secretKey = []byte(\"@\")",
        "ALTER LOGIN app WITH PASSWORD = N'@'",
    ] {
        let text = template.replace("@\"@", "@\"#").replace('@', "#");
        let text = text.replace("= #\"", "= @\"").replace('#', VALUE);
        check(&text, VALUE);
    }
    for text in [
        "const PASSWORD: &[u8] = b\"hunter2\";",
        "let secret = b\"\\x9b\\xbe\\x43\\x6b\\xa9\\x40\\xf0\\x17\\xb1\";",
        "password := []byte(\"supersecret\")",
        "key.sharedKey = []byte(\"0123456789abcdef\")",
        "jsonnet_token = r'[^\\W\\d]\\w*'",
        "user.setPassword(password)",
        "user.setPassword(\"password\")",
        "t(\"DB_PASSWORD\") or \"Qz7vT2mK9xLp4RbW8nYc\"",
        "os.getenv(\"DB_PASSWORD\") or fallback",
        "ALTER ROLE app WITH PASSWORD :'pw'",
        "page.setPassword(\"#password-2\");",
        "confirmPassword: { value: 'Confirm1!' }",
        "s3_key = \"5f4dcc3b5aa765d61d8327deb882cf99\"",
        "login.form.password=password\n",
        "ui.placeholder.password=password\n",
    ] {
        check_nothing(text);
    }
}

#[test]
fn passwords_of_oracle_are_read() {
    check(
        &format!("CREATE USER app IDENTIFIED BY \"{VALUE}\";"),
        VALUE,
    );
    check(&format!("ALTER USER app IDENTIFIED BY {VALUE};\n"), VALUE);
    for text in [
        "CREATE USER app IDENTIFIED BY password;",
        "CREATE USER app IDENTIFIED BY &password1;",
        "CREATE USER app IDENTIFIED BY :password1;",
        "a set identified by \"Qz7vT2mK9xLp4RbW8nYc\"",
    ] {
        check_nothing(text);
    }
}
