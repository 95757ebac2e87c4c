//! One log file, plain or compressed, read at any offset of its text. The descriptor is kept, so that a file which was
//! renamed or removed is read to its end.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use logboom_model::parse_rfc3339;
use rustix::fs::{Mode, OFlags, SeekFrom};
use serde::Deserialize;

use super::identity::{Fingerprint, Inode, Tail};
use crate::limits::{LINE_BYTES_MAX, TAIL_BYTES};

/// What `stat` says of an open file.
#[derive(Debug, Clone, Copy)]
pub struct FileState {
    /// Bytes on disk (compressed, if it is).
    pub size: u64,
    /// Bytes of disk space it takes.
    pub allocated: u64,
    /// Whether no name leads to it any more.
    pub deleted: bool,
    /// Last change of its content, nanoseconds since the Unix epoch.
    pub modified: i64,
}

/// The first record of a file.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// The file's identity.
    pub fingerprint: Fingerprint,
    /// Time of the first record, where it is a record.
    pub time: Option<i64>,
}

impl Head {
    /// Of the head of a file; `None` until the first record is complete.
    pub fn of(head: &[u8]) -> Option<Self> {
        let record = logboom_wire::json_file::first_record(head)?;
        Some(Self { fingerprint: Fingerprint::of_record(record), time: time_of(record) })
    }

    /// Of a file whose first line is longer than any record.
    pub fn of_unrecognisable(head: &[u8]) -> Self {
        Self { fingerprint: Fingerprint::of_record(&head[..head.len().min(LINE_BYTES_MAX)]), time: None }
    }
}

/// An open log file.
pub struct LogFile {
    file: File,
    inode: Inode,
    text: Text,
}

enum Text {
    Plain,
    Gzip(Box<GzipText>),
}

impl LogFile {
    /// Opens a file; one whose name ends in `.gz` is read as compressed.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let text = if path.extension().is_some_and(|extension| extension == "gz") {
            Text::Gzip(Box::new(GzipText::open(file.try_clone()?)))
        } else {
            Text::Plain
        };
        Ok(Self { file, inode: Inode::from_metadata(&metadata), text })
    }

    /// Exact among files that are open at the same time.
    pub fn inode(&self) -> Inode {
        self.inode
    }

    /// Whether it is compressed.
    pub fn is_compressed(&self) -> bool {
        matches!(self.text, Text::Gzip(_))
    }

    /// What `stat` says now.
    pub fn state(&self) -> io::Result<FileState> {
        let metadata = self.file.metadata()?;
        Ok(FileState {
            size: metadata.size(),
            allocated: metadata.blocks().saturating_mul(512),
            deleted: metadata.nlink() == 0,
            modified: modified(&metadata),
        })
    }

    /// Bytes of text, as far as it can be said without reading it: of a compressed file, what its trailer says.
    pub fn text_size(&self) -> io::Result<u64> {
        let size = self.file.metadata()?.size();
        match self.text {
            Text::Plain => Ok(size),
            Text::Gzip(_) => {
                let mut trailer = [0; 4];
                self.file.read_exact_at(&mut trailer, size.saturating_sub(4))?;
                Ok(u64::from(u32::from_le_bytes(trailer)))
            }
        }
    }

    /// Fills the buffer with the text from an offset on; less only at the end of the file.
    pub fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match &mut self.text {
            Text::Plain => read_full_at(&self.file, buffer, offset),
            Text::Gzip(text) => text.read_at(buffer, offset),
        }
    }

    /// The first byte at or after `offset` that is not in a hole.
    pub fn data_from(&self, offset: u64) -> u64 {
        match self.text {
            Text::Plain => rustix::fs::seek(&self.file, SeekFrom::Data(offset)).unwrap_or(offset).max(offset),
            Text::Gzip(_) => offset,
        }
    }

    /// The bytes before an offset.
    pub fn tail_before(&mut self, offset: u64) -> io::Result<Tail> {
        let length = offset.min(TAIL_BYTES as u64);
        let mut bytes = vec![0; length as usize];
        let read = self.read_at(&mut bytes, offset - length)?;
        Ok(Tail::of(&bytes[..read]))
    }

    /// The first record; `None` while it is not complete.
    pub fn head(&mut self) -> io::Result<Option<Head>> {
        let mut buffer = vec![0; 4096];
        let mut start = self.data_from(0);
        loop {
            let read = self.read_at(&mut buffer, start)?;
            let head = &buffer[..read];
            if let Some(record) = logboom_wire::json_file::first_record(head) {
                return Ok(Some(Head { fingerprint: Fingerprint::of_record(record), time: time_of(record) }));
            }
            if read < buffer.len() {
                return Ok(None);
            }
            if head.iter().all(|&byte| byte == 0) {
                start = self.data_from(start + read as u64);
            } else if buffer.len() < LINE_BYTES_MAX {
                buffer.resize((buffer.len() * 4).min(LINE_BYTES_MAX), 0);
            } else {
                // No record is that long: whatever this is, its first bytes must do.
                return Ok(Some(Head::of_unrecognisable(head)));
            }
        }
    }

    /// Time of the newest record, from the header that Docker writes into a compressed file.
    pub fn last_time_of_header(&self) -> Option<i64> {
        if !self.is_compressed() {
            return None;
        }
        let mut header = [0; 512];
        let read = read_full_at(&self.file, &mut header, 0).ok()?;
        last_time_of_header(&header[..read])
    }
}

/// When a file was changed last, nanoseconds since the Unix epoch.
pub fn modified(metadata: &Metadata) -> i64 {
    metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec())
}

