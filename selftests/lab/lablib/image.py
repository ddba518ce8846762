# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""Builds the initramfs that a node runs from.

It has two parts, put one after the other: the base, with programs, their
libraries and the kernel's modules, is made once per kernel and kept in the
cache; the overlay, with KDIPC's modules and tool, is made at each lab up.
Programs and libraries are this host's own, as their packages installed them.
"""

import hashlib
import lzma
import os
import shutil
import subprocess
import time

from lib.places import BUILD, CACHE, LAB, TREE

from . import mpi
from .cpio import Archive
from .say import LabError

PROGRAMS = """
    ibv_devinfo ibv_devices ibv_rc_pingpong rping
    ib_read_lat ib_send_lat ib_write_lat ib_read_bw ib_send_bw ib_write_bw
    rdma ip ipcs ipcrm kmod
""".split()
LIBRARY_DIR = "/usr/lib/x86_64-linux-gnu"
# What programs load by name at run time, so ldd does not see it.
LOADED_LIBRARIES = ["libgcc_s.so.1"]
MODULES = """
    virtio_pci virtio_console virtio_net crc32_generic crc32c_generic libcrc32c
    rdma_rxe ib_uverbs rdma_ucm rdma_cm ib_core sha256_generic hmac cmac
""".split()
KMOD_NAMES = "modprobe insmod rmmod lsmod modinfo depmod".split()
USERS = (("root", 0, "/root"), ("user", 1000, "/home/user"), ("other", 1001, "/home/other"))
DIRECTORIES = "proc sys dev run var/tmp var/log usr/local/bin usr/local/sbin".split()


def find_program(name):
    for directory in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"):
        path = os.path.join(directory, name)
        if os.access(path, os.X_OK):
            return path
    raise LabError(f"the program {name} is not installed: run selftests/lab/deps tools")


def libraries_of(paths):
    """All shared libraries that these programs need, the loader among them."""
    found = set()
    output = subprocess.run(["ldd", *paths], capture_output=True, text=True, check=False).stdout
    for line in output.splitlines():
        words = line.split()
        if "=>" in words and "not" in words:
            raise LabError(f"the library {words[0]} is missing: run selftests/lab/deps tools")
        found.update(word for word in words if word.startswith("/") and word[-1] != ":")
    return found


def in_usr(path):
    """/lib and /bin are links into /usr, here as in Debian."""
    return path if path.startswith("/usr/") else "/usr" + path


class ModuleTree:
    """The kernel's modules that a node carries, uncompressed, in one directory."""

    def __init__(self, kernel, root):
        self.kernel = kernel
        self.root = root
        self.top = os.path.join(root, "lib/modules", kernel.release)
        self.needs = self._read_dependencies()

    def _read_dependencies(self):
        """Module name to (path, paths that it needs), from modules.dep."""
        table = {}
        with open(os.path.join(self.kernel.modules, "modules.dep"), encoding="ascii") as file:
            for line in file:
                path, _, rest = line.partition(":")
                table[module_name(path)] = (path, rest.split())
        return table

    def add(self, name):
        """A name unknown to modules.dep is built in, or not in this kernel."""
        if name in self.needs:
            path, others = self.needs[name]
            for each in (path, *others):
                self._unpack(each)

    def _unpack(self, path):
        target = os.path.join(self.top, path.removesuffix(".xz"))
        if os.path.exists(target):
            return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(os.path.join(self.kernel.modules, path), "rb") as file:
            data = file.read()
        with open(target, "wb") as file:
            file.write(lzma.decompress(data) if path.endswith(".xz") else data)

    def add_own(self, path):
        """One of KDIPC's modules, with the kernel's modules that it needs."""
        result = subprocess.run(["modinfo", "-F", "depends", path], check=True,
                                capture_output=True, text=True)
        for name in result.stdout.strip().split(","):
            self.add(name)
        extra = os.path.join(self.top, "extra")
        os.makedirs(extra, exist_ok=True)
        shutil.copy(path, extra)

    def index(self):
        os.makedirs(self.top, exist_ok=True)
        for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
            source = os.path.join(self.kernel.modules, name)
            if os.path.exists(source):
                shutil.copy(source, self.top)
        subprocess.run(["depmod", "-b", self.root, self.kernel.release], check=True)

    def write(self, archive, without=None):
        """All files but the modules that are in the directory without, too."""
        for directory, _, names in os.walk(self.top):
            for name in names:
                path = os.path.join(directory, name)
                place = os.path.relpath(path, self.root)
                if not name.endswith(".ko"):
                    archive.copy("usr/" + place, path)
                elif not without or not os.path.exists(os.path.join(without, place)):
                    archive.copy("usr/" + place, path)
                    archive.data(f"usr/lib/modules/{self.kernel.release}/names/"
                                 + module_name(name), b"")


def module_name(path):
    return os.path.basename(path).partition(".ko")[0].replace("-", "_")


def add_programs(archive):
    programs = [find_program(name) for name in PROGRAMS]
    libraries = libraries_of(programs)
    libraries.update(os.path.join(LIBRARY_DIR, name) for name in LOADED_LIBRARIES)
    driver = os.path.join(LIBRARY_DIR, "libibverbs", "librxe-rdmav34.so")
    libraries.update([driver], libraries_of([driver]))
    for path in programs:
        archive.copy(in_usr(path), path, 0o755)
    for path in libraries:
        archive.copy(in_usr(path), path, 0o755)
    archive.copy("/etc/libibverbs.d/rxe.driver", "/etc/libibverbs.d/rxe.driver")
    for name in KMOD_NAMES:
        archive.link("usr/sbin/" + name, in_usr(find_program("kmod")))


