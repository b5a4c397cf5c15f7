//! What is mounted in a folder, and whose it is.

use std::os::fd::AsFd;

/// Whose a file system is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mount {
    /// It shows what the kernel knows, and keeps no files.
    OfKernel,
    /// It keeps files on a disk of this machine.
    Disk,
    /// It keeps files in memory.
    Memory,
    /// It is of the network, of a program, laid over others as those of containers are, or unknown.
    Other,
}

/// Those that the kernel makes.
///
/// Source of the numbers: `include/uapi/linux/magic.h` of Linux, and
/// <https://man7.org/linux/man-pages/man2/statfs.2.html>.
#[cfg(any(target_os = "linux", target_os = "android"))]
const OF_KERNEL: [u32; 21] = [
    0x0000_1cd1, // devpts
    0x0000_9fa0, // proc
    0x0027_e0eb, // cgroup
    0x1980_0202, // mqueue
    0x4249_4e4d, // binfmt_misc
    0x4341_5d53, // smackfs
    0x6165_676c, // pstore
    0x6265_6570, // configfs
    0x6265_6572, // sysfs
    0x6367_7270, // cgroup2
    0x6462_6720, // debugfs
    0x6573_5543, // fusectl
    0x6759_6969, // rpc_pipefs
    0x6e66_7364, // nfsd
    0x6e73_6673, // nsfs
    0x7363_6673, // securityfs
    0x7472_6163, // tracefs
    0x9584_58f6, // hugetlbfs
    0xcafe_4a11, // bpf
    0xde5e_81e4, // efivarfs
    0xf97c_ff8c, // selinuxfs
];

/// Those of memory. That of devices is one of them.
#[cfg(any(target_os = "linux", target_os = "android"))]
const OF_MEMORY: [u32; 2] = [
    0x0102_1994, // tmpfs
    0x8584_58f6, // ramfs
];

/// Those of disks.
#[cfg(any(target_os = "linux", target_os = "android"))]
const OF_DISKS: [u32; 18] = [
    0x0000_3434, // nilfs2
    0x0000_4d44, // vfat
    0x0000_9660, // iso9660
    0x0000_ef53, // ext2, ext3, ext4
    0x1501_3346, // udf
    0x28cd_3d45, // cramfs
    0x2011_bab0, // exfat
    0x2fc1_2fc1, // zfs
    0x3153_464a, // jfs
    0x482b_0000, // hfsplus
    0x5265_4973, // reiserfs
    0x5846_5342, // xfs
    0x7371_7368, // squashfs
    0x7366_746e, // ntfs3
    0x9123_683e, // btrfs
    0xca45_1a4e, // bcachefs
    0xe0f5_e1e2, // erofs
    0xf2f5_2010, // f2fs
];

/// Whose the file system is in which a folder lies.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[allow(
    clippy::allow_attributes,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unnecessary_cast,
    reason = "the numbers have 32 bits, in a field that is as wide and as signed as the machine has it"
)]
pub(super) fn mount_of(folder: impl AsFd) -> Mount {
    match rustix::fs::fstatfs(folder) {
        Ok(stat) if OF_KERNEL.contains(&(stat.f_type as u32)) => Mount::OfKernel,
        Ok(stat) if OF_DISKS.contains(&(stat.f_type as u32)) => Mount::Disk,
        Ok(stat) if OF_MEMORY.contains(&(stat.f_type as u32)) => Mount::Memory,
        _ => Mount::Other,
    }
}

/// Elsewhere they are told apart by names, which are not read: none is entered.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn mount_of(_folder: impl AsFd) -> Mount {
    Mount::Other
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn what_the_kernel_makes_is_known() {
        for (path, expected) in [("/proc", Mount::OfKernel), ("/sys", Mount::OfKernel)] {
            let folder = File::open(path).unwrap();
            assert_eq!(mount_of(&folder), expected, "{path}");
        }
        let own = tempfile::tempdir().unwrap();
        let folder = File::open(own.path()).unwrap();
        assert_ne!(mount_of(&folder), Mount::OfKernel);
    }
}
