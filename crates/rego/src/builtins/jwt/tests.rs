//! The examples of RFC 7515 (appendix A) and RFC 8037 (appendix A).

use super::*;
use crate::builtins::{Caches, NoHost, lookup};

fn call(builtin: &str, operands: &[Value]) -> Answer {
    let caches = Caches::default();
    let mut context = Context::new(&caches, &NoHost, 1_300_819_000_000_000_000, 0, 1_000_000);
    lookup(builtin).unwrap().call(&mut context, operands)
}

const HS256: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const HS256_KEY: &str = r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const ES256_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const RS256: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const RS256_KEY: &str = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#;
const EDDSA: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
const EDDSA_KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

#[test]
fn good_signatures_are_good_and_others_are_not() {
    for (builtin, token, key) in [
        ("io.jwt.verify_es256", ES256, ES256_KEY),
        ("io.jwt.verify_rs256", RS256, RS256_KEY),
        ("io.jwt.verify_eddsa", EDDSA, EDDSA_KEY),
    ] {
        let operands = [Value::from(token), Value::from(key)];
        assert_eq!(
            call(builtin, &operands).unwrap(),
            Some(Value::Bool(true)),
            "{builtin}"
        );
        let (start, signature) = token.rsplit_once('.').unwrap();
        let letter = if signature.starts_with('A') { "B" } else { "A" };
        let forged = format!("{start}.{letter}{}", &signature[1..]);
        let operands = [Value::from(&*forged), Value::from(key)];
        assert_eq!(
            call(builtin, &operands).unwrap(),
            Some(Value::Bool(false)),
            "{builtin}"
        );
    }
}

#[test]
fn claims_are_checked() {
    let verdict = |constraints: &str| {
        let constraints = Value::from_json_text(constraints.as_bytes()).unwrap();
        let answer = call("io.jwt.decode_verify", &[Value::from(HS256), constraints]);
        let Some(Value::Array(items)) = answer.unwrap() else {
            panic!("no array")
        };
        items[0].clone()
    };
    let key = serde_json::Value::from(HS256_KEY).to_string();
    for (more, expected) in [
        ("", true),
        (r#", "iss": "joe""#, true),
        (r#", "iss": "ann""#, false),
        (r#", "alg": "HS512""#, false),
        (r#", "aud": "x""#, false),
        (r#", "time": 1300819380000000000"#, false),
        (r#", "time": 1300819379000000000"#, true),
    ] {
        let constraints = format!(r#"{{"cert": {key}{more}}}"#);
        assert_eq!(verdict(&constraints), Value::Bool(expected), "{more}");
    }
}

#[test]
fn tokens_are_signed_with_secrets() {
    let header = Value::from("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}");
    let payload = Value::from(
        "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}",
    );
    let signed = call(
        "io.jwt.encode_sign_raw",
        &[header, payload, Value::from(HS256_KEY)],
    );
    assert_eq!(signed.unwrap(), Some(Value::from(HS256)));
}
