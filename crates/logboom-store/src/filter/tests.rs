//! A filter never takes out a block that holds what is asked, and takes out most that do not.

use std::cell::Cell;

use logboom_model::tokens;
use proptest::prelude::*;

use super::*;

fn build(blocks: &[Vec<Vec<u8>>]) -> Vec<u8> {
    let mut builder = FilterBuilder::new();
    for bodies in blocks {
        let (bytes, mut offsets) = (bodies.concat(), vec![0]);
        for body in bodies {
            offsets.push(offsets.last().unwrap() + body.len() as u32);
        }
        builder.add_bodies(&bytes, &offsets);
        builder.end_block();
    }
    builder.finish()
}

fn read_of(section: &[u8]) -> impl Fn(u64, usize) -> io::Result<Bytes> {
    |offset, len| {
        let bytes = section.get(offset as usize..).and_then(|bytes| bytes.get(..len));
        bytes.map(Bytes::copy_from_slice).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

fn prune(section: &[u8], probe: &Probe, blocks: usize) -> BlockSet {
    let read = read_of(section);
    let mut set = BlockSet::all(blocks);
    Filter::open(&read, section.len() as u64).unwrap().prune(&read, probe, &mut set).unwrap();
    set
}

fn folded(text: &[u8]) -> Box<[u8]> {
    let mut out = Vec::new();
    tokens::fold(text, &mut out);
    out.into()
}

/// Whether a body meets a probe, by the letter of what probes say.
fn meets(probe: &Probe, body: &[u8]) -> bool {
    match probe {
        Probe::Any => true,
        Probe::Nothing => false,
        Probe::And(probes) => probes.iter().all(|probe| meets(probe, body)),
        Probe::Or(probes) => probes.iter().any(|probe| meets(probe, body)),
        Probe::Text(text) => {
            text.is_empty() || folded(body).windows(text.len()).any(|window| *window == **text)
        }
        Probe::Token(token) => tokens::tokens(body).any(|other| folded(other) == *token),
    }
}

fn check(blocks: &[Vec<Vec<u8>>], section: &[u8], probe: &Probe) {
    let set = prune(section, probe, blocks.len());
    for (block, bodies) in blocks.iter().enumerate() {
        let holds = bodies.iter().any(|body| meets(probe, body));
        assert!(set.contains(block) || !holds, "block {block} holds {probe:?}: {bodies:?}");
    }
}

/// Text that meets itself: few letters, both cases, digits, separators, other scripts, and bytes of no script.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let token = prop::collection::vec(prop_oneof![Just(b'a'), Just(b'B'), Just(b'1'), Just(b'_')], 0..12);
    let other = prop::sample::select(vec![
        " ", "-", "\"", "\u{0}", "\u{7f}", "é", "É", "日本", "\u{212a}", "\u{130}", "—", "id=", "E-mail",
        "\u{1f}",
    ]);
    prop_oneof![
        4 => token,
        3 => other.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat())
}

/// A probe, mostly for what is in a body.
fn probe_of(bodies: Vec<Vec<u8>>) -> impl Strategy<Value = Probe> {
    let leaf = (prop::sample::select(bodies), body(), any::<prop::sample::Index>(), 0_usize..30, 0..8_u8)
        .prop_map(|(body, other, at, len, kind)| {
            let from = at.index(body.len() + 1);
            let part = &body[from..(from + len).min(body.len())];
            match kind {
                0..=2 => Probe::Text(folded(part)),
                3..=5 => Probe::Token(folded(tokens::tokens(&body[from..]).last().unwrap_or_default())),
                6 => Probe::Text(folded(&other)),
                _ => Probe::Token(folded(tokens::tokens(&other).next().unwrap_or_default())),
            }
        });
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Probe::And),
            prop::collection::vec(inner, 0..3).prop_map(Probe::Or),
            Just(Probe::Any),
            Just(Probe::Nothing),
        ]
    })
}

proptest! {
    #[test]
    fn a_block_that_holds_the_probe_stays(
        (blocks, probes) in prop::collection::vec(prop::collection::vec(body(), 1..6), 1..70).prop_flat_map(|blocks| {
            let probes = prop::collection::vec(probe_of(blocks.concat()), 1..8);
            (Just(blocks), probes)
        }),
    ) {
        let section = build(&blocks);
        for probe in &probes {
            check(&blocks, &section, probe);
        }
    }

    #[test]
    fn damage_is_an_error_or_harmless(
        blocks in prop::collection::vec(prop::collection::vec(body(), 1..6), 1..20),
        at in any::<prop::sample::Index>(), bit in 0..8_u8, cut in any::<bool>(),
    ) {
        let mut section = build(&blocks);
        let at = at.index(section.len());
        if cut {
            section.truncate(at);
        } else {
            section[at] ^= 1 << bit;
        }
        let read = read_of(&section);
        if let Ok(filter) = Filter::open(&read, section.len() as u64) {
            for body in blocks.iter().flatten() {
                let probe = Probe::Text(folded(body));
                let mut set = BlockSet::all(blocks.len());
                drop(filter.prune(&read, &probe, &mut set));
                for (block, bodies) in blocks.iter().enumerate() {
                    prop_assert!(set.contains(block) || !bodies.iter().any(|body| meets(&probe, body)));
                }
            }
        }
    }
}

