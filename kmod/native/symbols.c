// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel functions that are hooked or called without being exported.
 * Copyright (C) 2026 The KDIPC authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>

#include "compat.h"
#include "symbols.h"

typedef unsigned long native_kallsyms_lookup_name_fn(const char *name);

DEFINE_STATIC_CALL_NULL(kdipc_native_kallsyms_lookup_name, native_kallsyms_lookup_name_fn);

DEFINE_STATIC_CALL_NULL(kdipc_native_ipcget, native_ipcget_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_do_shmat, native_do_shmat_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_ksys_shmdt, native_ksys_shmdt_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_shm_mmap, native_shm_mmap_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_shmctl_stat, native_shmctl_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_shmctl_down, native_shmctl_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_semctl_stat, native_semctl_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_semctl_down, native_semctl_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_semctl_main, native_semctl_main_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_semctl_setval, native_semctl_setval_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native___do_semtimedop, native_semtimedop_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_exit_sem, native_exit_sem_fn);

DEFINE_STATIC_CALL_NULL(kdipc_native_ftrace_location, native_ftrace_location_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_ipc_obtain_object_check, ipc_obtain_object_check);
DEFINE_STATIC_CALL_NULL(kdipc_native_ipcctl_obtain_check, ipcctl_obtain_check);
DEFINE_STATIC_CALL_NULL(kdipc_native_do_shm_rmid, native_do_shm_rmid_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_do_munmap, native_do_munmap_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_put_ipc_ns, native_put_ipc_ns_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_security_shm_shmctl, native_security_ipcctl_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_security_sem_semctl, native_security_ipcctl_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_security_sem_semop, native_security_semop_fn);
DEFINE_STATIC_CALL_NULL(kdipc_native_ipcperms, native_ipcperms_fn);

struct kdipc_symbols kdipc_symbols __ro_after_init;

struct symbol {
	const char *name;
	struct static_call_key *key;
	void *trampoline;
};

#define SYMBOL(function)							\
{										\
	.name = #function,							\
	.key = &STATIC_CALL_KEY(kdipc_native_##function),			\
	.trampoline = STATIC_CALL_TRAMP_ADDR(kdipc_native_##function),		\
}

static const struct symbol hooked[KDIPC_HOOK_NR] __initconst = {
	[KDIPC_HOOK_IPCGET] = SYMBOL(ipcget),
	[KDIPC_HOOK_SEMTIMEDOP] = SYMBOL(__do_semtimedop),
	[KDIPC_HOOK_SHMAT] = SYMBOL(do_shmat),
	[KDIPC_HOOK_SHMDT] = SYMBOL(ksys_shmdt),
	[KDIPC_HOOK_SHM_MMAP] = SYMBOL(shm_mmap),
	[KDIPC_HOOK_SHMCTL_STAT] = SYMBOL(shmctl_stat),
	[KDIPC_HOOK_SHMCTL_DOWN] = SYMBOL(shmctl_down),
	[KDIPC_HOOK_SEMCTL_STAT] = SYMBOL(semctl_stat),
	[KDIPC_HOOK_SEMCTL_DOWN] = SYMBOL(semctl_down),
	[KDIPC_HOOK_SEMCTL_MAIN] = SYMBOL(semctl_main),
	[KDIPC_HOOK_SEMCTL_SETVAL] = SYMBOL(semctl_setval),
	[KDIPC_HOOK_EXIT_SEM] = SYMBOL(exit_sem),
};

static const struct symbol called[] __initconst = {
	SYMBOL(ftrace_location),
	SYMBOL(ipc_obtain_object_check),
	SYMBOL(ipcctl_obtain_check),
	SYMBOL(do_shm_rmid),
	SYMBOL(do_munmap),
	SYMBOL(put_ipc_ns),
	SYMBOL(ipcperms),
#ifdef CONFIG_SECURITY
	SYMBOL(security_shm_shmctl),
	SYMBOL(security_sem_semctl),
	SYMBOL(security_sem_semop),
#endif
};

/* A kprobe is the one exported way to the address of a function by name. */
static int __init find_lookup(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	int err;

	err = register_kprobe(&probe);
	if (err) {
		pr_err("cannot load: no kprobe on kallsyms_lookup_name (%d)\n", err);
		return err;
	}
	static_call_update(kdipc_native_kallsyms_lookup_name,
			   (native_kallsyms_lookup_name_fn *)probe.addr);
	unregister_kprobe(&probe);
	return 0;
}

static unsigned long __init symbol_find(const char *name)
{
	unsigned long address;

	address = static_call(kdipc_native_kallsyms_lookup_name)(name);
	if (!address)
		pr_err("cannot load: this kernel has no symbol %s\n", name);
	return address;
}

static void __init set_target(const struct symbol *symbol, unsigned long target)
{
	__static_call_update(symbol->key, symbol->trampoline, (void *)target);
}

static int __init find_called(const struct symbol *symbol)
{
	unsigned long address = symbol_find(symbol->name);

	if (!address)
		return -ENOENT;
	set_target(symbol, address);
	return 0;
}

static int __init find_hooked(const struct symbol *symbol, unsigned long *hook)
{
	unsigned long address = symbol_find(symbol->name);

	if (!address)
		return -ENOENT;
	*hook = kdipc_native(ftrace_location)(address);
	if (!*hook) {
		pr_err("cannot load: this kernel cannot trace %s\n", symbol->name);
		return -ENOENT;
	}
	set_target(symbol, *hook + MCOUNT_INSN_SIZE);
	return 0;
}

static int __init find_data(void)
{
	kdipc_symbols.shm_vm_ops = (void *)symbol_find("shm_vm_ops");
	kdipc_symbols.shmem_file_operations = (void *)symbol_find("shmem_file_operations");
	kdipc_symbols.shm_rcu_free = (rcu_callback_t)symbol_find("shm_rcu_free");
	if (!kdipc_symbols.shm_vm_ops || !kdipc_symbols.shmem_file_operations ||
	    !kdipc_symbols.shm_rcu_free)
		return -ENOENT;
	return 0;
}

int __init kdipc_symbols_init(void)
{
	unsigned int i;
	int err;

	err = find_lookup();
	for (i = 0; !err && i < ARRAY_SIZE(called); i++)
		err = find_called(&called[i]);
	for (i = 0; !err && i < ARRAY_SIZE(hooked); i++)
		err = find_hooked(&hooked[i], &kdipc_symbols.hook[i]);
	return err ?: find_data();
}

void kdipc_put_ipc_ns(struct ipc_namespace *ns)
{
	kdipc_native(put_ipc_ns)(ns);
}
