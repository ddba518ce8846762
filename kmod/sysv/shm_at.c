// SPDX-License-Identifier: GPL-2.0
/*
 * shmat() and shmdt() of distributed segments, and their mappings.
 * Copyright (C) 2026 The KDIPC authors
 *
 * shmat() is native.  What may have to wait for the cluster is done before it,
 * without mmap_lock.  On its way it calls shm_mmap(), behind which we change
 * the mapping's operations to a copy of the native ones with our faults in
 * them; nattch, exit, fork, exec, mremap and munmap then are native, and we
 * count along.
 *
 * Native shmdt() knows its mappings by their operations, so it does not see
 * ours: kdipc_shmdt() looks for them in the same way.
 */
#include <linux/file.h>
#include <linux/mm.h>

#include "shm_anchor.h"
#include "page/fault.h"
#include "compat.h"
#include "hooks.h"
#include "shm_presence.h"

static struct vm_operations_struct vm_operations __read_mostly;

static void segment_open(struct vm_area_struct *vma)
{
	kdipc_symbols.shm_vm_ops->open(vma);
	kdipc_shm_presence_open(kdipc_segment_of_vma(vma));
}

static void segment_close(struct vm_area_struct *vma)
{
	kdipc_symbols.shm_vm_ops->close(vma);
	kdipc_shm_presence_close(kdipc_segment_of_vma(vma));
}

/*
 * Maps nothing: every page goes through kdipc_fault().  That it is there lets
 * newer kernels call kdipc_fault() without mmap_lock.
 */
static vm_fault_t segment_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end)
{
	return 0;
}

void __init kdipc_shm_init(void)
{
	vm_operations = *kdipc_symbols.shm_vm_ops;
	vm_operations.open = segment_open;
	vm_operations.close = segment_close;
	vm_operations.fault = kdipc_fault;
	vm_operations.page_mkwrite = kdipc_fault_mkwrite;
	vm_operations.map_pages = segment_map_pages;
}

int kdipc_shm_mmap(struct file *file, struct vm_area_struct *vma)
{
	int err;

	err = kdipc_native(shm_mmap)(file, vma);
	if (err)
		return err;
	vma->vm_ops = &vm_operations;
	/*
	 * mlock() shall succeed without VM_LOCKED: frames are never swapped, and
	 * the batches of mlocked pages hold references, which look like pins.
	 */
	kdipc_vm_flags_set(vma, VM_MIXEDMAP);
	kdipc_shm_presence_open(kdipc_segment_of_vma(vma));
	return 0;
}

long kdipc_shmat(int shmid, char __user *shmaddr, int shmflg, ulong *raddr, unsigned long shmlba)
{
	struct kdipc_shm_anchor *anchor = kdipc_shm_anchor_find(current->nsproxy->ipc_ns, shmid);
	long ret;

	if (!anchor)
		return kdipc_native(do_shmat)(shmid, shmaddr, shmflg, raddr, shmlba);
	ret = kdipc_shm_presence_begin(anchor);
	if (!ret) {
		ret = kdipc_native(do_shmat)(shmid, shmaddr, shmflg, raddr, shmlba);
		kdipc_shm_presence_end(anchor);
	}
	kdipc_shm_anchor_put(anchor);
	return ret;
}

/* Is it a piece of a segment, ours or native, whose page 0 is at @address? */
static bool starts_at(const struct vm_area_struct *vma, unsigned long address)
{
	return (vma->vm_ops == &vm_operations || vma->vm_ops == kdipc_symbols.shm_vm_ops) &&
	       (vma->vm_start - address) / PAGE_SIZE == vma->vm_pgoff;
}

static struct vm_area_struct *find_first(struct mm_struct *mm, unsigned long address)
{
	struct vm_area_struct *vma = find_vma(mm, address);

	while (vma && !starts_at(vma, address))
		vma = find_vma(mm, vma->vm_end);
	return vma;
}

/* Unmap @vma and all later pieces of the same segment, whose page 0 is at @address. */
static void unmap_pieces(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long address)
{
	struct file *file = get_file(vma->vm_file);
	unsigned long size = PAGE_ALIGN(i_size_read(file_inode(file)));
	unsigned long start, end;

	do {
		start = vma->vm_start;
		end = vma->vm_end;
		if (starts_at(vma, address) && vma->vm_file == file)
			kdipc_native(do_munmap)(mm, start, end - start, NULL);
		vma = find_vma(mm, end);
	} while (vma && vma->vm_end - address <= size);
	fput(file);
}

/* Returns -ENOENT when it is native shmdt()'s. */
static long segment_detach(struct mm_struct *mm, unsigned long address)
{
	struct vm_area_struct *vma;
	long ret = -ENOENT;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	vma = find_first(mm, address);
	if (vma && vma->vm_ops == &vm_operations) {
		unmap_pieces(mm, vma, address);
		ret = 0;
	}
	mmap_write_unlock(mm);
	return ret;
}

long kdipc_shmdt(char __user *shmaddr)
{
	unsigned long address = (unsigned long)shmaddr;
	long ret = -ENOENT;

	if (!offset_in_page(address))
		ret = segment_detach(current->mm, address);
	return ret == -ENOENT ? kdipc_native(ksys_shmdt)(shmaddr) : ret;
}