fn random_words(seed: u64, count: usize) -> Vec<Vec<u8>> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            format!(
                "user {} of the shop around the corner asked for order {state:016x} and went on",
                state % 997
            )
            .into_bytes()
        })
        .collect()
}

#[test]
fn an_identifier_leaves_its_block_alone() {
    let blocks: Vec<_> = (0..40).map(|block| random_words(block, 2_000)).collect();
    let section = build(&blocks);
    let mut false_positives = 0;
    for (block, bodies) in blocks.iter().enumerate() {
        for body in bodies.iter().step_by(40) {
            let id = tokens::tokens(body).find(|token| token.len() == 16).unwrap();
            let set = prune(&section, &Probe::Token(folded(id)), 40);
            assert!(set.contains(block));
            false_positives += set.count() - 1;
        }
    }
    // 2,000 probes, 39 other blocks each, one in about a thousand.
    assert!((20..200).contains(&false_positives), "{false_positives}");
}

#[test]
fn what_no_block_has_leaves_none() {
    let blocks: Vec<_> = (0..70).map(|block| random_words(block, 100)).collect();
    let section = build(&blocks);
    for text in ["refused", "user 12345678 of", "ASKED FOR ZZZ"] {
        assert_eq!(prune(&section, &Probe::Text(folded(text.as_bytes())), 70).count(), 0, "{text}");
    }
    assert_eq!(prune(&section, &Probe::Text(folded(b"ASKED FOR")), 70).count(), 70);
    assert_eq!(prune(&section, &Probe::Nothing, 70).count(), 0);
    assert_eq!(prune(&section, &Probe::Or(vec![]), 70).count(), 0);
    assert_eq!(prune(&section, &Probe::Any, 70).count(), 70);
}

#[test]
fn a_question_reads_little() {
    let blocks: Vec<_> = (0..32).map(|block| random_words(block, 5_000)).collect();
    let section = build(&blocks);
    let bytes_read = Cell::new(0);
    let read = |offset, len| {
        bytes_read.set(bytes_read.get() + len);
        read_of(&section)(offset, len)
    };
    let filter = Filter::open(&read, section.len() as u64).unwrap();
    assert!(bytes_read.take() <= 4096);
    let mut set = BlockSet::all(32);
    filter.prune(&read, &Probe::Token(b"0123456789abcdef".as_slice().into()), &mut set).unwrap();
    assert!(bytes_read.get() < 8192, "{}", bytes_read.get());
}

#[test]
fn a_segment_of_nothing_has_filters() {
    assert!(FilterBuilder::new().finish().is_empty());
    assert_eq!(prune(&[], &Probe::Text(b"abc".as_slice().into()), 0).count(), 0);
    for bodies in [vec![], vec![vec![]], vec![b"a".to_vec()]] {
        let section = build(&[bodies]);
        assert!(section.len() < 200, "{}", section.len());
        assert_eq!(prune(&section, &Probe::Text(b"abc".as_slice().into()), 1).count(), 0);
    }
}

#[test]
fn texts_added_apart_are_found_and_not_joined() {
    let mut builder = FilterBuilder::new();
    builder.add_bodies(b"first second", &[0, 5, 12]);
    builder.add_text(b"unescaped \"7777777\"");
    builder.end_block();
    let section = builder.finish();
    let left = |text: &[u8]| prune(&section, &Probe::Text(text.into()), 1).count();
    assert_eq!([left(b"first"), left(b"second"), left(b"unescaped"), left(b"\"7777777\"")], [1; 4]);
    assert_eq!(left(b"first second"), 0);
}

#[test]
fn too_many_identifiers_are_not_kept_and_prune_nothing() {
    let numbers: Vec<u8> =
        (0..20_000).flat_map(|number| format!("{:06} ", number * 37 % 1_000_003).into_bytes()).collect();
    let section = build(&[vec![numbers.clone()], vec![b"nothing 999999999 here".to_vec()]]);
    assert!(section.len() < numbers.len() / 10);
    assert_eq!(prune(&section, &Probe::Token(b"000037".as_slice().into()), 2).count(), 1);
    assert_eq!(
        prune(&section, &Probe::Token(b"999999999".as_slice().into()), 2).iter().collect::<Vec<_>>(),
        [0, 1]
    );
}

#[test]
fn blocks_beyond_those_that_have_filters_stay() {
    let set = prune(&build(&[vec![b"one".to_vec()]]), &Probe::Text(b"two".as_slice().into()), 3);
    assert_eq!(set.iter().collect::<Vec<_>>(), [1, 2]);
}
