# SPDX-License-Identifier: GPL-2.0
# Copyright (C) 2026 The KDIPC authors
#
# What the Makefiles of ipc, shm and sem share.  All programs are static, so that
# they run on any node.
#
# The conformance programs use the kernel's kselftest_harness.h.  It is looked
# for in KSELFTEST_DIR, which selftests/lab/deps fills from linux-source-6.1.

all:

include ../../lib/places.mk
KSELFTEST_DIR ?= $(KDIPC_CACHE)/source/tools/testing/selftests

CFLAGS ?= -O2 -g
flags := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -I../../../include/uapi -I../ipc
link = $(CC) $(flags) $(CFLAGS) -static $(LDFLAGS) -o $@
kselftest := $(KSELFTEST_DIR)/kselftest_harness.h
harness := ../ipc/ipctest.h ../ipc/actor.h
actor := actor.o keeper.o

vpath %.c ../ipc

$(kselftest):
	@echo "$@ is missing: run 'make deps' at the top, or set KSELFTEST_DIR" >&2
	@exit 1

%.32.o: %.c ../ipc/actor.h
	$(CC) -m32 $(flags) $(CFLAGS) -c -o $@ $<

%.o: %.c ../ipc/actor.h ../ipc/party.h
	$(CC) $(flags) $(CFLAGS) -c -o $@ $<

.PHONY: all clean
