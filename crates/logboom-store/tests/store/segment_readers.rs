//! Segments as others see them, and old ones: the reader of the `parquet` crate gives the same rows, its page index
//! prunes, and the file of version 1 keeps opening.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use logboom_model::{Batch, Flags, Row, Severity, Stream};
use logboom_store::fs::{Fs, FsFile, SimFs, read_full};
use logboom_store::segment::Segment;
use logboom_store::{BlockSet, Columns, Probe};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use crate::harness::START;
use crate::segment::{in_seq, row, service, services, write};

const FIXTURE: &str = "segment-v1.parquet";

fn bytes_of(file: &dyn FsFile) -> Bytes {
    let mut bytes = vec![0; file.length().unwrap() as usize];
    read_full(file, &mut bytes, 0).unwrap();
    bytes.into()
}

/// Rows with a bit of everything.
fn rows() -> Vec<Batch> {
    let mut batches = Vec::new();
    for name in ["shop", "mail"] {
        let mut batch = Batch::new(service(name));
        for number in 0..200_i64 {
            let (flags, body) = match number % 4 {
                0 => (
                    Flags::JSON,
                    format!(r#"{{"user":{{"id":{number}}},"ok":true,"took":0.5}}"#).into_bytes(),
                ),
                1 => (Flags::LOGFMT, format!("path=/cart/{number} rare{number}=1").into_bytes()),
                2 => (Flags::empty(), b"bytes \xff\xfe".to_vec()),
                _ => (Flags::PARTIAL, "café".into()),
            };
            let severity = Severity::from_number((number % 25) as u8).unwrap();
            let stream = Stream::from_byte((number % 3) as u8).unwrap();
            let row = Row { severity, stream, flags, ..row(START + number * 1_000_000_007) };
            batch.push_with_attributes(row, &body, if number % 5 == 0 { br#"{"tag":"x"}"# } else { b"" });
        }
        batches.push(batch);
    }
    in_seq(batches)
}

fn text(field: Option<&Field>) -> Option<&str> {
    match field {
        Some(Field::Str(text)) => Some(text),
        _ => None,
    }
}

#[test]
fn another_reader_sees_the_same_rows() {
    let rows = rows();
    let (file, _) = write(&rows);
    let reader = SerializedFileReader::new(bytes_of(&*file)).unwrap();
    let mut seen = 0;
    for found in reader.get_row_iter(None).unwrap() {
        let found = found.unwrap();
        let fields: HashMap<&str, &Field> =
            found.get_column_iter().map(|(name, field)| (name.as_str(), field)).collect();
        let get = |name: &str| fields.get(name).copied();
        let Some(Field::Long(seq)) = get("seq") else { panic!("no seq") };
        let batch =
            rows.iter().find(|batch| (batch.first_seq()..batch.end_seq()).contains(&(*seq as u64))).unwrap();
        let record = batch.record((*seq as u64 - batch.first_seq()) as usize);
        assert_eq!(get("severity_number"), Some(&Field::Int(record.severity.number().into())));
        assert_eq!(get("flags"), Some(&Field::Int(record.flags.bits().into())));
        let or_null = |text: &'static str| Some(text).filter(|text| !text.is_empty());
        assert_eq!(text(get("severity")), or_null(record.severity.text()));
        assert_eq!(text(get("stream")), or_null(record.stream.name()));
        assert_eq!(text(get("body")), Some(&*String::from_utf8_lossy(record.body)));
        match get("body_bytes") {
            Some(Field::Bytes(bytes)) => assert_eq!(bytes.data(), record.body),
            _ => assert!(std::str::from_utf8(record.body).is_ok()),
        }
        assert_eq!(text(get("attributes_source")).unwrap_or_default().as_bytes(), record.attributes);
        assert_eq!(text(get("container_name")), Some(record.resource.container_name()));
        assert_eq!(text(get("resource_id")), Some(&*record.resource.id().to_string()));
        let resource: serde_json::Value = serde_json::from_str(text(get("resource")).unwrap()).unwrap();
        assert_eq!(resource["service.name"], record.resource.service_name());
        assert_eq!(resource["container.label.a_b"], "y");
        if record.flags == Flags::JSON {
            let body: serde_json::Value = serde_json::from_slice(record.body).unwrap();
            assert_eq!(get("attr_user_id_i64"), Some(&Field::Long(body["user"]["id"].as_i64().unwrap())));
            assert_eq!(get("attr_took_f64"), Some(&Field::Double(0.5)));
            assert_eq!(get("attr_ok_bool"), Some(&Field::Bool(true)));
        }
        seen += 1;
    }
    assert_eq!(seen, 400);
}

#[test]
fn names_that_collide_have_one_column_and_are_all_in_the_resource() {
    let (file, _) = write(&rows());
    let reader = SerializedFileReader::new(bytes_of(&*file)).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let names: Vec<&str> = schema.columns().iter().map(|column| column.name()).collect();
    assert_eq!(names.iter().filter(|name| **name == "container_label_a_b").count(), 1, "{names:?}");
    let folded: std::collections::HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(folded.len(), names.len());
    let metadata = reader.metadata().file_metadata().key_value_metadata().unwrap();
    let columns = metadata.iter().find(|pair| pair.key == "logboom.columns").unwrap();
    let columns: serde_json::Value = serde_json::from_str(columns.value.as_deref().unwrap()).unwrap();
    let id =
        columns.as_array().unwrap().iter().find(|column| column["column"] == "attr_user_id_i64").unwrap();
    assert_eq!((&id["name"], &id["of"]), (&"user.id".into(), &"attributes".into()));
}

#[test]
fn the_page_index_of_others_knows_every_page() {
    let rows = services(&["a", "b"], 20, 1_000, |number| format!("{number} {}", "x".repeat(300)));
    let (file, _) = write(&rows);
    let segment = Segment::open(Arc::clone(&file)).unwrap();
    let mut reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
    reader.try_parse(&bytes_of(&*file)).unwrap();
    let metadata = reader.finish().unwrap();
    let index = metadata.page_index_for_row_group(0);
    for (column, of_bodies) in [("seq", false), ("time", false), ("body", true)] {
        let at =
            metadata.file_metadata().schema_descr().columns().iter().position(|one| one.name() == column);
        let pages = index.page_locations(at.unwrap()).unwrap();
        assert_eq!(pages.len() > segment.blocks().len(), of_bodies, "{column}");
        let ends = pages.iter().skip(1).map(|page| page.first_row_index as usize).chain([20_000]);
        let mut ends: Vec<usize> = ends.collect();
        let borders: Vec<usize> = segment
            .blocks()
            .iter()
            .scan(0, |rows, block| {
                *rows += block.rows;
                Some(*rows)
            })
            .collect();
        ends.retain(|end| borders.contains(end));
        assert_eq!(ends, borders, "every block ends with a page of {column}");
    }
}

#[test]
fn filters_spare_the_blocks_that_cannot_match() {
    let names = ["a", "b", "c", "d"];
    let rows = services(&names, 40, 500, |number| {
        format!("{number} request-{:08x} {}", number * 77_777, "x".repeat(100))
    });
    let (file, _) = write(&rows);
    let segment = Segment::open(file).unwrap();
    assert!(segment.blocks().len() >= 4);
    let needle = format!("request-{:08x}", 777 * 77_777);
    let mut left = BlockSet::all(segment.blocks().len());
    segment.prune(&Probe::Text(needle.as_bytes().into()), &mut left).unwrap();
    let columns = Columns { body: true, ..Columns::default() };
    let holds = |block| {
        let batches = segment.load(block, &columns).unwrap();
        batches
            .iter()
            .flat_map(Batch::records)
            .any(|record| memchr::memmem::find(record.body, needle.as_bytes()).is_some())
    };
    let holding: Vec<usize> = (0..segment.blocks().len()).filter(|&block| holds(block)).collect();
    assert_eq!(holding.len(), 1);
    assert!(left.contains(holding[0]));
    assert!(left.count() < segment.blocks().len(), "{} left", left.count());
}

#[test]
fn escaped_strings_and_attributes_of_the_source_are_not_pruned() {
    let mut batch = Batch::new(service("web"));
    let row = Row { flags: Flags::JSON, ..row(START) };
    batch.push_with_attributes(row, br#"{"path":"\/checkout\/basket\u0061ge"}"#, br#"{"tag":"violet"}"#);
    let (file, _) = write(&in_seq(vec![batch]));
    let segment = Segment::open(file).unwrap();
    for (text, expected) in [("/checkout/basketage", 1), ("violet", 1), ("basket\\u0061", 1), ("mauve", 0)] {
        let mut left = BlockSet::all(1);
        segment.prune(&Probe::Text(text.as_bytes().into()), &mut left).unwrap();
        assert_eq!(left.count(), expected, "{text}");
    }
}

fn fixture() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(FIXTURE)
}

#[test]
fn a_segment_of_version_1_keeps_opening() {
    let bytes = std::fs::read(fixture()).unwrap();
    let fs = SimFs::new(1);
    fs.set_content(FIXTURE, bytes);
    let segment = Segment::open(fs.open(FIXTURE, false).unwrap()).unwrap();
    let found = segment.stripe_in_order(0, 0).unwrap().collect::<Vec<_>>();
    assert_eq!(found, rows());
    let mut left = BlockSet::all(1);
    segment.prune(&Probe::Text(b"cart/197".as_slice().into()), &mut left).unwrap();
    assert_eq!(left.count(), 1);
    segment.prune(&Probe::Text(b"nowhere".as_slice().into()), &mut left).unwrap();
    assert_eq!(left.count(), 0);
    let counts = segment.counts(0).unwrap();
    assert_eq!(counts.iter().map(|count| count.rows).sum::<u32>(), 400);
}

/// Writes the fixture above; run by hand when, and only when, a new format version is made.
#[test]
#[ignore = "writes a fixture"]
fn write_segment_fixture() {
    let (file, _) = write(&rows());
    std::fs::write(fixture(), bytes_of(&*file)).unwrap();
}
