//! What the host and a plugin's child say to each other over two pipes: frames of a kind and a payload.
//!
//! `u32` little-endian length of what follows, one byte for the kind, the payload. The child says hello once its library is
//! open; then the host calls, the child may read and log, and answers. Both ends take turns, so no frame needs a number.

use std::io::{self, Read, Write};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Child: the library is open.
    Hello,
    /// Child: the library cannot be opened; the payload says why.
    Unusable,
    /// Host: the op, a line break, its JSON.
    Call,
    /// Child: the answer to a call.
    Answer,
    /// Child: the fault of a call.
    Fault,
    /// Child: a read, in mid-call.
    Read,
    /// Host: what a read found.
    ReadAnswer,
    /// Host: why a read failed.
    ReadFault,
    /// Child: a line for the log, in mid-call.
    Log,
}

const KINDS: [(u8, Kind); 9] = [
    (b'H', Kind::Hello),
    (b'U', Kind::Unusable),
    (b'C', Kind::Call),
    (b'A', Kind::Answer),
    (b'F', Kind::Fault),
    (b'R', Kind::Read),
    (b'r', Kind::ReadAnswer),
    (b'f', Kind::ReadFault),
    (b'L', Kind::Log),
];

impl Kind {
    fn byte(self) -> u8 {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or(0, |(byte, _)| *byte)
    }

    fn of(byte: u8) -> io::Result<Kind> {
        let kind = KINDS.iter().find(|(known, _)| *known == byte).map(|(_, kind)| *kind);
        kind.ok_or_else(|| garbled(format!("a frame of the unknown kind {byte:#04x}")))
    }
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    pub(super) fn new(kind: Kind, payload: impl Into<Vec<u8>>) -> Self {
        Frame { kind, payload: payload.into() }
    }

    pub(super) fn call(op: &str, json: &[u8]) -> Self {
        Frame::new(Kind::Call, [op.as_bytes(), b"\n", json].concat())
    }

    /// The op and the JSON of a call.
    pub(super) fn as_call(&self) -> io::Result<(&str, &[u8])> {
        let split = self.payload.iter().position(|byte| *byte == b'\n').ok_or_else(|| garbled("a call without an op"))?;
        let op = std::str::from_utf8(&self.payload[..split]).map_err(|_| garbled("an op that is not UTF-8"))?;
        Ok((op, &self.payload[split + 1..]))
    }

    /// The frame as it goes over the pipe, in one piece: one write wakes the other side once.
    fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let length = u32::try_from(self.payload.len() + 1).map_err(|_| garbled("a frame of more than 4 GB"))?;
        let mut bytes = Vec::with_capacity(self.payload.len() + 5);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.push(self.kind.byte());
        bytes.extend_from_slice(&self.payload);
        Ok(bytes)
    }

    pub(super) fn write_to(&self, mut pipe: impl Write) -> io::Result<()> {
        pipe.write_all(&self.to_bytes()?)?;
        pipe.flush()
    }

    /// Reads the next frame; `None` is the end of the pipe between frames.
    pub(super) fn read_from(mut pipe: impl Read) -> io::Result<Option<Frame>> {
        let mut head = [0; 5];
        match pipe.read(&mut head[..1])? {
            0 => return Ok(None),
            _ => pipe.read_exact(&mut head[1..])?,
        }
        let (length, kind) = read_head(head, usize::MAX)?;
        let mut payload = vec![0; length];
        pipe.read_exact(&mut payload)?;
        Ok(Some(Frame { kind, payload }))
    }

    pub(super) async fn send(&self, pipe: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        pipe.write_all(&self.to_bytes()?).await?;
        pipe.flush().await
    }

    /// Receives the next frame; one whose payload is longer than `max` is an error before a byte of it is read.
    pub(super) async fn receive(pipe: &mut (impl AsyncRead + Unpin), max: usize) -> io::Result<Frame> {
        let mut head = [0; 5];
        pipe.read_exact(&mut head).await?;
        let (length, kind) = read_head(head, max)?;
        let mut payload = vec![0; length];
        pipe.read_exact(&mut payload).await?;
        Ok(Frame { kind, payload })
    }
}

fn read_head(head: [u8; 5], max: usize) -> io::Result<(usize, Kind)> {
    let [a, b, c, d, kind] = head;
    let kind = Kind::of(kind)?;
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    let length = length.checked_sub(1).ok_or_else(|| garbled("a frame without a kind"))?;
    if length > max {
        return Err(garbled(format!("an answer of {length} bytes; at most {max} are taken")));
    }
    Ok((length, kind))
}

/// An error that says the other side does not keep to the protocol, unlike one that says it is gone.
fn garbled(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_out_as_it_went_in() {
        let mut pipe = Vec::new();
        Frame::call("describe", b"{}").write_to(&mut pipe).unwrap();
        Frame::new(Kind::Answer, b"".as_slice()).write_to(&mut pipe).unwrap();
        let mut rest = pipe.as_slice();
        let call = Frame::read_from(&mut rest).unwrap().unwrap();
        assert_eq!(call.as_call().unwrap(), ("describe", b"{}".as_slice()));
        assert_eq!(Frame::read_from(&mut rest).unwrap(), Some(Frame::new(Kind::Answer, b"".as_slice())));
        assert_eq!(Frame::read_from(&mut rest).unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_no_frame_is_an_error_and_never_a_long_wait() {
        async fn check(bytes: &[u8], expected: io::ErrorKind) {
            let mut pipe = bytes;
            assert_eq!(Frame::receive(&mut pipe, 100).await.unwrap_err().kind(), expected, "{bytes:?}");
        }
        check(b"hello world, this is println!", io::ErrorKind::InvalidData).await;
        check(&[0, 0, 0, 0, b'A'], io::ErrorKind::InvalidData).await;
        check(&[200, 0, 0, 0, b'A', 1, 2], io::ErrorKind::InvalidData).await;
        check(&[9, 0, 0, 0, b'A', 1, 2], io::ErrorKind::UnexpectedEof).await;
        check(&[9, 0], io::ErrorKind::UnexpectedEof).await;
    }
}
