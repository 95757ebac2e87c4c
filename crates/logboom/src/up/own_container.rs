//! Which container logboom itself runs in, if any, so that it never collects its own lines.
//!
//! Read from `/proc/self/cgroup` and `/proc/self/mountinfo`, never from a name: names, hostnames and labels are the
//! user's to choose. With cgroup v2 and a cgroup namespace of its own a container sees only `0::/`; its hostname file
//! is still mounted from the engine's folder of that container.

/// Length of a full container id.
const ID_LENGTH: usize = 64;

/// Files that every engine mounts into a container from the container's own folder.
const OWN_FILES: [&str; 3] = ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"];

/// The full id of the container this process runs in.
pub fn detect() -> Option<String> {
    let read = |file| std::fs::read_to_string(file).unwrap_or_default();
    from_cgroup(&read("/proc/self/cgroup")).or_else(|| from_mountinfo(&read("/proc/self/mountinfo")))
}

/// The innermost container of `/proc/self/cgroup` (cgroups(7)): `hierarchy:controllers:path` lines, with paths such
/// as `/docker/<id>`, `/system.slice/docker-<id>.scope`, `/kubepods/…/pod<uid>/cri-containerd-<id>.scope`.
fn from_cgroup(text: &str) -> Option<String> {
    text.lines().filter_map(|line| line.splitn(3, ':').nth(2)).find_map(|path| {
        let id = path.rsplit('/').find_map(id_of_scope)?;
        Some(id.to_owned())
    })
}

/// The container whose own files are mounted at their usual places (proc_pid_mountinfo(5): field 4 is the path on the
/// file system, field 5 the mount point). Files of other containers, seen because Docker's root is mounted too, lie at
/// other mount points.
fn from_mountinfo(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let mut fields = line.split(' ').skip(3);
        let (root, mount_point) = (fields.next()?, fields.next()?);
        if !OWN_FILES.contains(&mount_point) {
            return None;
        }
        let id = root.rsplit('/').find(|part| is_id(part))?;
        Some(id.to_owned())
    })
}

/// `<id>`, `docker-<id>.scope`, `cri-containerd-<id>`, `libpod-<id>.scope` …
fn id_of_scope(part: &str) -> Option<&str> {
    let part = part.strip_suffix(".scope").unwrap_or(part);
    let id = part.rsplit(['-', ':']).next()?;
    is_id(id).then_some(id)
}

fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4bc1ba4a65d3a3a4f2e6c55a9d1e8b7f60718293a4b5c6d7e8f9001122334455";
    const OTHER: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    #[test]
    fn cgroup_texts() {
        let check = |text: &str, expected: Option<&str>| {
            let text = text.replace("ID", ID).replace("OTHER", OTHER);
            assert_eq!(from_cgroup(&text).as_deref(), expected, "{text}");
        };
        // cgroup v1, cgroupfs driver; v1, systemd driver.
        check("12:memory:/docker/ID\n11:cpu,cpuacct:/docker/ID\n1:name=systemd:/docker/ID\n", Some(ID));
        check("12:pids:/system.slice/docker-ID.scope\n", Some(ID));
        // cgroup v2 in the host's cgroup namespace; v2 in its own; a second engine inside a container.
        check("0::/system.slice/docker-ID.scope\n", Some(ID));
        check("0::/\n", None);
        check("0::/docker/OTHER/docker/ID\n", Some(ID));
        // A process that made cgroups of its own inside the container.
        check("0::/docker/ID/init.scope\n", Some(ID));
        // Kubernetes with containerd, with CRI-O, v1 cgroupfs; Podman; ECS.
        check(
            "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod5f3.slice/cri-containerd-ID.scope\n",
            Some(ID),
        );
        check("0::/kubepods.slice/kubepods-pod5f3.slice:cri-containerd:ID\n", Some(ID));
        check("0::/kubepods.slice/kubepods-pod5f3.slice/crio-ID.scope\n", Some(ID));
        check("3:cpu:/kubepods/besteffort/pod2c48913c-b29f-11e7-9350-020968147796/ID\n", Some(ID));
        check("0::/machine.slice/libpod-ID.scope/container\n", Some(ID));
        check("9:perf_event:/ecs/task-arn/ID\n", Some(ID));
        // On the host: a service, a session, a user's shell; things that only look alike.
        check("0::/system.slice/logboom.service\n", None);
        check("0::/user.slice/user-1000.slice/session-3.scope\n", None);
        check("0::/docker/4bc1ba4a65d3\n", None);
        check("0::/docker/IDff\n", None);
        check(&format!("0::/docker/{}\n", ID.to_uppercase()), None);
        check("nonsense\n\n::\n", None);
        check("", None);
    }

    #[test]
    fn mountinfo_texts() {
        let check = |text: &str, expected: Option<&str>| {
            let text = text.replace("ID", ID).replace("OTHER", OTHER);
            assert_eq!(from_mountinfo(&text).as_deref(), expected, "{text}");
        };
        check(
            "636 612 254:1 /var/lib/docker/containers/ID/hostname /etc/hostname rw,relatime - ext4 /dev/vda1 rw\n",
            Some(ID),
        );
        // Docker's root on a disk of its own; a moved root.
        check("636 612 8:17 /containers/ID/resolv.conf /etc/resolv.conf rw - ext4 /dev/sdb1 rw\n", Some(ID));
        check("636 612 8:1 /srv/docker data/containers/ID/hosts /etc/hosts rw - xfs /dev/sda1 rw\n", None);
        check(
            "636 612 8:1 /srv/docker\\040data/containers/ID/hosts /etc/hosts rw - xfs /dev/sda1 rw\n",
            Some(ID),
        );
        check(
            "700 600 0:30 /containers/overlay-containers/ID/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw\n",
            Some(ID),
        );
        // The host, which sees the shm mounts of all its containers.
        check("120 30 0:50 / /var/lib/docker/containers/OTHER/mounts/shm rw - tmpfs shm rw\n", None);
        // In a container with Docker's root mounted: others' files are at other places.
        check(
            "700 600 8:1 /var/lib/docker/containers/OTHER/hostname /var/lib/docker/containers/OTHER/hostname rw - ext4 /dev/sda1 rw\n\
             701 600 8:1 /var/lib/docker/containers/ID/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n",
            Some(ID),
        );
        check("1 2 8:1 /etc/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n", None);
        check("1 2 3\n\n", None);
    }
}
