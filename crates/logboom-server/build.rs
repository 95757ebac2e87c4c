//! Lists the page's files (`web/dist`, built by `npm run build` in `web/`) so that they are part of the binary. Without them
//! the binary has a small page that says how to build the real one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let dist = manifest.join("../../web/dist");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        collect(&dist.canonicalize()?, &mut files)?;
    } else {
        files.push(manifest.join("fallback/index.html"));
    }
    files.sort();
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let root = files.iter().find(|file| file.ends_with("index.html")).and_then(|file| file.parent());
    let mut table = String::from("&[\n");
    for (index, file) in files.iter().enumerate() {
        let path = root.and_then(|root| file.strip_prefix(root).ok()).and_then(Path::to_str);
        let Some(path) = path else {
            return Err(io::Error::other(format!(
                "{}: names of the page's files must be UTF-8",
                file.display()
            )));
        };
        // A copy: another build of the page may run while this crate compiles.
        fs::copy(file, out.join(format!("asset-{index}")))?;
        let include = format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/asset-{index}\"))");
        let _ = writeln!(table, "    ({:?}, {include}),", format!("/{path}"));
    }
    table.push(']');
    fs::write(out.join("assets.rs"), table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_none_or(|extension| extension != "map") {
            files.push(path);
        }
    }
    Ok(())
}
