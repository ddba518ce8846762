// SPDX-License-Identifier: GPL-2.0
/*
 * The hooks of shmget(), semget() and semop(): direct calls.
 * Copyright (C) 2026 The KDIPC authors
 *
 * Programs that do not use KDIPC make these calls, too, and often.  An ftrace
 * callback costs them some forty instructions, most of which save and restore
 * registers.  A direct call goes from the first instruction of the hooked
 * function to a few of our own, which look at the arguments and return.
 *
 * What is to be done is decided in C, by functions that keep all registers but
 * that of their result.  If the call is ours, the trampoline returns into the
 * hook instead of the hooked function: with the registers and the stack as they
 * were when that was called.
 *
 * A function has one direct caller at most: a BPF program (fentry) in its place
 * makes the load fail, and the reverse.
 */
#include <asm/ibt.h>
#include <linux/nsproxy.h>
#include <uapi/linux/kdipc.h>

#include "anchor_table.h"
#include "compat.h"
#include "direct.h"
#include "hooks.h"
#include "rule.h"

#if !__has_attribute(__no_caller_saved_registers__)
#error "KDIPC needs a compiler that knows no_caller_saved_registers"
#endif

struct direct {
	struct ftrace_ops ops;
	enum kdipc_hook hook;
	void (*trampoline)(void);
};

static struct direct direct[] = {
	{ .hook = KDIPC_HOOK_IPCGET, .trampoline = kdipc_trampoline_ipcget },
	{ .hook = KDIPC_HOOK_SEMTIMEDOP, .trampoline = kdipc_trampoline_semtimedop },
};

/* Ours has the flag, or may be given it by a rule.  Keeps all registers but the result's. */
__no_caller_saved_registers notrace native_ipcget_fn *
kdipc_direct_ipcget(struct ipc_namespace *ns, struct ipc_ids *ids, const struct native_ops *ops,
		    struct native_params *params)
{
	if (likely((params->flg & IPC_KDIPC) != IPC_KDIPC && !kdipc_rule_concerns(params)))
		return NULL;
	return kdipc_hook_ipcget;
}

/* Apart, as it has to save registers first. */
static __no_caller_saved_registers notrace noinline bool
is_anchor(struct ipc_namespace *ns, int semid)
{
	return kdipc_anchor_exists(KDIPC_OBJECT_SEM, ns, semid);
}

__no_caller_saved_registers notrace native_semtimedop_fn *
kdipc_direct_semtimedop(int semid, struct sembuf *sops, unsigned int nsops,
			const struct timespec64 *timeout, struct ipc_namespace *ns)
{
	if (likely(!kdipc_anchor_any(KDIPC_OBJECT_SEM)) || !is_anchor(ns, semid))
		return NULL;
	return kdipc_hook_semtimedop;
}

#define TRAMPOLINE(call)					\
asm(								\
"	.pushsection .text, \"ax\", @progbits\n"		\
"	.type	kdipc_trampoline_" #call ", @function\n"	\
"	.globl	kdipc_trampoline_" #call "\n"			\
"kdipc_trampoline_" #call ":\n"					\
	ASM_ENDBR						\
"	pushq	%rbp\n"						\
"	movq	%rsp, %rbp\n"					\
	CALL_DEPTH_ACCOUNT					\
"	call	kdipc_direct_" #call "\n"			\
"	popq	%rbp\n"						\
"	testq	%rax, %rax\n"					\
"	jnz	1f\n"						\
	ASM_RET							\
"1:	movq	%rax, (%rsp)\n"					\
	ASM_RET							\
"	.size	kdipc_trampoline_" #call ", . - kdipc_trampoline_" #call "\n" \
"	.popsection\n"						\
)

TRAMPOLINE(ipcget);
TRAMPOLINE(semtimedop);

static int __init direct_enable(struct direct *one)
{
	int err;

	err = ftrace_set_filter_ip(&one->ops, kdipc_symbols.hook[one->hook], 0, 1);
	if (!err)
		err = kdipc_register_direct(&one->ops, (unsigned long)one->trampoline);
	if (err)
		ftrace_free_filter(&one->ops);
	return err;
}

static void direct_disable(struct direct *one)
{
	kdipc_unregister_direct(&one->ops, (unsigned long)one->trampoline);
	ftrace_free_filter(&one->ops);
}

int __init kdipc_direct_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(direct); i++) {
		err = direct_enable(&direct[i]);
		if (err)
			goto undo;
	}
	return 0;
undo:
	while (i--)
		direct_disable(&direct[i]);
	return err;
}

void kdipc_direct_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(direct); i++)
		direct_disable(&direct[i]);
}
