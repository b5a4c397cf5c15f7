//! `io.jwt.decode_verify`: a token's signature and what it claims, in one step.

use std::sync::Arc;

use super::{
    Algorithm, Answer, BuiltinError, Context, Operands, Token, decode_base64_url, failed,
    json_object, keys, list, part, wrong_type,
};
use crate::{Number, Object, Value};

/// What a header says, as far as it matters here.
#[derive(Default)]
pub(super) struct Header {
    pub(super) algorithm: String,
    pub(super) key_id: String,
    content_type: String,
    /// Whether it asks for something nobody here knows.
    is_critical: bool,
}

impl Header {
    pub(super) fn new(fields: &Object) -> Result<Self, BuiltinError> {
        let mut header = Self::default();
        let mut critical: Vec<&str> = Vec::new();
        let mut unknown: Vec<&str> = Vec::new();
        for (key, value) in fields.entries() {
            let key = key.as_str().unwrap_or_default();
            let string = || {
                value
                    .as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| failed(format!("{key}: must be a string")))
            };
            match key {
                "alg" => header.algorithm = string()?,
                "kid" => header.key_id = string()?,
                "cty" => header.content_type = string()?,
                "typ" => {
                    string()?;
                }
                "crit" => {
                    let Value::Array(names) = value else {
                        return Err(failed("crit: must be a list"));
                    };
                    // What follows a member that is no string is not looked at.
                    critical = names.iter().map_while(Value::as_str).collect();
                    if critical.is_empty() {
                        return Err(failed("crit: must be a nonempty list"));
                    }
                }
                other => unknown.push(other),
            }
        }
        header.is_critical = unknown.iter().any(|name| critical.contains(name));
        Ok(header)
    }
}

/// What is asked of a token.
#[derive(Default)]
struct Constraints {
    keys: Option<Vec<keys::Verifying>>,
    secret: String,
    algorithm: String,
    issuer: String,
    audience: String,
    /// Nanoseconds since 1970.
    time: Option<f64>,
}

impl Constraints {
    fn new(object: &Object) -> Result<Self, BuiltinError> {
        let mut constraints = Self::default();
        for (key, value) in object.entries() {
            let Value::String(name) = key else {
                return Err(BuiltinError::halt(
                    "io.jwt.decode_verify: a key is no string",
                ));
            };
            let string = || {
                value
                    .as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| failed(format!("{name} constraint: must be a string")))
            };
            match &**name {
                "cert" => constraints.keys = Some(keys::read(&string()?)?),
                "secret" => constraints.secret = string()?,
                "alg" => constraints.algorithm = string()?,
                "iss" => constraints.issuer = string()?,
                "aud" => constraints.audience = string()?,
                "time" => {
                    let Value::Number(time) = value else {
                        return Err(failed("token time constraint: must be a number"));
                    };
                    let time = time.as_f64();
                    if !time.is_finite() {
                        return Err(failed("token time constraint: unvalid float64"));
                    }
                    if time < 0.0 {
                        return Err(failed("token time constraint: must not be negative"));
                    }
                    constraints.time = Some(time);
                }
                other => {
                    return Err(failed(format!(
                        "unknown token validation constraint: {other}"
                    )));
                }
            }
        }
        match (&constraints.keys, constraints.secret.is_empty()) {
            (Some(_), false) => Err(failed("duplicate key constraints")),
            (None, true) => Err(failed("no key constraint")),
            _ => Ok(constraints),
        }
    }

    /// Whether the signature is one of the keys, or of the secret.
    fn is_signed(
        &self,
        header: &Header,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<bool, BuiltinError> {
        let Some(algorithm) = Algorithm::named(&header.algorithm) else {
            return Ok(false);
        };
        let Some(keys) = &self.keys else {
            return Ok(algorithm.verify_secret(self.secret.as_bytes(), signed, signature));
        };
        let named = keys
            .iter()
            .find(|key| !header.key_id.is_empty() && key.id == header.key_id);
        if let Some(key) = named {
            return algorithm.verify_strictly(key, signed, signature);
        }
        for key in keys {
            let is_meant = key.algorithm.is_empty() || key.algorithm == header.algorithm;
            if is_meant && algorithm.verify_strictly(key, signed, signature)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn allows_audience(&self, audience: &Value) -> bool {
        let is_meant = |value: &Value| value.as_str() == Some(&self.audience);
        match audience {
            Value::Array(items) => items.iter().any(is_meant),
            one => is_meant(one),
        }
    }
}

fn unverified() -> Answer {
    let empty = || Value::Object(Arc::default());
    list(vec![Value::Bool(false), empty(), empty()])
}

pub(super) fn decode_verify(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let constraints = Constraints::new(operands.object(1)?)?;
    let mut text = match operands.value(0) {
        Value::String(text) => text.to_string(),
        other => return Err(wrong_type(0, other, &["string"])),
    };
    let (fields, payload) = loop {
        context.spend_bytes(text.len())?;
        context.spend(1_000)?;
        let token = Token::new(&text)?;
        let fields = token.header()?;
        let header = Header::new(&fields)?;
        if header.algorithm.is_empty() || header.is_critical {
            return unverified();
        }
        if !constraints.algorithm.is_empty() && constraints.algorithm != header.algorithm {
            return unverified();
        }
        let signature = decode_base64_url(token.signature)?;
        if !constraints.is_signed(&header, token.signed().as_bytes(), &signature)? {
            return unverified();
        }
        let payload = part("payload", token.payload)?;
        if !header.content_type.eq_ignore_ascii_case("JWT") {
            break (fields, payload);
        }
        text =
            String::from_utf8(payload).map_err(|_| failed("JWT payload had invalid encoding"))?;
    };
    let payload = json_object(&payload)?;
    // The time of the evaluation has far fewer digits than a floating point number.
    #[expect(
        clippy::cast_precision_loss,
        reason = "OPA rounds the time the same way"
    )]
    let now = constraints.time.unwrap_or(context.now_ns as f64);
    if !are_claims_good(&constraints, &payload, now / 1_000_000_000.0)? {
        return unverified();
    }
    list(vec![
        Value::Bool(true),
        Value::Object(fields),
        Value::Object(payload),
    ])
}

fn are_claims_good(
    constraints: &Constraints,
    payload: &Object,
    now: f64,
) -> Result<bool, BuiltinError> {
    if !constraints.issuer.is_empty() {
        match payload.get_str("iss") {
            Some(Value::String(issuer)) if **issuer == *constraints.issuer => {}
            Some(Value::String(_)) | None => return Ok(false),
            Some(_) => {
                return Err(BuiltinError::halt("io.jwt.decode_verify: iss is no string"));
            }
        }
    }
    let is_audience_good = match payload.get_str("aud") {
        Some(audience) => constraints.allows_audience(audience),
        None => constraints.audience.is_empty(),
    };
    if !is_audience_good {
        return Ok(false);
    }
    let now = Number::from_f64(now).ok_or_else(|| failed("the time is no number"))?;
    match payload.get_str("exp") {
        None => {}
        Some(Value::Number(end)) if now < *end => {}
        Some(Value::Number(_)) => return Ok(false),
        Some(_) => return Err(failed("exp value must be a number")),
    }
    match payload.get_str("nbf") {
        None => {}
        Some(Value::Number(start)) if now >= *start => {}
        Some(Value::Number(_)) => return Ok(false),
        Some(_) => return Err(failed("nbf value must be a number")),
    }
    Ok(true)
}
