//! What the cgroups of this process allow it: memory, and CPU time. cgroup v1 and v2 and both at once (cgroups(7),
//! the kernel's `cgroup-v1/` and `cgroup-v2.rst`).
//!
//! `/proc/self/cgroup` says which groups this process is in, `/proc/self/mountinfo` where they can be seen. A group is
//! held to the limits of the groups around it too, as far as they can be seen from here.

use std::path::{Component, Path, PathBuf};

use crate::config::Cpus;

/// Reads a small file.
type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// What the groups allow; `None` is no limit, or none that can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowed {
    /// Bytes of memory. cgroup v1 has a number beyond any memory where there is no limit.
    pub memory: Option<u64>,
    /// CPU time for each second.
    pub cpu: Option<Cpus>,
}

/// What this process' groups allow.
pub fn allowed() -> Allowed {
    allowed_by(&|file| std::fs::read_to_string(file).ok())
}

fn allowed_by(read: Read<'_>) -> Allowed {
    let text = |file| read(Path::new(file)).unwrap_or_default();
    let (cgroup, mountinfo) = (text("/proc/self/cgroup"), text("/proc/self/mountinfo"));
    let groups = |controller| groups(&cgroup, &mountinfo, controller).into_iter();
    Allowed {
        memory: groups("memory").filter_map(|group| group.memory(read)).min(),
        cpu: groups("cpu").filter_map(|group| group.cpu(read)).min(),
    }
}

/// A group, seen as a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Group {
    V1(PathBuf),
    V2(PathBuf),
}

impl Group {
    /// `memory.high` counts as a limit: beyond it the kernel makes every allocation wait.
    fn memory(&self, read: Read<'_>) -> Option<u64> {
        match self {
            Self::V1(folder) => number(read, &folder.join("memory.limit_in_bytes")),
            Self::V2(folder) => {
                ["memory.max", "memory.high"].iter().filter_map(|file| number(read, &folder.join(file))).min()
            }
        }
    }

    fn cpu(&self, read: Read<'_>) -> Option<Cpus> {
        match self {
            // A quota of -1 is none.
            Self::V1(folder) => Cpus::of_quota(
                number(read, &folder.join("cpu.cfs_quota_us"))?,
                number(read, &folder.join("cpu.cfs_period_us"))?,
            ),
            Self::V2(folder) => cpu_max(&read(&folder.join("cpu.max"))?),
        }
    }
}

/// A file's one number; `max` and `-1` are none.
fn number(read: Read<'_>, file: &Path) -> Option<u64> {
    read(file)?.trim().parse().ok()
}

/// `cpu.max` of cgroup v2: `quota period`, or `max period`.
fn cpu_max(text: &str) -> Option<Cpus> {
    let mut numbers = text.split_ascii_whitespace().map(|number| number.parse().ok());
    Cpus::of_quota(numbers.next()??, numbers.next()??)
}

/// The group of this process that has a controller, then those around it, as far as they are mounted here.
fn groups(cgroup: &str, mountinfo: &str, controller: &str) -> Vec<Group> {
    let v1 = hierarchies(cgroup).find(|(controllers, _)| controllers.split(',').any(|one| one == controller));
    if let Some((_, path)) = v1 {
        return folders(path, mounts(mountinfo, "cgroup", Some(controller))).map(Group::V1).collect();
    }
    // The one hierarchy of cgroup v2 names no controllers.
    match hierarchies(cgroup).find(|(controllers, _)| controllers.is_empty()) {
        Some((_, path)) => folders(path, mounts(mountinfo, "cgroup2", None)).map(Group::V2).collect(),
        None => Vec::new(),
    }
}

/// `hierarchy:controllers:path` lines: controllers and path.
fn hierarchies(cgroup: &str) -> impl Iterator<Item = (&str, &str)> {
    cgroup.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'))
}

/// A part of a hierarchy (`root`), and where it is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    root: PathBuf,
    point: PathBuf,
}

/// Mounts of a type of file system; of cgroup v1 those whose options name the controller (proc_pid_mountinfo(5)).
fn mounts(mountinfo: &str, file_system: &str, controller: Option<&str>) -> Vec<Mount> {
    let mount = |line: &str| {
        let (mount, source) = line.split_once(" - ")?;
        let mut fields = mount.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        let mut fields = source.split(' ');
        let (kind, options) = (fields.next()?, fields.nth(1).unwrap_or_default());
        let has = controller.is_none_or(|name| options.split(',').any(|option| option == name));
        (kind == file_system && has).then(|| Mount { root: unescaped(root), point: unescaped(point) })
    };
    mountinfo.lines().filter_map(mount).collect()
}

/// Spaces, tabs, line feeds and backslashes are written as three octal digits.
fn unescaped(field: &str) -> PathBuf {
    let text = field.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n");
    text.replace("\\134", "\\").into()
}

