/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few kernel names that kmod/engine and wire.h use, for user space.
 * Copyright (C) 2026 The KDIPC authors
 *
 * In the kernel this is a list of headers.  In the simulator and the fuzzers
 * it defines the same names over libc: nothing else may be used in the engine.
 */
#ifndef _KDIPC_SHIM_H
#define _KDIPC_SHIM_H

#ifdef __KERNEL__

#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#else

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef uint16_t __le16;
typedef uint32_t __le32;
typedef uint64_t __le64;

#define cpu_to_le16(x)	htole16(x)
#define cpu_to_le32(x)	htole32(x)
#define cpu_to_le64(x)	htole64(x)
#define le16_to_cpu(x)	le16toh(x)
#define le32_to_cpu(x)	le32toh(x)
#define le64_to_cpu(x)	le64toh(x)

#define U16_MAX		UINT16_MAX
#define U32_MAX		UINT32_MAX
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define BIT_ULL(n)	(1ULL << (n))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define min(a, b)	((a) < (b) ? (a) : (b))
#define max(a, b)	((a) > (b) ? (a) : (b))
#define array_index_nospec(index, size)	((void)(size), (index))
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define hweight64(x)	((unsigned int)__builtin_popcountll(x))
#define __ffs64(x)	((unsigned long)__builtin_ctzll(x))

/* A broken invariant of our own stops the simulator at once. */
#define WARN_ON_ONCE(c)						\
({								\
	bool __broken = !!(c);					\
								\
	if (__broken) {						\
		fprintf(stderr, "%s:%d: %s\n", __FILE__,	\
			__LINE__, #c);				\
		__builtin_trap();				\
	}							\
	__broken;						\
})

#endif /* __KERNEL__ */

#endif /* _KDIPC_SHIM_H */
