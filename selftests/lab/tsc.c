// SPDX-License-Identifier: GPL-2.0
/*
 * tsc: print the frequency of this machine's time stamp counter in kHz.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Under TCG a guest reads the host's counter, but has to find out its frequency
 * against an emulated timer; on a busy host it is wrong by a factor of two or
 * more, and with it every time in the guest.  The lab tells it instead.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define TRIES	200
#define PAUSE	300000000	/* ns */

struct sample {
	uint64_t ticks;
	uint64_t ns;
	uint64_t width;
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* The narrowest of many readings: one without an interruption. */
static struct sample take(void)
{
	struct sample best = { .width = UINT64_MAX };

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = now();
		uint64_t ticks = __rdtsc();
		uint64_t after = now();

		if (after - before < best.width)
			best = (struct sample){
				.ticks = ticks,
				.ns = before + (after - before) / 2,
				.width = after - before,
			};
	}
	return best;
}

int main(void)
{
	const struct timespec pause = { .tv_nsec = PAUSE };
	struct sample from = take();
	struct sample to;

	nanosleep(&pause, NULL);
	to = take();
	printf("%.0f\n", (double)(to.ticks - from.ticks) * 1e6 / (double)(to.ns - from.ns));
	return 0;
}
