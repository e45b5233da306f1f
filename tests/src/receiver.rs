//! An address on loopback that takes posts, and answers each with the next status it was told.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A post as it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

#[derive(Debug)]
pub struct Receiver {
    pub address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    taken: Mutex<Vec<Post>>,
    answers: Mutex<VecDeque<u16>>,
}

impl Post {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

impl Default for Receiver {
    fn default() -> Self {
        Receiver::new()
    }
}

impl Receiver {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let receiver = Receiver { address: listener.local_addr().expect("its address"), state: Arc::default() };
        let state = receiver.state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let state = state.clone();
                std::thread::spawn(move || take(&client, &state));
            }
        });
        receiver
    }

    /// Answers the next posts with these, and all after them with 200.
    pub fn answer(&self, statuses: impl IntoIterator<Item = u16>) {
        self.state.answers.lock().expect("no thread panics with it").extend(statuses);
    }

    /// The posts so far, oldest first.
    pub fn taken(&self) -> Vec<Post> {
        self.state.taken.lock().expect("no thread panics with it").clone()
    }
}

fn take(client: &TcpStream, state: &State) -> std::io::Result<()> {
    let mut reader = BufReader::new(client);
    let mut lines = reader.by_ref().lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let head = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
    let split = |line: String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<(String, String)> = head.filter_map(split).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, length)| length.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    state.taken.lock().expect("no thread panics with it").push(Post { path, headers, body });
    let status = state.answers.lock().expect("no thread panics with it").pop_front().unwrap_or(200);
    let mut client = client;
    client.write_all(format!("HTTP/1.1 {status} told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes())
}
