# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
"""How a node's virtual machine is run.

One vCPU by default: under TCG a second one makes waking dearer.  With several,
TCG runs them in turn in one thread (LAB_TCG=multi overrides): QEMU 7.2 may oops
a guest that patches its kernel text, as ftrace and module loading do, while
other vCPUs run it.

norandmaps: TCG translates a program for each address that it is run at, and frees
a page in a time quadratic in its translations: tens of seconds, in which the guest
stands, for a tool of which another copy is put when it has been run often.
"""

import functools
import os
import subprocess
import tempfile

from lib.places import CACHE

from .say import LabError

TCG_CPU = "max,erms=off,fsrm=off,pclmulqdq=off"
BASE = ("console=ttyS0 panic=-1 loglevel=5 mitigations=off nokaslr norandmaps tsc=reliable "
        "no_timer_check audit=0 random.trust_cpu=on unknown_nmi_panic watchdog_thresh=30 "
        "rcupdate.rcu_cpu_stall_timeout=60 "
        "panic_on_warn=1 oops=panic hung_task_panic=1")
SLOW = {
    "6.1": "slub_debug=FZPU page_poison=1",
    "6.12": "slub_debug=FZPU page_poison=1 kfence.sample_interval=50",
    "debug": "",
}
# Without acpi=noirq a kernel without the drivers that Debian's has takes a minute to boot.
EXTRA = {"6.1": "", "6.12": "", "debug": "acpi=noirq kmemleak=off"}
PROBE_SECONDS = 30


def accelerator(kernel):
    """kvm if a kernel boots with it, found out once per boot of the host."""
    asked = os.environ.get("LAB_ACCEL")
    if asked in ("kvm", "tcg"):
        return asked
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        answer = os.path.join(CACHE, "accel-" + file.read().strip())
    try:
        with open(answer, encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        pass
    found = "kvm" if boots_with_kvm(kernel) else "tcg"
    with open(answer, "w", encoding="ascii") as file:
        file.write(found + "\n")
    return found


def boots_with_kvm(kernel):
    """Whether the kernel gets as far as missing its root file system."""
    with tempfile.TemporaryDirectory() as work:
        console = os.path.join(work, "console")
        command = ["qemu-system-x86_64", *machine("kvm", 1, 256), "-kernel", kernel.vmlinux,
                   "-append", "console=ttyS0 panic=-1", "-serial", "file:" + console]
        try:
            subprocess.run(command, timeout=PROBE_SECONDS, check=False,
                           stdin=subprocess.DEVNULL, capture_output=True)
            with open(console, encoding="utf-8", errors="replace") as file:
                return "Unable to mount root fs" in file.read()
        except (subprocess.TimeoutExpired, OSError):
            return False


def machine(accel, smp, memory):
    if accel == "kvm":
        words = ["-accel", "kvm", "-cpu", "host"]
    else:
        thread = os.environ.get("LAB_TCG", "multi" if smp == 1 else "single")
        words = ["-accel", f"tcg,thread={thread}", "-cpu", TCG_CPU]
    # With room for one only, TCG leaves out memory barriers, and virtio's kicks get lost.
    return [*words, "-smp", f"{smp},maxcpus={max(smp, 2)}", "-m", str(memory), "-nodefaults", "-nographic",
            "-no-reboot", "-machine", "q35,usb=off,vmport=off"]


@functools.cache
def tsc_khz(program):
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout.strip()


def frequency(config):
    """A guest of TCG that measures it on a busy host gets every time wrong (tsc.c)."""
    return "tsc_early_khz=" + tsc_khz(config["tsc"]) if config["accel"] == "tcg" else ""


def kernel_arguments(config, node):
    name = config["kernel"]
    words = [BASE, EXTRA[name], "" if config["fast"] else SLOW[name], frequency(config),
             f"node={node} nodes={config['nodes']}", config["append"]]
    return " ".join(word for word in words if word)


def command(config, node):
    """The command line, to be run in the lab's directory."""
    return [
        "qemu-system-x86_64",
        *machine(config["accel"], config["smp"], config["memory"]),
        "-kernel", config["vmlinux"], "-initrd", "initrd",
        "-append", kernel_arguments(config, node),
        "-chardev", f"file,id=console,path={node}/console,append=on", "-serial", "chardev:console",
        "-qmp", f"unix:{node}/qmp,server=on,wait=off",
        "-device", "virtio-serial-pci",
        "-chardev", f"socket,id=agent,path={node}/agent,server=on,wait=off",
        "-device", "virtserialport,chardev=agent,name=agent",
        "-netdev", f"stream,id=net,server=off,addr.type=unix,addr.path=switch/{node}",
        "-device", f"virtio-net-pci,netdev=net,mac=52:54:00:77:00:{node:02x},romfile=,"
                   "host_mtu=9000",
    ]


def check_installed():
    try:
        subprocess.run(["qemu-system-x86_64", "-version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        raise LabError("qemu-system-x86_64 does not run: run selftests/lab/deps tools")
