//! What the filters of a segment cost and what they leave, on real lines.
//!
//! `cargo run --profile bench -p logboom-store --example filter_speed -- FILE…`; each file holds the lines of one
//! container. Segments of 64 MiB are filled from all of them in turn, in blocks of 2 MiB as a sealed segment has them.
//! Probes are taken from lines of the first segment (there is a block to be found) and from lines after it, where there
//! are any. A false positive is a block that was left though it does not hold the probe; its rate is of all blocks
//! that do not.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use logboom_model::tokens;
use logboom_store::filter::{Filter, FilterBuilder};
use logboom_store::{BlockSet, Probe};
use memchr::memmem;
use rustix::time::{ClockId, clock_gettime};

const BLOCK_BYTES: usize = 2 << 20;
const SEGMENT_BYTES: usize = 64 << 20;
/// Probes of each kind.
const PROBES: usize = 200;
/// Builds of each segment; the quickest counts.
const BUILDS: usize = 10;

/// Lines without their ends, together.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    offsets: Vec<u32>,
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound.max(1)
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Blocks of a file, one after the other.
fn blocks_of(file: &[u8]) -> Vec<Block> {
    let mut blocks = vec![Block { bytes: Vec::new(), offsets: vec![0] }];
    for line in file.split(|&byte| byte == b'\n') {
        if blocks.last().is_some_and(|block| block.bytes.len() + line.len() > BLOCK_BYTES) {
            blocks.push(Block { bytes: Vec::new(), offsets: vec![0] });
        }
        if let Some(block) = blocks.last_mut() {
            block.bytes.extend_from_slice(line);
            block.offsets.push(block.bytes.len() as u32);
        }
    }
    blocks
}

/// Segments of blocks of all files in turn.
fn segments_of(files: Vec<Vec<Block>>) -> Vec<Vec<Block>> {
    let mut files: Vec<_> = files.into_iter().map(Vec::into_iter).collect();
    let mut segments = vec![Vec::new()];
    let mut bytes = 0;
    loop {
        let mut any = false;
        for block in files.iter_mut().filter_map(Iterator::next) {
            any = true;
            if bytes + block.bytes.len() > SEGMENT_BYTES {
                segments.push(Vec::new());
                bytes = 0;
            }
            bytes += block.bytes.len();
            if let Some(segment) = segments.last_mut() {
                segment.push(block);
            }
        }
        if !any {
            return segments;
        }
    }
}

fn build(segment: &[Block]) -> (Vec<u8>, Duration) {
    let start = cpu_time();
    let mut builder = FilterBuilder::new();
    for block in segment {
        builder.add_bodies(&block.bytes, &block.offsets);
        builder.end_block();
    }
    let section = builder.finish();
    (section, cpu_time() - start)
}

fn fold(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    tokens::fold(text, &mut out);
    out
}

fn is_identifier(token: &[u8]) -> bool {
    token.len() >= 6 && token.is_ascii() && token.iter().any(u8::is_ascii_digit)
}

/// Probes of every kind from lines of the blocks.
fn probes_from(blocks: &[Block], random: &mut Random) -> BTreeMap<String, Vec<Probe>> {
    let mut probes: BTreeMap<String, Vec<Probe>> = BTreeMap::new();
    for _ in 0..40 * PROBES {
        let block = &blocks[random.below(blocks.len())];
        let line = random.below(block.offsets.len() - 1);
        let line = &block.bytes[block.offsets[line] as usize..block.offsets[line + 1] as usize];
        let words: Vec<_> = tokens::tokens(line).collect();
        let mut add = |kind: String, probe: Probe| {
            let probes = probes.entry(kind).or_default();
            if probes.len() < PROBES && !probes.contains(&probe) {
                probes.push(probe);
            }
        };
        let word = fold(words.get(random.below(words.len())).copied().unwrap_or_default());
        if is_identifier(&word) {
            add(format!("identifier {:>2}+ bytes", word.len() / 8 * 8), Probe::Token(word.into()));
        } else if word.len() >= 4 && word.iter().all(u8::is_ascii_alphabetic) {
            add("word".to_owned(), Probe::Token(word.into()));
        } else if word.len() >= 3 && word.iter().all(u8::is_ascii_digit) {
            add("number of 3 to 5 digits".to_owned(), Probe::Token(word.into()));
        }
        for len in [4, 6, 8, 12, 16, 24] {
            if line.len() >= len {
                let from = random.below(line.len() - len + 1);
                let part = fold(&line[from..from + len]);
                let digits = if part.iter().any(u8::is_ascii_digit) { "" } else { ", no digit" };
                add(format!("substring {len:>2} bytes{digits}"), Probe::Text(part.into()));
            }
        }
    }
    probes
}

