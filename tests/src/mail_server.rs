//! A mail server on loopback that takes mail, refuses recipients and hesitates on command.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// A mail as it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub to: Vec<String>,
    /// Head and body, as they came.
    pub text: String,
}

/// It is there once it was started; the address is its own before that.
#[derive(Debug)]
pub struct MailServer {
    pub address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    taken: Mutex<Vec<Mail>>,
    words: Mutex<Vec<String>>,
    strangers: Mutex<Vec<String>>,
    hesitates: Mutex<bool>,
    goes_on: Condvar,
}

impl Mail {
    /// A line of the head.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.text.lines().take_while(|line| !line.is_empty());
        head.filter_map(|line| line.split_once(": ")).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body as people read it, whichever way it was encoded.
    pub fn decoded(&self) -> String {
        let (_, body) = self.text.split_once("\n\n").unwrap_or_default();
        let bytes = match self.header("content-transfer-encoding") {
            Some("base64") => from_base64(body),
            Some("quoted-printable") => from_quoted_printable(body),
            _ => body.as_bytes().to_vec(),
        };
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Default for MailServer {
    fn default() -> Self {
        MailServer::new()
    }
}

impl MailServer {
    /// A server that nobody reaches yet.
    pub fn new() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        MailServer { address, state: Arc::default() }
    }

    /// A server that listens.
    pub fn started() -> Self {
        let server = MailServer::new();
        server.start();
        server
    }

    pub fn start(&self) {
        let listener = TcpListener::bind(self.address).expect("the server's own port");
        let state = self.state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let state = state.clone();
                // A client that is gone ends its own conversation.
                std::thread::spawn(move || converse(&client, &state));
            }
        });
    }

    /// Knows nobody of this name from now on.
    pub fn forget(&self, recipient: &str) {
        self.state.strangers.lock().expect("no thread panics with it").push(recipient.to_owned());
    }

    /// Takes mail and keeps the word that it did to itself, until it may go on.
    pub fn hesitate(&self, hesitates: bool) {
        *self.state.hesitates.lock().expect("no thread panics with it") = hesitates;
        self.state.goes_on.notify_all();
    }

    /// What clients have said so far, a word a line: `EHLO`, `MAIL` …
    pub fn words(&self) -> Vec<String> {
        self.state.words.lock().expect("no thread panics with it").clone()
    }

    /// The mail so far, oldest first.
    pub fn taken(&self) -> Vec<Mail> {
        self.state.taken.lock().expect("no thread panics with it").clone()
    }
}

fn converse(client: &TcpStream, state: &State) -> std::io::Result<()> {
    let mut lines = BufReader::new(client).lines();
    let mut client = client;
    let mut say = |answer: &str| client.write_all(format!("{answer}\r\n").as_bytes());
    let mut to = Vec::new();
    say("220 mail.mall.example")?;
    while let Some(line) = lines.next().transpose()? {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        state.words.lock().expect("no thread panics with it").push(word.clone());
        match word.as_str() {
            "RCPT" => {
                let recipient = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                if state.strangers.lock().expect("no thread panics with it").contains(&recipient) {
                    say("550 5.1.1 no such user here")?;
                } else {
                    to.push(recipient);
                    say("250 ok")?;
                }
            }
            "DATA" => {
                say("354 go ahead")?;
                let text = lines.by_ref().map_while(Result::ok).take_while(|line| line != ".").collect::<Vec<_>>().join("\n");
                let mail = Mail { to: std::mem::take(&mut to), text };
                state.taken.lock().expect("no thread panics with it").push(mail);
                let hesitates = state.hesitates.lock().expect("no thread panics with it");
                drop(state.goes_on.wait_while(hesitates, |hesitates| *hesitates));
                say("250 taken")?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 ok")?,
        }
    }
    Ok(())
}

fn from_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u32> =
        text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte)).map(|n| n as u32).collect();
    let mut bytes = Vec::new();
    for four in digits.chunks(4) {
        let bits = four.iter().enumerate().fold(0, |bits, (at, digit)| bits | digit << (18 - 6 * at));
        bytes.extend(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}

fn from_quoted_printable(text: &str) -> Vec<u8> {
    let joined = text.replace("=\n", "");
    let mut pieces = joined.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2).unwrap_or_default();
        bytes.extend(u8::from_str_radix(code, 16).ok());
        bytes.extend(rest.as_bytes());
    }
    bytes
}
