//! The HTTP API as a client sees it.

use std::time::Duration;

use serde_json::{Value, json};

/// A client of one desk with one token.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    token: Option<String>,
    language: String,
    client: reqwest::blocking::Client,
}

/// An answer, its body read as JSON where it is that.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub bytes: Vec<u8>,
    pub media_type: String,
    pub etag: Option<String>,
    pub retry_after: Option<String>,
}

impl Api {
    pub fn new(base: impl Into<String>, token: Option<String>) -> Self {
        let client = reqwest::blocking::Client::builder().timeout(Duration::from_secs(60)).build().expect("a plain client");
        Api { base: base.into(), token, language: "en".to_owned(), client }
    }

    /// The same client reading another language.
    pub fn reading(&self, language: &str) -> Api {
        Api { language: language.to_owned(), ..self.clone() }
    }

    /// The same client with another token, or with none.
    pub fn with_token(&self, token: Option<String>) -> Api {
        Api { token, ..self.clone() }
    }

    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, &[]).expect("the desk answers")
    }

    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body), &[]).expect("the desk answers")
    }

    pub fn post_with(&self, path: &str, body: Value, headers: &[(&str, &str)]) -> Answer {
        self.send("POST", path, Some(body), headers).expect("the desk answers")
    }

    pub fn patch(&self, path: &str, body: Value, headers: &[(&str, &str)]) -> Answer {
        self.send("PATCH", path, Some(body), headers).expect("the desk answers")
    }

    /// Sends a request and gives back the transport's error, for suites in which the desk may be gone.
    pub fn send(&self, method: &str, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> reqwest::Result<Answer> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.client.request(method, format!("{}{path}", self.base)).header("accept-language", &self.language);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send()?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (media_type, etag, retry_after) = (header("content-type").unwrap_or_default(), header("etag"), header("retry-after"));
        let status = response.status().as_u16();
        let bytes = response.bytes()?.to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { status, body, bytes, media_type, etag, retry_after })
    }

    /// Receives a letter and returns its record.
    pub fn receive(&self, addressee: &str, received_on: &str) -> Value {
        let letter =
            json!({"addressee": addressee, "kind": "letter", "destination": "staff-passage", "received_on": received_on});
        self.post("/api/v1/records/letters.letter", letter).expect(201).body
    }
}

impl Answer {
    /// Fails the test unless the status is the one promised.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// Fails the test unless the answer is a problem of this code; returns its body.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.media_type, "application/problem+json", "{}", String::from_utf8_lossy(&self.bytes));
        let answer = self.expect(status);
        assert_eq!(answer.body["code"], code, "{}", answer.body);
        answer.body
    }

    /// A text member of the body.
    #[track_caller]
    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }
}
