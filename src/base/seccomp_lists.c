/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/seccomp_lists.h"

#include <stddef.h>

/* clang-format off */

/* Time, locks, memory and the thread's own end. mmap, mprotect, clone, prctl, tgkill and socket are in seccomp.c. */
static const char *const basics[] = {
	"brk", "munmap", "mremap", "madvise", "membarrier", "getrandom", "futex", "futex_time64", "futex_waitv",
	"rseq", "wait4", "waitid", "set_robust_list", "sched_yield", "sched_getaffinity", "sched_setaffinity",
	"getcpu", "clock_gettime", "clock_gettime64", "clock_getres", "clock_nanosleep", "clock_nanosleep_time64",
	"nanosleep", "gettimeofday", "time", "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	"sigaltstack", "poll", "ppoll", "ppoll_time64", "getpid", "gettid", "exit", "exit_group", "seccomp", NULL};

/* What is open already. */
static const char *const open_files[] = {
	"read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2",
	"lseek", "_llseek", "fstat", "fstat64", "fcntl", "fcntl64", "ioctl", "dup", "dup3", "close", NULL};

static const char *const loops[] = {
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "pipe2",
	"timerfd_create", "timerfd_settime", NULL};

/* Sockets that are open already, and those that come in by them. */
static const char *const open_sockets[] = {
	"recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64", "recv", "sendto", "sendmsg", "sendmmsg", "send",
	"accept", "accept4", "shutdown", "getsockopt", "setsockopt", "getsockname", "getpeername", NULL};

static const char *const new_sockets[] = {
	"connect", "bind", "listen", "socketpair", NULL};

static const char *const reading[] = {
	"open", "openat", "openat2", "stat", "stat64", "lstat", "lstat64", "newfstatat", "fstatat64", "statx",
	"access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64", "getcwd", "statfs",
	"statfs64", "fstatfs", "fstatfs64", "fadvise64", "readahead", "flock", "mincore", "inotify_init1",
	"inotify_add_watch", "inotify_rm_watch", "uname", "sysinfo", "getrusage", "getuid", "geteuid", "getgid",
	"getegid", "getresuid", "getresgid", "getgroups", "getppid", "getpriority", "umask", "mlock", "munlock",
	NULL};

static const char *const writing[] = {
	"fsync", "fdatasync", "msync", "sync_file_range", "syncfs", "ftruncate", "ftruncate64", "truncate",
	"fallocate", "rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat", "symlink",
	"symlinkat", "mkdir", "mkdirat", "rmdir", "chown", "fchown", "fchownat", "chmod", "fchmod", "fchmodat",
	"fchmodat2", "utimensat", "copy_file_range", "sendfile", "sendfile64", NULL};

/* clang-format on */

static const char *const *const daemon_lists[] = {basics,      open_files, loops,   open_sockets,
						  new_sockets, reading,    writing, NULL};
static const char *const *const worker_lists[] = {basics, open_files, loops, open_sockets, NULL};
static const char *const *const file_lists[] = {basics, open_files, reading, writing, NULL};
static const char *const *const rcu_lists[] = {basics, open_files, NULL};
static const char *const *const probe_lists[] = {basics, open_files, loops, open_sockets, new_sockets, reading, NULL};

const struct bns_seccomp_list bns_seccomp_lists[] = {
	[BNS_SECCOMP_DAEMON] = {.allowed = daemon_lists, .threads = true, .connects = true},
	[BNS_SECCOMP_WORKER] = {.allowed = worker_lists},
	[BNS_SECCOMP_STORE] = {.allowed = file_lists},
	[BNS_SECCOMP_POOL] = {.allowed = file_lists},
	[BNS_SECCOMP_RCU] = {.allowed = rcu_lists},
	[BNS_SECCOMP_PROBE] = {.allowed = probe_lists, .threads = true, .connects = true},
	[BNS_SECCOMP_HELPER] = {.deny = true},
};

/* clang-format off */
const char *const bns_seccomp_forbidden[] = {
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp", "mount",
	"umount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick", "mount_setattr",
	"pivot_root", "chroot", "setns", "unshare", "init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "keyctl", "add_key", "request_key", "capset", "reboot", "swapon", "swapoff", "acct",
	"quotactl", "quotactl_fd", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname",
	"setdomainname", "iopl", "ioperm", "syslog", "vhangup", "open_by_handle_at", "name_to_handle_at",
	"lookup_dcookie", "nfsservctl", "uselib", "modify_ldt", NULL};

const char *const bns_seccomp_running[] = {
	"execve", "execveat", "fork", "vfork", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
	"pidfd_send_signal", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid",
	"setfsgid", "setgroups", "personality", "memfd_create", "mknod", "mknodat", NULL};
/* clang-format on */