/// Whether the folded text of a block holds the probe.
fn holds(block: &[u8], probe: &Probe) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    match probe {
        Probe::Text(text) => memmem::find(block, text).is_some(),
        Probe::Token(token) => memmem::find_iter(block, token)
            .any(|at| !is_part(block.get(at.wrapping_sub(1))) && !is_part(block.get(at + token.len()))),
        _ => true,
    }
}

fn report(
    what: &str,
    segment: &[Block],
    section: &[u8],
    probes: &BTreeMap<String, Vec<Probe>>,
) -> io::Result<()> {
    let read = |offset: u64, len: usize| {
        let part = section.get(offset as usize..).and_then(|bytes| bytes.get(..len));
        part.map(Bytes::copy_from_slice).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    };
    let filter = Filter::open(&read, section.len() as u64).map_err(io::Error::other)?;
    let folded: Vec<Vec<u8>> = segment
        .iter()
        .map(|block| {
            let lines = block.offsets.windows(2).map(|ends| &block.bytes[ends[0] as usize..ends[1] as usize]);
            lines.flat_map(|line| [fold(line), vec![b'\n']]).flatten().collect()
        })
        .collect();
    println!("{what:<30} probes  blocks that hold  left  false positives  µs a probe");
    for (kind, probes) in probes {
        let (mut holding, mut left, mut wrong, mut time) = (0, 0, 0, Duration::ZERO);
        for probe in probes {
            let mut set = BlockSet::all(segment.len());
            let start = cpu_time();
            filter.prune(&read, probe, &mut set).map_err(io::Error::other)?;
            time += cpu_time() - start;
            for (block, text) in folded.iter().enumerate() {
                let (held, kept) = (holds(text, probe), set.contains(block));
                assert!(kept || !held, "{probe:?} is in block {block}");
                holding += usize::from(held);
                left += usize::from(kept);
                wrong += usize::from(kept && !held);
            }
        }
        let (count, blocks) = (probes.len() as f64, segment.len() as f64);
        println!(
            "  {kind:<28} {:>6} {:>17.2} {:>5.2} {:>15.3}% {:>11.1}",
            probes.len(),
            holding as f64 / count,
            left as f64 / count,
            100.0 * f64::from(wrong as u32) / (count * blocks - f64::from(holding as u32)).max(1.0),
            time.as_secs_f64() * 1e6 / count,
        );
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    for path in std::env::args().skip(1) {
        files.push(blocks_of(&std::fs::read(path)?));
    }
    let segments = segments_of(files);
    for segment in &segments {
        let bytes: usize = segment.iter().map(|block| block.bytes.len()).sum();
        let lines: usize = segment.iter().map(|block| block.offsets.len() - 1).sum();
        let (section, mut time) = build(segment);
        for _ in 1..BUILDS {
            time = time.min(build(segment).1);
        }
        println!(
            "segment of {:.1} MB, {lines} lines, {} blocks: {} bytes of filters, {:.2} %, built at {:.2} GB/s, {:.2} ms/MB",
            bytes as f64 / 1e6,
            segment.len(),
            section.len(),
            100.0 * section.len() as f64 / bytes as f64,
            bytes as f64 / time.as_secs_f64() / 1e9,
            time.as_secs_f64() * 1e9 / bytes as f64,
        );
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    if let [first, others @ ..] = &segments[..] {
        let (section, _) = build(first);
        report("from the segment", first, &section, &probes_from(first, &mut random))?;
        if let Some(other) = others.first() {
            report("from the next segment", first, &section, &probes_from(other, &mut random))?;
        }
    }
    Ok(())
}
