//! What a data directory holds, read from its files: bytes on disk by kind, the index' share of the segments, and
//! whether they are in the page cache.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaDataReader, RowGroupMetaData};
use rustix::fs::{Advice, fadvise};

/// Bytes of one block of `st_blocks`, whatever the file system's own are.
const STAT_BLOCK_BYTES: u64 = 512;
/// Key of a segment's own section in the footer's key-value metadata: `offset,length,version`.
const INDEX_KEY: &str = "logboom.index";

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

/// Bytes of filters and block index: what lies between the last column's pages and the end of the index, which the
/// footer's key-value metadata name.
fn index_bytes(path: &Path) -> Result<u64> {
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&File::open(path)?)?;
    let chunks = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
    let pages_end = chunks.map(ColumnChunkMetaData::byte_range).map(|(start, length)| start + length).max();
    let values = metadata.file_metadata().key_value_metadata().context("no key-value metadata")?;
    let place = values.iter().find(|pair| pair.key == INDEX_KEY).and_then(|pair| pair.value.as_deref());
    index_length(place.context("no index")?, pages_end.unwrap_or_default())
        .with_context(|| format!("{INDEX_KEY} is {place:?}"))
}

/// `offset,length,version` of the index, with the filters that lie before it.
fn index_length(place: &str, pages_end: u64) -> Option<u64> {
    let mut parts = place.split(',').map(str::parse::<u64>);
    let (offset, length) = (parts.next()?.ok()?, parts.next()?.ok()?);
    (offset + length).checked_sub(pages_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_count_with_the_index() {
        assert_eq!(index_length("4096,777,1", 4000), Some(96 + 777));
        assert_eq!(index_length("4096,777,1", 5000), None);
        assert_eq!(index_length("4096", 0), None);
    }
}