/// The folder of a group, then of those around it up to the mount point.
///
/// In a container the path may be one of the host that is not mounted here; what is mounted then is the container's
/// own group.
fn folders(path: &str, mounts: Vec<Mount>) -> impl Iterator<Item = PathBuf> {
    let below = |mount: &Mount| {
        let rest = Path::new(path).strip_prefix(&mount.root).ok()?;
        // A group outside this process' cgroup namespace.
        let inside = rest.components().all(|part| matches!(part, Component::Normal(_)));
        inside.then(|| (mount.point.join(rest), rest.components().count()))
    };
    let seen = mounts.iter().find_map(below);
    let folder = seen.or_else(|| mounts.into_iter().next().map(|mount| (mount.point, 0)));
    folder.into_iter().flat_map(|(folder, depth)| {
        folder.ancestors().take(depth + 1).map(Path::to_path_buf).collect::<Vec<_>>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2: &str = "35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
    const V1: &str = "40 32 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:14 - cgroup cgroup rw,cpu,cpuacct\n\
                      41 32 0:31 / /sys/fs/cgroup/memory rw shared:15 - cgroup cgroup rw,memory\n";

    /// A host of a few files: what is allowed, memory and whole CPUs.
    fn check(cgroup: &str, mountinfo: &str, files: &[(&str, &str)], expected: (Option<u64>, Option<usize>)) {
        let read = |file: &Path| match file.to_str()? {
            "/proc/self/cgroup" => Some(cgroup.to_owned()),
            "/proc/self/mountinfo" => Some(mountinfo.to_owned()),
            file => files.iter().find(|(name, _)| *name == file).map(|(_, text)| (*text).to_owned()),
        };
        let allowed = allowed_by(&read);
        assert_eq!((allowed.memory, allowed.cpu.map(Cpus::whole)), expected, "{cgroup}{mountinfo}{files:?}");
    }

    #[test]
    fn version_2() {
        // A container with a cgroup namespace of its own.
        let own =
            [("/sys/fs/cgroup/memory.max", "134217728\n"), ("/sys/fs/cgroup/cpu.max", "150000 100000\n")];
        check("0::/\n", V2, &own, (Some(128 << 20), Some(2)));
        // A service without limits of its own in a slice with some; what is outside of the mount is never read.
        let service = [
            ("/sys/fs/cgroup/system.slice/logboom.service/memory.max", "max\n"),
            ("/sys/fs/cgroup/system.slice/logboom.service/cpu.max", "max 100000\n"),
            ("/sys/fs/cgroup/system.slice/memory.max", "1073741824\n"),
            ("/sys/fs/cgroup/system.slice/memory.high", "268435456\n"),
            ("/sys/fs/cgroup/system.slice/cpu.max", "50000 100000\n"),
            ("/sys/fs/memory.max", "1\n"),
        ];
        check("0::/system.slice/logboom.service\n", V2, &service, (Some(256 << 20), Some(1)));
        // No limits; the root group, which has no such files; nonsense.
        check("0::/a\n", V2, &[("/sys/fs/cgroup/a/memory.max", "max\n")], (None, None));
        check("0::/\n", V2, &[], (None, None));
        for text in ["", "max", "5", "x y", "-1 100000", "100000 0"] {
            check("0::/\n", V2, &[("/sys/fs/cgroup/cpu.max", text)], (None, None));
        }
    }

    #[test]
    fn version_1() {
        let path = "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n1:name=systemd:/docker/abc\n";
        let files = [
            ("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "536870912\n"),
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000\n"),
            ("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n"),
            ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
            ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ];
        check(path, V1, &files, (Some(512 << 20), Some(3)));
        // In the container only its own group is mounted, whose path is the host's.
        let mounts = "9 8 0:31 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        check(path, mounts, &[("/sys/fs/cgroup/memory/memory.limit_in_bytes", "42\n")], (Some(42), None));
    }

    #[test]
    fn both_at_once() {
        let mounts = format!("{V1}42 32 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
        let files = [
            ("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "100\n"),
            ("/sys/fs/cgroup/unified/b/memory.max", "1\n"),
            ("/sys/fs/cgroup/unified/b/cpu.max", "400000 100000\n"),
        ];
        check("4:memory:/a\n0::/b\n", &mounts, &files, (Some(100), Some(4)));
    }

    #[test]
    fn groups_that_are_mounted_elsewhere_or_not_at_all() {
        // The host's groups are mounted into the container too, under another name.
        let mounts = format!("70 60 0:30 /../.. /host/sys/fs/cgroup ro - cgroup2 cgroup2 rw\n{V2}");
        let files = [("/host/sys/fs/cgroup/memory.max", "1\n"), ("/sys/fs/cgroup/memory.max", "7\n")];
        check("0::/\n", &mounts, &files, (Some(7), None));
        // A group outside of the namespace: what is mounted is all that can be seen.
        let files = [("/sys/fs/cgroup/../other/memory.max", "1\n"), ("/sys/fs/cgroup/memory.max", "7\n")];
        check("0::/../other\n", V2, &files, (Some(7), None));
        // Names with spaces; no mounts; nothing to read at all.
        let mounts = "35 24 0:30 /a\\040b /mnt/c\\134d rw - cgroup2 cgroup2 rw\n";
        check("0::/a b/c\n", mounts, &[("/mnt/c\\d/c/memory.max", "9")], (Some(9), None));
        check("0::/a\n", "", &[], (None, None));
        check("nonsense\n::\n", "1 2 3\n - \n", &[], (None, None));
        check("", "", &[], (None, None));
    }
}
