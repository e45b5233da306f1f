//! Where a request comes from. The server says so after it has looked at the connection; no header can imitate it.

use std::net::SocketAddr;

use tokio::net::unix::UCred;

/// The other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// Over TCP: whoever it is needs a token.
    Remote(SocketAddr),
    /// Over the desk's own socket, or from its own process: the owner of the desk's files, who could change them anyway.
    Local { os_user: String },
}

impl Peer {
    /// This process itself.
    pub fn own() -> Self {
        Peer::Local { os_user: os_user(rustix::process::geteuid().as_raw()) }
    }

    /// The other end of the desk's socket, if it may speak there: the desk's own user, or root.
    pub(crate) fn of_socket(credentials: UCred) -> Option<Self> {
        let uid = credentials.uid();
        let may_speak = uid == 0 || uid == rustix::process::geteuid().as_raw();
        may_speak.then(|| Peer::Local { os_user: os_user(uid) })
    }
}

/// The login name of a user id, or `uid-1000` where the system knows none.
fn os_user(uid: u32) -> String {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_of(&accounts, uid).map_or_else(|| format!("uid-{uid}"), str::to_owned)
}

fn name_of(accounts: &str, uid: u32) -> Option<&str> {
    accounts.lines().find_map(|line| {
        let mut columns = line.split(':');
        let name = columns.next()?;
        (columns.nth(1)?.parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_is_told_by_its_login_name() {
        let accounts = "root:x:0:0:root:/:/bin/sh\nmei:x:1000:1000:Mei:/:/bin/sh\n";
        assert_eq!(name_of(accounts, 0), Some("root"));
        assert_eq!(name_of(accounts, 1000), Some("mei"));
        assert_eq!(name_of(accounts, 7), None);
    }
}
