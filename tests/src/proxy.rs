//! A TCP proxy that cuts, hangs and heals on command: the network between a desk and its database.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};

/// Passes bytes between a port of loopback and a Unix socket.
#[derive(Debug, Clone)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    line: Mutex<Line>,
    changed: Condvar,
    open: Mutex<Vec<TcpStream>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Passes,
    /// Bytes are taken and not passed on, in either direction.
    Hangs,
    /// Nobody answers.
    Cut,
}

impl Proxy {
    pub fn to(socket: PathBuf) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let proxy = Proxy { address: listener.local_addr().expect("its address"), state: Arc::default() };
        let state = proxy.state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let state = state.clone();
                let socket = socket.clone();
                std::thread::spawn(move || serve(&client, &socket, &state));
            }
        });
        proxy
    }

    /// The address of a database of the server behind it.
    pub fn url(&self, database: &str) -> String {
        let address = database.split_once('?').map_or(database, |(address, _)| address);
        let name = address.rsplit_once('/').map_or(address, |(_, name)| name);
        format!("postgres://desk@{}/{name}?sslmode=disable", self.address)
    }

    /// Ends every connection and takes no new one.
    pub fn cut(&self) {
        self.set(Line::Cut);
        for client in self.state.open.lock().expect("no thread panics with it").drain(..) {
            let _ = client.shutdown(Shutdown::Both);
        }
    }

    /// Lets bytes lie.
    pub fn hang(&self) {
        self.set(Line::Hangs);
    }

    /// Passes everything on again. What hung goes on where it was.
    pub fn heal(&self) {
        self.set(Line::Passes);
    }

    fn set(&self, line: Line) {
        *self.state.line.lock().expect("no thread panics with it") = line;
        self.state.changed.notify_all();
    }
}

impl State {
    /// Waits while the line hangs; says whether it passes.
    fn passes(&self) -> bool {
        let line = self.line.lock().expect("no thread panics with it");
        let line = self.changed.wait_while(line, |line| *line == Line::Hangs).expect("no thread panics with it");
        *line == Line::Passes
    }
}

fn serve(client: &TcpStream, socket: &PathBuf, state: &Arc<State>) {
    if !state.passes() {
        let _ = client.shutdown(Shutdown::Both);
        return;
    }
    let Ok(server) = UnixStream::connect(socket) else {
        let _ = client.shutdown(Shutdown::Both);
        return;
    };
    state.open.lock().expect("no thread panics with it").push(client.try_clone().expect("a second handle"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            pass(client, &server, state);
            let _ = server.shutdown(Shutdown::Both);
        });
        pass(&server, client, state);
        let _ = client.shutdown(Shutdown::Both);
    });
}

fn pass(mut from: impl Read, mut to: impl Write, state: &State) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        if !state.passes() || to.write_all(&buffer[..n]).is_err() {
            return;
        }
    }
}
