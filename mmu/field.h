/*
 * A chip's state, described once. The same table feeds snapshots, replay hashes and the
 * debugger's device panel, so a chip that lists every member of its state needs no other
 * code for any of them. Pointers, wires and things derived from other members are not
 * state and are not listed; `restored` recomputes the latter.
 */
#ifndef MMU_FIELD_H
#define MMU_FIELD_H

#include "mmu/base.h"

typedef struct Field {
    const char *name;   /* the member's name, as the data sheet calls it where it can */
    u32 offset;         /* in bytes from the start of the chip's structure */
    u32 width;          /* of one element: 1, 2, 4 or 8 bytes (bool counts as 1) */
    u32 count;          /* elements: 1, or the length of an array */
    bool boolean;       /* elements hold 0 or 1, whatever a damaged snapshot says */
} Field;

typedef struct StateTable {
    const char *chip;               /* "8259", "ide", ... */
    const Field *fields;
    u32 count;
    void (*restored)(void *chip);   /* after a snapshot was loaded; may be NULL */
} StateTable;

/* A scalar member, an array member, and the due time of an `Event` member. */
#define FIELD(Chip, member) \
    {#member, offsetof(Chip, member), sizeof(((Chip *)0)->member), 1, IS_BOOL(((Chip *)0)->member)}
#define FIELD_ARRAY(Chip, member)                                     \
    {#member, offsetof(Chip, member), sizeof(((Chip *)0)->member[0]), \
     sizeof(((Chip *)0)->member) / sizeof(((Chip *)0)->member[0]),    \
     IS_BOOL(((Chip *)0)->member[0])}
#define FIELD_EVENT(Chip, member) {#member, offsetof(Chip, member.when), sizeof(u64), 1, false}
#define IS_BOOL(expression) _Generic((expression), bool: true, default: false)

#endif
