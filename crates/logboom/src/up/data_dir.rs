//! The data directory as far as it is not the store's: made for its owner alone, with the token and the address.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use logboom_model::StoreId;

use crate::client::{ADDRESS_FILE, TOKEN_FILE};
use crate::config::Secret;

/// Random bytes of a new token; as hex, twice as many characters.
const TOKEN_BYTES: usize = 32;

/// A data directory that exists and that nobody else can look into.
pub struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// Makes the directory with mode 0700, or takes an existing one and closes it to others.
    pub fn prepare(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let hint = "choose another with --data-dir or data_dir:";
        match DirBuilder::new().recursive(true).mode(0o700).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists || path.exists() => {
                bail!("the data directory {shown} is not a directory; {hint}")
            }
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("failed to make the data directory {shown} ({hint})"));
            }
        }
        let metadata =
            fs::metadata(path).with_context(|| format!("failed to look at the data directory {shown}"))?;
        if metadata.permissions().mode() & 0o077 != 0 {
            if let Some(other) = something_else_in(path)? {
                bail!(
                    "the data directory {shown} is open to others and holds {}, which is not logboom's; {hint} one for logboom alone",
                    other.display()
                );
            }
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).with_context(|| {
                format!("the data directory {shown} is open to others, and closing it (chmod 700) failed")
            })?;
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The token of the HTTP API: the one in the directory, or a new random one.
    pub fn token(&self) -> anyhow::Result<String> {
        let file = self.path.join(TOKEN_FILE);
        if !file.exists() {
            let mut random = [0; TOKEN_BYTES];
            getrandom::fill(&mut random)
                .map_err(|error| anyhow::anyhow!("failed to get random numbers for a token: {error}"))?;
            let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
            self.replace(TOKEN_FILE, &token)?;
        }
        close_to_others(&file)?;
        Ok(Secret::from_file(&file).reveal()?)
    }

    /// Writes down where the page is, so that reading commands find this logboom by its data directory.
    pub fn write_address(&self, url: &str, store_id: StoreId) -> anyhow::Result<()> {
        self.replace(ADDRESS_FILE, &format!("{url}\n{store_id}"))
    }

    /// A small file that is there whole or not at all, over a crash too.
    fn replace(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let file = self.path.join(name);
        let temporary = self.path.join(format!("{name}.new"));
        let write = || {
            let mut out =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
            out.write_all(text.as_bytes())?;
            out.write_all(b"\n")?;
            out.sync_all()?;
            fs::rename(&temporary, &file)?;
            File::open(&self.path)?.sync_all()
        };
        write().with_context(|| format!("failed to write {}", file.display()))
    }
}

/// Something in an existing directory that logboom did not put there, if any: `/tmp` must not be closed to others
/// because of a slip.
fn something_else_in(path: &Path) -> anyhow::Result<Option<PathBuf>> {
    if path.join(TOKEN_FILE).exists() {
        return Ok(None);
    }
    let entries = fs::read_dir(path).with_context(|| format!("failed to look into {}", path.display()))?;
    // The root of a file system of its own has this, and a store copied from elsewhere has these.
    let ours = ["lost+found", "lock", "journal", ADDRESS_FILE];
    let names = entries.filter_map(Result::ok).map(|entry| entry.file_name());
    Ok(names.map(PathBuf::from).find(|name| !ours.iter().any(|known| name.as_os_str() == *known)))
}

fn close_to_others(file: &Path) -> anyhow::Result<()> {
    let mode =
        fs::metadata(file).with_context(|| format!("failed to look at {}", file.display()))?.permissions();
    if mode.mode() & 0o077 != 0 {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).with_context(|| {
            format!("{} is open to others, and closing it (chmod 600) failed", file.display())
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn directory_and_token_are_for_their_owner_alone() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let token = DataDir::prepare(&path).unwrap().token().unwrap();
        assert_eq!((mode(&path), mode(&path.join(TOKEN_FILE)), token.len()), (0o700, 0o600, 2 * TOKEN_BYTES));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(path.join(TOKEN_FILE), fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(DataDir::prepare(&path).unwrap().token().unwrap(), token);
        assert_eq!((mode(&path), mode(&path.join(TOKEN_FILE))), (0o700, 0o600));
    }

    #[test]
    fn a_directory_of_others_is_not_closed_to_them() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.path().join("thesis.tex"), "").unwrap();
        let error = DataDir::prepare(dir.path()).err().unwrap();
        assert!(format!("{error:#}").contains("thesis.tex"), "{error:#}");
        assert_eq!(mode(dir.path()), 0o755);
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = DataDir::prepare(file.path()).err().unwrap();
        assert!(format!("{error:#}").contains("is not a directory"), "{error:#}");
    }

    #[test]
    fn the_address_is_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = DataDir::prepare(dir.path()).unwrap();
        data_dir.write_address("http://127.0.0.1:1", StoreId([1; 16])).unwrap();
        data_dir.write_address("http://127.0.0.1:2", StoreId([0xab; 16])).unwrap();
        let expected = format!("http://127.0.0.1:2\n{}\n", "ab".repeat(16));
        assert_eq!(fs::read_to_string(dir.path().join(ADDRESS_FILE)).unwrap(), expected);
    }
}