fn read_full_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Time of one record, by the slow way; `None` when it is none.
pub fn time_of(record: &[u8]) -> Option<i64> {
    #[derive(Deserialize)]
    struct Timed<'a> {
        #[serde(borrow)]
        time: std::borrow::Cow<'a, str>,
    }
    let timed: Timed<'_> = serde_json::from_slice(record).ok()?;
    parse_rfc3339(timed.time.as_bytes()).ok()
}

/// `{"lastTime":"…"}` in the extra field of the gzip header: bare JSON, not the sub-fields of RFC 1952 (moby,
/// `daemon/logger/loggerutils/logfile.go`).
fn last_time_of_header(header: &[u8]) -> Option<i64> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Extra<'a> {
        last_time: &'a str,
    }
    const HAS_EXTRA: u8 = 4;
    let (fixed, rest) = header.split_first_chunk::<12>()?;
    if fixed[..3] != [0x1f, 0x8b, 8] || fixed[3] & HAS_EXTRA == 0 {
        return None;
    }
    let length = usize::from(u16::from_le_bytes([fixed[10], fixed[11]]));
    let extra: Extra<'_> = serde_json::from_slice(rest.get(..length)?).ok()?;
    parse_rfc3339(extra.last_time.as_bytes()).ok()
}

/// The text of a compressed file, read forwards; what was read last is kept, so that a line which was not complete is
/// there again at the next read. An earlier offset starts over.
struct GzipText {
    decoder: MultiGzDecoder<AtOffset>,
    /// Text from `start` on that was decompressed but may be asked for again.
    window: Vec<u8>,
    start: u64,
}

impl GzipText {
    fn open(file: File) -> Self {
        Self { decoder: MultiGzDecoder::new(AtOffset { file, offset: 0 }), window: Vec::new(), start: 0 }
    }

    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset < self.start {
            let file = self.decoder.get_ref().file.try_clone()?;
            *self = Self::open(file);
        }
        while self.start + (self.window.len() as u64) < offset {
            self.start += self.window.len() as u64;
            self.window.clear();
            if self.fill(buffer.len().max(4096))? == 0 {
                return Ok(0);
            }
        }
        self.window.drain(..(offset - self.start) as usize);
        self.start = offset;
        while self.window.len() < buffer.len() && self.fill(buffer.len() - self.window.len())? > 0 {}
        let length = buffer.len().min(self.window.len());
        buffer[..length].copy_from_slice(&self.window[..length]);
        Ok(length)
    }

    fn fill(&mut self, bytes: usize) -> io::Result<usize> {
        let old = self.window.len();
        self.window.resize(old + bytes, 0);
        let result = self.decoder.read(&mut self.window[old..]);
        self.window.truncate(old + result.as_ref().map_or(0, |&read| read));
        result
    }
}

/// Reads a file from its start, whatever others do with the descriptor's own offset.
struct AtOffset {
    file: File,
    offset: u64,
}

impl Read for AtOffset {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const ROTATED: &[u8] = include_bytes!("../../tests/fixtures/json-file-rotated.1.gz");

    fn fingerprint(head: &[u8]) -> Option<Fingerprint> {
        Head::of(head).map(|head| head.fingerprint)
    }

    #[test]
    fn two_files_with_the_same_first_kib_have_two_identities() {
        let long = "x".repeat(1024);
        let record =
            |time: &str| format!("{{\"log\":\"{long}\\n\",\"stream\":\"stdout\",\"time\":\"{time}\"}}\n");
        let one = fingerprint(record("2026-11-22T09:13:00.1Z").as_bytes());
        let two = fingerprint(record("2026-11-22T09:13:00.2Z").as_bytes());
        assert!(one.is_some());
        assert_ne!(one, two);
    }

    #[test]
    fn a_file_without_a_whole_record_has_no_identity() {
        assert_eq!(fingerprint(b""), None);
        assert_eq!(fingerprint(b"\0\0\0"), None);
        assert_eq!(fingerprint(b"{\"log\":"), None);
        assert_eq!(fingerprint(b"\0\0a\nb"), fingerprint(b"a\nb\n"));
    }

    #[test]
    fn docker_writes_the_last_time_into_the_header() {
        let time = last_time_of_header(ROTATED);
        assert_eq!(
            time.map(logboom_model::format_rfc3339).as_deref(),
            Some("2026-11-22T09:21:21.390764259Z")
        );
        for cut in 0..57 {
            assert_eq!(last_time_of_header(&ROTATED[..cut]), None);
        }
    }

    #[test]
    fn compressed_text_is_read_at_any_offset() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x-json.log.1.gz");
        let text: Vec<u8> = (0..200_000_u32).flat_map(|n| format!("{n}\n").into_bytes()).collect();
        let mut encoder =
            flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        encoder.write_all(&text).unwrap();
        encoder.finish().unwrap();
        let mut file = LogFile::open(&path).unwrap();
        for (offset, length) in
            [(0, 10), (5, 10), (100_000, 4096), (100_064, 64), (3, 7), (1_288_880, 64), (9 << 20, 5)]
        {
            let mut buffer = vec![0; length];
            let read = file.read_at(&mut buffer, offset).unwrap();
            let from = text.len().min(offset as usize);
            assert_eq!(
                &buffer[..read],
                &text[from..text.len().min(from + length)],
                "{length} bytes at {offset}"
            );
        }
        assert_eq!(file.text_size().unwrap(), text.len() as u64);
    }

    #[test]
    fn a_sparse_head_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x-json.log");
        let record = b"{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T09:13:00.5Z\"}\n";
        File::create(&path).unwrap().write_all_at(record, 10 << 20).unwrap();
        let head = LogFile::open(&path).unwrap().head().unwrap().unwrap();
        assert_eq!(Some(head.fingerprint), fingerprint(record));
        assert_eq!(head.time, parse_rfc3339(b"2026-11-22T09:13:00.5Z").ok());
    }
}
