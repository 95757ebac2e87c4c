//! What a data directory holds, read from its files: bytes on disk by kind, the index' share of the segments, and
//! whether they are in the page cache.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use rustix::fs::{Advice, fadvise};

/// Bytes of one block of `st_blocks`, whatever the file system's own are.
const STAT_BLOCK_BYTES: u64 = 512;
/// Ends every Parquet file, behind the footer and its length.
const PARQUET_MAGIC: &[u8] = b"PAR1";
/// A footer above this is not one of ours.
const FOOTER_BYTES_MAX: u64 = 64 << 20;
/// Key of a segment's own section in the footer's key-value metadata: `offset,length,version`.
const INDEX_KEY: &[u8] = b"logboom.index";

/// What lies on the disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnDisk {
    /// Everything below the data directory, allocated blocks counted, directories too.
    pub bytes: u64,
    /// The segments' part of it.
    pub segment_bytes: u64,
    /// Segments.
    pub segments: u64,
    /// Block index and filters: their part of the segments.
    pub index_bytes: u64,
}

/// Looks at every file below a data directory.
pub fn look(data: &Path) -> Result<OnDisk> {
    let mut seen = OnDisk::default();
    for path in files_below(data)? {
        let bytes = fs::symlink_metadata(&path)?.blocks() * STAT_BLOCK_BYTES;
        seen.bytes += bytes;
        if is_segment(&path) {
            seen.segments += 1;
            seen.segment_bytes += bytes;
            seen.index_bytes +=
                index_bytes(&path).with_context(|| format!("failed to read {}", path.display()))?;
        }
    }
    Ok(seen)
}

/// Drops what the page cache holds of every file below a folder, so that the next reader waits for the disk. Needs no
/// rights; a hypervisor's cache below the disk keeps what it has.
pub fn forget_pages(folder: &Path) -> Result<()> {
    for path in files_below(folder)? {
        if path.is_file() {
            let file = File::open(&path)?;
            // Pages not yet written cannot be dropped.
            file.sync_data()?;
            fadvise(&file, 0, None, Advice::DontNeed)?;
        }
    }
    Ok(())
}

/// Reads a folder's files once, so that they are in the page cache.
pub fn warm_pages(folder: &Path) -> Result<()> {
    for path in files_below(folder)? {
        if path.is_file() {
            std::io::copy(&mut File::open(&path)?, &mut std::io::sink())?;
        }
    }
    Ok(())
}

/// Everything below a folder, the folder itself included; what goes away meanwhile is left out.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![folder.to_path_buf()];
    let mut next = 0;
    while let Some(path) = found.get(next) {
        next += 1;
        if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
            let entries = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
            found.extend(entries.into_iter().map(|entry| entry.path()));
        }
    }
    found.retain(|path| path.symlink_metadata().is_ok());
    Ok(found)
}

fn is_segment(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "parquet")
}

/// Bytes of the section that a segment's key-value metadata name, found in the footer (Thrift's compact protocol: a
/// string is a varint length and its bytes; the value is the field after its key).
fn index_bytes(path: &Path) -> Result<u64> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    ensure!(length >= 12, "no Parquet file");
    let mut tail = [0; 8];
    file.read_exact_at(&mut tail, length - 8)?;
    let (size, magic) = tail.split_at(4);
    ensure!(magic == PARQUET_MAGIC, "no Parquet file");
    let size = u64::from(u32::from_le_bytes(size.try_into()?));
    ensure!(size <= FOOTER_BYTES_MAX && size + 12 <= length, "a footer of {size} bytes");
    let mut footer = vec![0; usize::try_from(size)?];
    file.read_exact_at(&mut footer, length - 8 - size)?;
    index_length(&footer).context("no index in the key-value metadata")
}

fn index_length(footer: &[u8]) -> Option<u64> {
    let at = footer.windows(INDEX_KEY.len()).rposition(|window| window == INDEX_KEY)?;
    // Field header, then a length below 128 in one byte.
    let value = footer.get(at + INDEX_KEY.len() + 1..)?;
    let (&length, value) = value.split_first()?;
    let value = std::str::from_utf8(value.get(..usize::from(length))?).ok()?;
    value.split(',').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_found_in_a_footer() {
        let mut footer = b"\x15\x04\x18\x0dlogboom.index\x18\x0a4096,777,1\x00\x00".to_vec();
        assert_eq!(index_length(&footer), Some(777));
        footer.truncate(20);
        assert_eq!(index_length(&footer), None);
    }
}
