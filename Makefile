# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# make help says what there is.  Modules are built out of tree: build/KERNEL/
# mirrors the sources by symbolic links, so that several kernels' objects live
# side by side and the sources stay clean.

KERNEL ?= 6.1
include selftests/lib/places.mk
JOBS ?= $(shell nproc)
export KDIPC_CACHE

kernel_build = $(KDIPC_CACHE)/kernel/$(KERNEL)/build
out := $(CURDIR)/build/$(KERNEL)
module_dirs := $(patsubst %/Kbuild,%,$(wildcard kmod/Kbuild rdma/Kbuild))
lab_cflags := -O2 -g -Wall -Wextra -std=gnu11

.PHONY: help
help:
	@echo 'make deps        fetch programs, kernels and headers (apt needs root or sudo)'
	@echo 'make modules     build kdipc.ko, kdipc_rdma.ko and kdipc_loop.ko into build/KERNEL/'
	@echo 'make tools       build the kdipc tool, libkdipc, the examples and the benchmarks'
	@echo 'make tests       build the programs that selftests/ run on the nodes'
	@echo 'make lab-tools   build what the lab runs: its switch and its agent'
	@echo 'make demo        three virtual machines compute together; draws build/demo/plate.png'
	@echo 'make check       all tests; make check-debug: on a kernel with sanitizers'
	@echo 'make bench       measure, and write the table of ratios'
	@echo 'make style       checkpatch, sparse, kernel-doc, shellcheck, rules of this tree'
	@echo 'make sim         the engine in its simulator'
	@echo 'make docs        the documentation as HTML, in build/docs'
	@echo 'make install     tool, library, scripts, man pages, sources for dkms (DESTDIR, PREFIX)'
	@echo 'make dkms        install, and build and install the modules (PREFIX, KERNELRELEASE)'
	@echo 'make uninstall   take away what these two wrote, but not /etc/kdipc.conf'
	@echo 'make clean       remove all that was built'
	@echo
	@echo 'Variables: KERNEL=6.1|6.12|debug (now $(KERNEL)),'
	@echo 'KDIPC_CACHE (now $(KDIPC_CACHE))'

.PHONY: deps
deps:
	@selftests/lab/deps

.PHONY: deps-$(KERNEL) # internal
deps-$(KERNEL):
	@selftests/lab/deps tools $(KERNEL)

.PHONY: modules
modules: deps-$(KERNEL)
	@mkdir -p $(out)
	@flock $(out)/lock $(MAKE) --no-print-directory modules-locked

# Two builds of one kernel at a time would trample on each other.
.PHONY: modules-locked # internal
modules-locked: $(addprefix module-,$(module_dirs))

.PHONY: module-kmod module-rdma # internal
module-kmod module-rdma: module-%: mirror
	@$(MAKE) -C $(kernel_build) -j$(JOBS) --no-print-directory W=1 M=$(out)/$* \
		CONFIG_DEBUG_INFO_BTF_MODULES= \
		KBUILD_EXTRA_SYMBOLS=$(if $(filter rdma,$*),$(out)/kmod/Module.symvers) modules

module-rdma: $(if $(wildcard kmod/Kbuild),module-kmod)

.PHONY: mirror # internal
mirror:
	@mkdir -p $(out)
	@find $(out) -xtype l -delete
	@ln -sfn $(CURDIR)/include $(out)/include
	@cp -rsf $(addprefix $(CURDIR)/,kmod rdma) $(out)/

.PHONY: tools
tools:
	@$(MAKE) --no-print-directory -C userspace

.PHONY: tests
tests: deps-source
	@$(MAKE) --no-print-directory -C selftests

.PHONY: deps-source # internal
deps-source:
	@selftests/lab/deps source

.PHONY: lab-tools
lab-tools: build/lab/switch build/lab/agent build/lab/tsc

build/lab/switch: selftests/lab/switch.c
	@mkdir -p $(@D)
	$(CC) $(lab_cflags) -o $@.$$$$ $< && mv $@.$$$$ $@

