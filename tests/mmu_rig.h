/*
 * An MMU alone: RAM on a memory bus, and nothing that executes.
 */
#ifndef TESTS_MMU_RIG_H
#define TESTS_MMU_RIG_H

#include "mmu/mmu.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { MMU_RIG_RAM = 8 << 20 };

static AddressSpace *space;
static Memory ram;
static Mmu *mmu;

static inline void mmu_rig_open(void)
{
    space = calloc(1, sizeof *space);
    mmu = calloc(1, sizeof *mmu);
    space_init(space, "memory", ((u64)1 << 40) - 1, NULL);
    cr_assert(memory_create(&ram, MMU_RIG_RAM));
    space_add_memory(space, "ram", 0, MMU_RIG_RAM, &ram, 0, true);
    mmu_init(mmu, space, 40, NULL);
}

static inline void mmu_rig_close(void)
{
    memory_destroy(&ram);
    free(mmu);
    free(space);
}

#endif
