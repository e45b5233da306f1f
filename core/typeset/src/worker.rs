//! The worker's conversation: a frame in, a frame out, until the host closes its end.

use std::io::{self, Read, Write};

use deskbell_proto::typeset::{FRAME_MAX, Request};

use crate::Typesetter;

/// Answers requests until `input` ends.
pub fn serve(typesetter: &Typesetter, mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    while let Some(frame) = read_frame(&mut input)? {
        let request: Request = serde_json::from_slice(&frame).map_err(io::Error::other)?;
        drop(frame);
        let (answer, file) = typesetter.answer(&request);
        write_frame(&mut output, &serde_json::to_vec(&answer).map_err(io::Error::other)?)?;
        if let Some(file) = file {
            write_frame(&mut output, &file)?;
        }
        output.flush()?;
    }
    Ok(())
}

/// Bytes of memory that this process holds.
pub(crate) fn memory_in_use() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    pages * rustix::param::page_size() as u64
}

fn read_frame(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length);
    if length > FRAME_MAX {
        return Err(io::Error::other(format!("a frame of {length} bytes is more than {FRAME_MAX}")));
    }
    let mut frame = vec![0; length as usize];
    input.read_exact(&mut frame)?;
    Ok(Some(frame))
}

fn write_frame(output: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    output.write_all(&length.to_le_bytes())?;
    output.write_all(bytes)
}
