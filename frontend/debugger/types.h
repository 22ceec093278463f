/*
 * C's types as DWARF describes them (DWARF 5, "Type Entries"): what the bytes of a value mean.
 *
 * Files come from outside, and may be damaged: types that lead in circles end as C_UNKNOWN.
 */
#ifndef FRONTEND_DEBUGGER_TYPES_H
#define FRONTEND_DEBUGGER_TYPES_H

#include "mmu/base.h"

#include <elfutils/libdw.h>

enum { TYPE_NAME = 96 };

/* Valid while its file of symbols is loaded. */
typedef struct CType {
    bool known;
    bool is_void;       /* there is no entry */
    u8 pointers;        /* pointers to the entry's type: `struct task *` may have no entry of its own */
    u8 indexed;         /* of an array of arrays: how many dimensions are behind us */
    u8 word;            /* bytes of an address in its program */
    Dwarf_Die entry;
} CType;

typedef enum CTypeKind {
    C_UNKNOWN, C_VOID, C_INTEGER, C_CHARACTER, C_BOOLEAN, C_FLOAT, C_ENUMERATION, C_POINTER,
    C_ARRAY, C_RECORD,  /* a structure or union */
    C_FUNCTION,
} CTypeKind;

typedef struct CMember {
    const char *name;   /* NULL: its own members belong to the one around it */
    CType type;
    u64 offset;         /* bytes */
    u8 bits, shift;     /* of a bit field; 0 bits: it is none */
} CMember;

/* An entry of a type as a type. */
CType type_of_entry(Dwarf_Die *entry);
/* The type of a variable, a member, a pointer's target; void where there is none. */
CType type_of(Dwarf_Die *entry);

CTypeKind type_kind(const CType *type);
u64 type_size(const CType *type);               /* bytes; 0: not known */
bool type_is_signed(const CType *type);
CType type_pointer(const CType *type);          /* a pointer to it */
CType type_target(const CType *type);           /* of a pointer; an array's element; else not known */
u64 type_count(const CType *type);              /* an array's elements; 0: not known */
bool type_is_text(const CType *type);           /* an array of, or a pointer to, characters */

/* "struct task *", "char [16]" */
const char *type_name(const CType *type, char *text, size_t size);

/* The name of a record of which this unit knows no more; NULL: it is none of those. */
const char *type_incomplete(const CType *type);

/* A record's members in order, until `visit` says false. */
typedef bool MemberVisit(void *owner, const CMember *member);
void type_each_member(const CType *type, MemberVisit *visit, void *owner);
/* Also within members that have no name; the offset is from the beginning of all. */
bool type_member(const CType *type, const char *name, size_t length, CMember *member);

/* An enumeration's values in order. */
typedef void EnumeratorVisit(void *owner, const char *name, i64 value);
void type_each_enumerator(const CType *type, EnumeratorVisit *visit, void *owner);
/* The name of an enumeration's value; NULL: it has none. */
const char *type_enumerator(const CType *type, u64 value);
/* The lowest of its values that are one bit of `value`; NULL: there is none. */
const char *type_enumerator_bit(const CType *type, u64 value, u64 *found);

#endif
