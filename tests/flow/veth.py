# SPDX-License-Identifier: BSD-3-Clause
"""A pair of network interfaces: the daemon's end in our network namespace, who asks at the other end in one of its own.
Everything ends with the processes that have it open."""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import socket
import struct
import subprocess
import sys

import dns.message

import flow
import internet

CLONE_NEWNET, SYS_BPF = 0x40000000, 321
BPF_PROG_LOAD, BPF_LINK_CREATE, BPF_PROG_TYPE_XDP, BPF_XDP, XDP_FLAGS_DRV_MODE = 5, 28, 6, 37, 4
ETHTOOL_GDRVINFO, ETHTOOL_STXCSUM, ETHTOOL_GSTRINGS, ETHTOOL_GSTATS = 0x3, 0x17, 0x1b, 0x1d
ETHTOOL_GFLAGS, ETHTOOL_SFLAGS, ETH_FLAG_TXVLAN, SIOCETHTOOL = 0x25, 0x26, 1 << 7, 0x8946

_libc = ctypes.CDLL(None, use_errno=True)


def here(*command):
    subprocess.run(command, check=True, capture_output=True)


def _bpf(command, attributes):
    attributes = ctypes.create_string_buffer(attributes, 128)
    done = _libc.syscall(SYS_BPF, command, attributes, len(attributes))
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


def _load_pass_all():
    """A program that passes every frame."""
    code = ctypes.create_string_buffer(struct.pack("<BBhiBBhi", 0xb7, 0, 0, 2, 0x95, 0, 0, 0))
    licence = ctypes.create_string_buffer(b"GPL")
    return _bpf(BPF_PROG_LOAD, struct.pack("<IIQQ", BPF_PROG_TYPE_XDP, 2, ctypes.addressof(code),
                                           ctypes.addressof(licence)))


def ethtool(interface, request):
    """Hands the request to the driver; what it has made of it."""
    value = ctypes.create_string_buffer(request, len(request))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCETHTOOL, struct.pack("16sP16x", interface.encode(), ctypes.addressof(value)))
    return value.raw


def statistics(interface):
    """The driver's own counters by name."""
    count = struct.unpack_from("=I", ethtool(interface, struct.pack("=I192x", ETHTOOL_GDRVINFO)), 180)[0]
    names = ethtool(interface, struct.pack("=III", ETHTOOL_GSTRINGS, 1, count) + bytes(32 * count))[12:]
    values = struct.unpack_from(f"={count}Q", ethtool(interface, struct.pack("=II", ETHTOOL_GSTATS, count) +
                                                      bytes(8 * count)), 8)
    return {names[32 * i:32 * i + 32].rstrip(b"\0").decode(): value for i, value in enumerate(values)}


class Client(flow.Daemon):
    """Whoever asks: a process that keeps a network namespace."""

    name = "client"

    def command(self):
        return ["unshare", "-n", "sleep", "3600"]

    def answers(self):
        return os.readlink(f"/proc/{self.process.pid}/ns/net") != os.readlink("/proc/self/ns/net")

    @contextlib.contextmanager
    def inside(self):
        """What this thread makes is in the client's namespace: sockets, links."""
        ours = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        theirs = os.open(f"/proc/{self.process.pid}/ns/net", os.O_RDONLY)
        try:
            assert _libc.setns(theirs, CLONE_NEWNET) == 0
            yield
        finally:
            assert _libc.setns(ours, CLONE_NEWNET) == 0
            os.close(ours)
            os.close(theirs)

    def run(self, *command):
        return subprocess.run(["nsenter", f"--net=/proc/{self.process.pid}/ns/net", *command], check=True,
                              capture_output=True, text=True, timeout=30).stdout

    def socket(self, host):
        with self.inside():
            s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(5)
        s.connect((host, 53))
        return s

    def ask(self, host, name, rdtype="A", **options):
        with self.socket(host) as s:
            s.send(dns.message.make_query(name, rdtype, **options).to_wire())
            return dns.message.from_wire(s.recv(4096))


class Pair:
    """xaN at our end, 10.53.N.1 and fd53:N::1; xbN at the client's, .2 and ::2."""

    def __init__(self, t, number=0, queues=1, with_program=True):
        self.ours, self.theirs = f"xa{number}", f"xb{number}"
        self.host, self.host6 = f"10.53.{number}.1", f"fd53:{number}::1"
        subprocess.run(["ip", "link", "delete", self.ours], capture_output=True, check=False)  # a former story's
        self.client = Client(t).start()
        queued = ["numrxqueues", str(queues), "numtxqueues", str(queues)]
        here("ip", "link", "add", self.ours, *queued, "type", "veth", "peer", "name", self.theirs, "netns",
             str(self.client.process.pid), *queued)
        for run, interface, last in ((here, self.ours, 1), (self.client.run, self.theirs, 2)):
            run("ip", "addr", "add", f"10.53.{number}.{last}/24", "dev", interface)
            run("ip", "addr", "add", f"fd53:{number}::{last}/64", "dev", interface, "nodad")
            run("ip", "link", "set", interface, "up")
        self._link = None
        with self.client.inside():
            # No hardware will fill checksums in, nor add tags.
            ethtool(self.theirs, struct.pack("=II", ETHTOOL_STXCSUM, 0))
            flags = struct.unpack("=II", ethtool(self.theirs, struct.pack("=II", ETHTOOL_GFLAGS, 0)))[1]
            ethtool(self.theirs, struct.pack("=II", ETHTOOL_SFLAGS, flags & ~ETH_FLAG_TXVLAN))
            if with_program:
                program = _load_pass_all()
                self._link = _bpf(BPF_LINK_CREATE, struct.pack("<IIII", program, socket.if_nametoindex(self.theirs),
                                                               BPF_XDP, XDP_FLAGS_DRV_MODE))
                os.close(program)

    def __del__(self):
        if getattr(self, "_link", None) is not None:
            os.close(self._link)

    def ask(self, name, rdtype="A", host=None, **options):
        return self.client.ask(host or self.host, name, rdtype, **options)

    def attached(self):
        words = subprocess.run(["ip", "link", "show", self.ours], capture_output=True, text=True, check=True).stdout
        return "xdp" in words.split("link/")[0]


def enter():
    """Runs the module again in a network namespace of its own, or says why nothing of it can be run here."""
    if not (pathlib.Path(flow.BUILD) / "plugins" / "xdp.la").exists():
        print("1..0 # SKIP the plugin xdp isn't built here")
        sys.exit(0)
    internet.enter()
    try:
        os.close(_load_pass_all())
        here("ip", "link", "add", "xq", "type", "veth", "peer", "name", "xr")
        here("ip", "link", "delete", "xq")
    except (OSError, subprocess.CalledProcessError) as reason:
        print(f"1..0 # SKIP neither programs for the kernel nor interfaces can be made here: {reason}")
        sys.exit(0)