build/lab/tsc: selftests/lab/tsc.c
	@mkdir -p $(@D)
	$(CC) $(lab_cflags) -o $@.$$$$ $< && mv $@.$$$$ $@

build/lab/agent: selftests/lab/agent.c
	@mkdir -p $(@D)
	$(CC) $(lab_cflags) -static -o $@.$$$$ $< && mv $@.$$$$ $@

# Everything, on both stock kernels.  TESTS passes options to selftests/run, for
# example TESTS='--group cluster --kernel 6.12'.
.PHONY: check
check: deps deps-check
	@selftests/run $(TESTS)

.PHONY: check-debug
check-debug: deps deps-check
	@selftests/lab/deps debug
	@selftests/run --kernel debug $(TESTS)

.PHONY: style sim
style sim: deps deps-check
	@selftests/run --group $@ $(TESTS)

.PHONY: deps-check # internal
deps-check:
	@selftests/lab/deps check

.PHONY: demo bench
demo: modules tools lab-tools
	@userspace/examples/demo --kernel $(KERNEL)

bench: modules tools lab-tools
	@selftests/lab/deps bench
	@userspace/bench/bench --kernel $(KERNEL)

.PHONY: docs
docs:
	@selftests/lab/deps docs
	@sphinx-build -q -b html -d build/docs/.doctrees Documentation build/docs
	@echo 'Documentation: build/docs/index.html'

version := $(shell sed -n 's/^.define KDIPC_VERSION "\(.*\)"/\1/p' include/kdipc/version.h)
PREFIX ?= /usr
libdir ?= $(PREFIX)/lib$(if $(filter /usr,$(PREFIX)),/x86_64-linux-gnu)
unitdir ?= $(if $(filter /usr,$(PREFIX)),/lib,$(PREFIX)/lib)/systemd/system
source_dir = $(PREFIX)/src/kdipc-$(version)
# The kernel that make dkms builds modules for.
KERNELRELEASE ?= $(shell uname -r)
places = DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' LIBDIR='$(libdir)' UNITDIR='$(unitdir)'

.PHONY: needs-install needs-dkms # internal
needs-install needs-dkms: needs-%:
	@CC='$(CC)' DESTDIR='$(DESTDIR)' KERNELRELEASE='$(KERNELRELEASE)' userspace/needs $*

.PHONY: install
install: needs-install
	@$(MAKE) --no-print-directory -C userspace kdipc
	@$(MAKE) --no-print-directory -C userspace/lib install $(places)
	@$(MAKE) --no-print-directory -C userspace/tool install $(places)
	rm -rf $(DESTDIR)$(source_dir)
	install -d $(DESTDIR)$(source_dir)
	cp -r COPYING include kmod rdma $(DESTDIR)$(source_dir)/
	sed 's/@VERSION@/$(version)/' kmod/dkms.conf.in >$(DESTDIR)$(source_dir)/dkms.conf

# What dkms has of this version, for the kernels that $(1) says.
dkms_remove = if command -v dkms >/dev/null && dkms status kdipc/$(version) | grep -q .; then \
	dkms remove kdipc/$(version) $(1); fi

.PHONY: dkms
dkms: needs-dkms
	@$(MAKE) --no-print-directory install
	@$(call dkms_remove,-k $(KERNELRELEASE))
	dkms install --sourcetree $(PREFIX)/src kdipc/$(version) -k $(KERNELRELEASE)

.PHONY: uninstall
uninstall:
	@$(if $(DESTDIR),,$(call dkms_remove,--all))
	@$(MAKE) --no-print-directory -C userspace/tool uninstall $(places)
	@$(MAKE) --no-print-directory -C userspace/lib uninstall $(places)
	rm -rf $(DESTDIR)$(source_dir)

.PHONY: clean
clean:
	rm -rf build
	@$(MAKE) --no-print-directory -C userspace clean
	@$(MAKE) --no-print-directory -C selftests clean