def add_busybox(archive):
    """Last of the programs: an applet never hides a real one."""
    busybox = find_program("busybox")
    archive.copy("usr/bin/busybox", busybox, 0o755)
    applets = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True)
    for name in applets.stdout.split():
        if "usr/sbin/" + name not in archive.made:
            archive.link("usr/bin/" + name, "busybox")


def add_skeleton(archive):
    for name in ("bin", "sbin", "lib", "lib64"):
        archive.directory("usr/" + name)
        archive.link(name, "usr/" + name)
    for name in DIRECTORIES:
        archive.directory(name)
    archive.directory("tmp", 0o1777)
    archive.character("dev/console", 5, 1)
    archive.character("dev/null", 1, 3, 0o666)
    for user, number, home in USERS:
        archive.directory(home, 0o755, number)
    passwd = "".join(f"{u}:x:{n}:{n}:{u}:{h}:/bin/sh\n" for u, n, h in USERS)
    group = "".join(f"{u}:x:{n}:\n" for u, n, _ in USERS)
    archive.data("etc/passwd", passwd.encode())
    archive.data("etc/group", group.encode())
    archive.copy("init", os.path.join(LAB, "init"), 0o755)


def fingerprint(kernel):
    """Changes when anything that the base is made of does."""
    paths = [find_program(name) for name in PROGRAMS + ["busybox"]]
    paths += [os.path.join(LAB, "init"), os.path.join(BUILD, "lab/agent"), kernel.vmlinux]
    paths += [__file__, os.path.join(os.path.dirname(__file__), "cpio.py")]
    digest = hashlib.sha256()
    for path in paths:
        status = os.stat(path)
        digest.update(f"{path} {status.st_mtime_ns} {status.st_size}\n".encode())
    return digest.hexdigest()[:16]


def build_base(kernel):
    """Returns the base archive and the directory of its modules."""
    top = os.path.join(CACHE, "image", f"{kernel.name}-{fingerprint(kernel)}")
    base = os.path.join(top, "base.cpio")
    if os.path.exists(base):
        return base, top
    part = f"{top}.{os.getpid()}"
    tree = ModuleTree(kernel, part)
    for name in MODULES:
        tree.add(name)
    tree.index()
    with Archive(os.path.join(part, "base.cpio")) as archive:
        add_skeleton(archive)
        archive.copy("usr/sbin/agent", os.path.join(BUILD, "lab/agent"), 0o755)
        add_programs(archive)
        add_busybox(archive)
        tree.write(archive)
    with open(os.path.join(part, "names"), "w", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for name in sorted(archive.made))
    forget_old_bases(kernel)
    try:
        os.rename(part, top)
    except OSError:
        shutil.rmtree(part)
    return base, top


def forget_old_bases(kernel):
    """Those that no lab up can be reading any more."""
    directory = os.path.join(CACHE, "image")
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        if name.startswith(kernel.name + "-") and os.stat(path).st_mtime + 3600 < time.time():
            shutil.rmtree(path, ignore_errors=True)


def add_libraries(archive, base_top, paths):
    """What these programs need and the archive and the base do not hold."""
    with open(os.path.join(base_top, "names"), encoding="utf-8") as file:
        there = set(file.read().splitlines()) | set(archive.made)
    for path in sorted(libraries_of(paths)):
        if in_usr(path).strip("/") not in there:
            archive.copy(in_usr(path), path, 0o755)


def add_tool(archive, base_top):
    """The kdipc tool; the base holds libmnl, so one put on running nodes works too."""
    tool = os.path.join(TREE, "userspace/tool/kdipc")
    if os.path.exists(tool):
        archive.copy("usr/sbin/kdipc", tool, 0o755)
        add_libraries(archive, base_top, [tool])


def add_more_programs(archive, base_top, names):
    """Large ones that only some labs need."""
    paths = [find_program(name) for name in names]
    for path in paths:
        archive.copy(in_usr(path), path, 0o755)
    if "orted" in names:
        paths += mpi.add(archive)
    if paths:
        add_libraries(archive, base_top, paths)


def build_overlay(kernel, base_top, work, programs):
    """KDIPC's own part, in the directory work; returns the archive's path."""
    overlay = os.path.join(work, "overlay.cpio")
    stage = os.path.join(work, "stage")
    modules = kernel.built_modules()
    shutil.rmtree(stage, ignore_errors=True)
    if modules:
        shutil.copytree(os.path.join(base_top, "lib"), os.path.join(stage, "lib"))
    tree = ModuleTree(kernel, stage)
    for path in modules:
        tree.add_own(path)
    with Archive(overlay) as archive:
        if modules:
            tree.index()
            tree.write(archive, without=base_top)
        add_tool(archive, base_top)
        add_more_programs(archive, base_top, programs)
    shutil.rmtree(stage, ignore_errors=True)
    return overlay


def build(kernel, work, programs=()):
    """The whole initramfs for a lab in the directory work, with more programs."""
    base, top = build_base(kernel)
    overlay = build_overlay(kernel, top, work, programs)
    path = os.path.join(work, "initrd")
    with open(path, "wb") as target:
        for part in (base, overlay):
            with open(part, "rb") as source:
                shutil.copyfileobj(source, target)
    os.unlink(overlay)
    return path
