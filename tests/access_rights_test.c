/*
 * Every combination of page size, rights at two levels, WP, NXE, SMEP, SMAP, privilege and access,
 * against the manual's statements one by one.
 * Manual: Intel SDM Vol. 3, "Determination of Access Rights", "Page-Fault Exceptions".
 */
#include <criterion/criterion.h>

#include "mmu/paging.h"
#include "tests/mmu_rig.h"

enum { TABLES = 0x10000, LINEAR = 0x40000000 };

/* How the pages of one size are reached. The upper entry under test is the one above the leaf,
 * or, in PAE paging of large pages, there is none: PDPTEs have no rights. */
typedef struct Layout {
    const char *name;
    Size entry_size;
    unsigned levels, leaf; /* tables in memory; the leaf's level, 1: a page table */
    unsigned index_bits;
    u64 cr4, efer;
    bool has_nx;
} Layout;

static const Layout layouts[] = {
    {"32-bit, 4 KiB", DWORD, 2, 1, 10, CR4_PSE, 0, false},
    {"32-bit, 4 MiB", DWORD, 2, 2, 10, CR4_PSE, 0, false},
    {"PAE, 4 KiB", QWORD, 2, 1, 9, CR4_PAE, 0, true},
    {"PAE, 2 MiB", QWORD, 2, 2, 9, CR4_PAE, 0, true},
    {"4-level, 4 KiB", QWORD, 4, 1, 9, CR4_PAE, EFER_LMA, true},
    {"4-level, 2 MiB", QWORD, 4, 2, 9, CR4_PAE, EFER_LMA, true},
    {"4-level, 1 GiB", QWORD, 4, 3, 9, CR4_PAE, EFER_LMA, true},
};

enum { RIGHT_P = 1, RIGHT_W = 2, RIGHT_U = 4, RIGHT_NX = 8, RIGHTS = 16, ALL_RIGHTS = 7 };

typedef struct Case {
    const Layout *layout;
    unsigned upper, leaf; /* RIGHT_ bits */
    bool wp, nxe, smep, smap;
    Privilege as;
    Access access;
} Case;

/* ---- what the manual says ---- */

static bool is_reserved(const Case *c, unsigned rights)
{
    return (rights & RIGHT_NX) && !c->nxe;
}

/* "U/S = 1 in every entry" makes a user-mode address. */
static bool is_allowed(const Case *c)
{
    bool user_address = c->upper & c->leaf & RIGHT_U;
    bool writable = c->upper & c->leaf & RIGHT_W;
    bool no_execute = (c->upper | c->leaf) & RIGHT_NX;

    if (c->as == AS_USER) {
        if (!user_address)
            return false;
        return c->access == ACCESS_READ || (c->access == ACCESS_WRITE ? writable : !no_execute);
    }
    if (c->access == ACCESS_EXECUTE)
        return !no_execute && !(user_address && c->smep);
    if (user_address && c->smap && c->as != AS_SUPERVISOR_AC)
        return false;
    return c->access == ACCESS_READ || writable || !c->wp;
}

/* 0: no fault, else the error code with bit 31 set. */
static u32 expected(const Case *c)
{
    bool is_fetch = c->access == ACCESS_EXECUTE && (c->smep || (c->layout->has_nx && c->nxe));
    u32 code = 1u << 31 | (c->access == ACCESS_WRITE ? 2 : 0) | (c->as == AS_USER ? 4 : 0) |
               (is_fetch ? 16 : 0);

    if (!(c->upper & RIGHT_P))
        return code;
    if (is_reserved(c, c->upper))
        return code | 8 | 1;
    if (!(c->leaf & RIGHT_P))
        return code;
    if (is_reserved(c, c->leaf))
        return code | 8 | 1;
    return is_allowed(c) ? 0 : code | 1;
}

/* ---- what the mmu does ---- */

static u64 entry_bits(unsigned rights)
{
    return (rights & ALL_RIGHTS) | (rights & RIGHT_NX ? PTE_NX : 0);
}

static void build_tables(const Case *c)
{
    const Layout *layout = c->layout;
    u64 table = TABLES;

    for (unsigned level = layout->levels; level >= layout->leaf; level--) {
        unsigned shift = 12 + (level - 1) * layout->index_bits;
        u64 index = (u64)LINEAR >> shift & (((u64)1 << layout->index_bits) - 1);
        u64 value = (table + PAGE_SIZE) | ALL_RIGHTS;

        if (level == layout->leaf)
            value = entry_bits(c->leaf) | (level > 1 ? PTE_LARGE : 0);
        else if (level == layout->leaf + 1)
            value = (table + PAGE_SIZE) | entry_bits(c->upper);
        space_write(space, table + index * layout->entry_size, layout->entry_size, value);
        table += PAGE_SIZE;
    }
    for (unsigned i = 0; i < 4; i++)
        mmu->pdptes[i] = TABLES | 1;
}

static u32 outcome(const Case *c)
{
    PhysAddr physical;
    PageFault fault = {0};
    bool done;

    build_tables(c);
    mmu_set_cr3(mmu, TABLES);
    mmu_set_control(mmu, CR0_PG | (c->wp ? CR0_WP : 0) | 1,
                    c->layout->cr4 | (c->smep ? CR4_SMEP : 0) | (c->smap ? CR4_SMAP : 0),
                    c->layout->efer | (c->nxe ? EFER_NXE : 0));
    done = mmu_translate(mmu, LINEAR, c->access, c->as, &physical, &fault);
    /* The TLB must not know more than the walk. */
    cr_expect_eq(mmu_translate(mmu, LINEAR, c->access, c->as, &physical, &fault), done);
    return done ? 0 : 1u << 31 | fault.error_code;
}

static void compare(const Case *c)
{
    u32 wanted = expected(c), got = outcome(c);

    cr_expect_eq(got, wanted,
                 "%s: upper %X, leaf %X, WP %d NXE %d SMEP %d SMAP %d, privilege %d, access %d: "
                 "%08X, not %08X",
                 c->layout->name, c->upper, c->leaf, c->wp, c->nxe, c->smep, c->smap, c->as,
                 c->access, got, wanted);
}

/* A large page of PAE paging has no entry with rights above it. */
static bool has_upper(const Layout *layout)
{
    return layout->leaf < layout->levels;
}

static void compare_all(const Layout *layout)
{
    unsigned rights = layout->has_nx ? RIGHTS : RIGHT_NX;

    for (unsigned i = 0; i < rights * rights * 16 * PRIVILEGES * 3; i++) {
        unsigned rest = i / (rights * rights);
        Case c = {.layout = layout,
                  .leaf = i % rights,
                  .upper = i / rights % rights,
                  .wp = rest & 1,
                  .nxe = rest & 2,
                  .smep = rest & 4,
                  .smap = rest & 8,
                  .as = rest / 16 % PRIVILEGES,
                  .access = rest / 16 / PRIVILEGES};

        if (has_upper(layout) || c.upper == ALL_RIGHTS)
            compare(&c);
    }
}

static void setup(void)
{
    mmu_rig_open();
    mmu->has_1gb_pages = true;
}

TestSuite(access_rights, .init = setup, .fini = mmu_rig_close);

Test(access_rights, of_32_bit_paging)
{
    compare_all(&layouts[0]);
    compare_all(&layouts[1]);
}

Test(access_rights, of_pae_paging)
{
    compare_all(&layouts[2]);
    compare_all(&layouts[3]);
}

Test(access_rights, of_4_level_paging)
{
    compare_all(&layouts[4]);
    compare_all(&layouts[5]);
    compare_all(&layouts[6]);
}
