# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# make help says what there is.  Modules are built out of tree: build/KERNEL/
# mirrors the sources by symbolic links, so that several kernels' objects live
# side by side and the sources stay clean.

KERNEL ?= 6.1
KDIPC_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kdipc
JOBS ?= $(shell nproc)
export KDIPC_CACHE

kernel_build = $(KDIPC_CACHE)/kernel/$(KERNEL)/build
out := $(CURDIR)/build/$(KERNEL)
module_dirs := $(patsubst %/Kbuild,%,$(wildcard kmod/Kbuild rdma/Kbuild))
lab_cflags := -O2 -g -Wall -Wextra -std=gnu11

.PHONY: help
help:
	@echo 'make deps        fetch programs, kernels and headers (apt needs root or sudo)'
	@echo 'make modules     build kdipc.ko and kdipc_rdma.ko into build/KERNEL/'
	@echo 'make tools       build the kdipc tool, the examples and the benchmarks'
	@echo 'make lab-tools   build what the lab runs: its switch and its agent'
	@echo 'make clean       remove all that was built'
	@echo
	@echo 'Variables: KERNEL=6.1|6.12|debug (now $(KERNEL)),'
	@echo 'KDIPC_CACHE (now $(KDIPC_CACHE))'

.PHONY: deps
deps:
	@selftests/lab/deps

.PHONY: deps-$(KERNEL)
deps-$(KERNEL):
	@selftests/lab/deps tools $(KERNEL)

.PHONY: modules
modules: deps-$(KERNEL)
	@mkdir -p $(out)
	@flock $(out)/lock $(MAKE) --no-print-directory modules-locked

# Two builds of one kernel at a time would trample on each other.
.PHONY: modules-locked
modules-locked: $(addprefix module-,$(module_dirs))

.PHONY: module-kmod module-rdma
module-kmod module-rdma: module-%: mirror
	@$(MAKE) -C $(kernel_build) -j$(JOBS) --no-print-directory W=1 M=$(out)/$* \
		CONFIG_DEBUG_INFO_BTF_MODULES= \
		KBUILD_EXTRA_SYMBOLS=$(if $(filter rdma,$*),$(out)/kmod/Module.symvers) modules

module-rdma: $(if $(wildcard kmod/Kbuild),module-kmod)

.PHONY: mirror
mirror:
	@mkdir -p $(out)
	@find $(out) -xtype l -delete
	@ln -sfn $(CURDIR)/include $(out)/include
	@cp -rsf $(addprefix $(CURDIR)/,kmod rdma) $(out)/

.PHONY: tools
tools:
	@$(MAKE) --no-print-directory -C userspace

.PHONY: lab-tools
lab-tools: build/lab/switch build/lab/agent

build/lab/switch: selftests/lab/switch.c
	@mkdir -p $(@D)
	$(CC) $(lab_cflags) -o $@.$$$$ $< && mv $@.$$$$ $@

build/lab/agent: selftests/lab/agent.c
	@mkdir -p $(@D)
	$(CC) $(lab_cflags) -static -o $@.$$$$ $< && mv $@.$$$$ $@

.PHONY: clean
clean:
	rm -rf build
	@$(MAKE) --no-print-directory -C userspace clean
