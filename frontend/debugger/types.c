/*
 * Not implemented: bit fields over more than 8 bytes; arrays that do not begin at 0; complex
 * numbers.
 */
#include "frontend/debugger/types.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>

/* Typedefs, qualifiers, members within members: in a file that may be damaged. */
enum { DEEPEST_TYPE = 16 };

static bool number_of(Dwarf_Die *entry, unsigned name, u64 *number)
{
    Dwarf_Attribute attribute;
    Dwarf_Word word;

    if (!dwarf_attr_integrate(entry, name, &attribute) || dwarf_formudata(&attribute, &word))
        return false;
    *number = word;
    return true;
}

static u8 word_of(Dwarf_Die *entry)
{
    Dwarf_Die unit;
    u8 word = 0;

    return dwarf_diecu(entry, &unit, &word, NULL) && word == QWORD ? QWORD : DWORD;
}

CType type_of_entry(Dwarf_Die *entry)
{
    return (CType){.known = true, .word = word_of(entry), .entry = *entry};
}

CType type_of(Dwarf_Die *entry)
{
    CType type = {.known = true, .word = word_of(entry)};
    Dwarf_Attribute attribute;

    type.is_void =
        !dwarf_formref_die(dwarf_attr_integrate(entry, DW_AT_type, &attribute), &type.entry);
    return type;
}

/* Looks through typedefs and qualifiers. False: there is void behind them, or no end. */
static bool peel(const CType *type, Dwarf_Die *entry)
{
    Dwarf_Attribute attribute;

    if (!type->known || type->is_void)
        return false;
    *entry = type->entry;
    for (unsigned depth = 0; depth < DEEPEST_TYPE; depth++) {
        switch (dwarf_tag(entry)) {
        case DW_TAG_typedef:
        case DW_TAG_const_type:
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type:
            if (!dwarf_formref_die(dwarf_attr_integrate(entry, DW_AT_type, &attribute), entry))
                return false;
            break;
        default:
            return true;
        }
    }
    return false;
}

static CTypeKind kind_of_base(Dwarf_Die *entry)
{
    u64 encoding = 0;

    number_of(entry, DW_AT_encoding, &encoding);
    switch (encoding) {
    case DW_ATE_boolean:
        return C_BOOLEAN;
    case DW_ATE_float:
        return C_FLOAT;
    case DW_ATE_signed_char:
    case DW_ATE_unsigned_char:
        return C_CHARACTER;
    case DW_ATE_signed:
    case DW_ATE_unsigned:
    case DW_ATE_UTF:
        return C_INTEGER;
    default:
        return C_UNKNOWN;
    }
}

CTypeKind type_kind(const CType *type)
{
    Dwarf_Die entry;

    if (!type->known)
        return C_UNKNOWN;
    if (type->pointers)
        return C_POINTER;
    if (!peel(type, &entry))
        return C_VOID;
    switch (dwarf_tag(&entry)) {
    case DW_TAG_base_type:
        return kind_of_base(&entry);
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
        return C_POINTER;
    case DW_TAG_enumeration_type:
        return C_ENUMERATION;
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
        return C_RECORD;
    case DW_TAG_array_type:
        return C_ARRAY;
    case DW_TAG_subroutine_type:
        return C_FUNCTION;
    default:
        return C_UNKNOWN;
    }
}

bool type_is_signed(const CType *type)
{
    u64 encoding = 0;
    Dwarf_Die entry;

    if (type->pointers || !peel(type, &entry))
        return false;
    if (dwarf_tag(&entry) == DW_TAG_enumeration_type && !dwarf_hasattr(&entry, DW_AT_encoding)) {
        CType under = type_of(&entry);

        return !under.is_void && peel(&under, &entry) &&
               number_of(&entry, DW_AT_encoding, &encoding) && encoding == DW_ATE_signed;
    }
    number_of(&entry, DW_AT_encoding, &encoding);
    return encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
}

/* ---- arrays and pointers ---- */

/* Elements in the dimension `index`; 0: not known. *more: there is another dimension. False: there
 * is none. */
static bool dimension(Dwarf_Die *array, unsigned index, u64 *count)
{
    Dwarf_Die child;

    if (dwarf_child(array, &child))
        return false;
    do {
        if (dwarf_tag(&child) != DW_TAG_subrange_type || index--)
            continue;
        *count = 0;
        if (!number_of(&child, DW_AT_count, count) && number_of(&child, DW_AT_upper_bound, count))
            ++*count;
        return true;
    } while (!dwarf_siblingof(&child, &child));
    return false;
}

u64 type_count(const CType *type)
{
    Dwarf_Die entry;
    u64 count = 0;

    if (type_kind(type) == C_ARRAY && peel(type, &entry))
        dimension(&entry, type->indexed, &count);
    return count;
}

CType type_pointer(const CType *type)
{
    CType pointer = *type;

    /* What of an array of arrays is left has no entry: it is known no more. */
    if (type->indexed || type->pointers == UINT8_MAX)
        return (CType){0};
    pointer.pointers++;
    return pointer;
}

CType type_target(const CType *type)
{
    CType target = *type;
    Dwarf_Die entry;
    u64 count;

    switch (type_kind(type)) {
    case C_POINTER:
        if (type->pointers) {
            target.pointers--;
            return target;
        }
        return peel(type, &entry) ? type_of(&entry) : (CType){0};
    case C_ARRAY:
        if (!peel(type, &entry))
            return (CType){0};
        target.indexed++;
        return dimension(&entry, target.indexed, &count) ? target : type_of(&entry);
    default:
        return (CType){0};
    }
}

bool type_is_text(const CType *type)
{
    CType target = type_target(type);

    return type_kind(&target) == C_CHARACTER && type_size(&target) == 1;
}

u64 type_size(const CType *type)
{
    CTypeKind kind = type_kind(type);
    CType element = *type;
    u64 size = 0, count = 1;
    Dwarf_Die entry;

    if (kind == C_POINTER)
        return type->word;
    for (unsigned depth = 0; kind == C_ARRAY && depth < DEEPEST_TYPE; depth++) {
        if (__builtin_mul_overflow(count, type_count(&element), &count))
            return 0;
        element = type_target(&element);
        kind = type_kind(&element);
    }
    if (kind == C_POINTER)
        size = element.word;
    else if (kind == C_ARRAY || !peel(&element, &entry) ||
             !number_of(&entry, DW_AT_byte_size, &size))
        return 0;
    return __builtin_mul_overflow(count, size, &size) ? 0 : size;
}

/* ---- names ---- */

static const char *tag_word(int tag)
{
    switch (tag) {
    case DW_TAG_structure_type:
        return "struct ";
    case DW_TAG_union_type:
        return "union ";
    case DW_TAG_enumeration_type:
        return "enum ";
    default:
        return "";
    }
}

static void add_text(char *text, size_t size, const char *more)
{
    size_t length = strlen(text);

    snprintf(text + length, size - length, "%s", more);
}

static void add_pointer(char *text, size_t size)
{
    size_t length = strlen(text);

    add_text(text, size, length && text[length - 1] == '*' ? "*" : " *");
}

static void name_type(const CType *type, char *text, size_t size, unsigned depth)
{
    Dwarf_Die entry = type->entry;
    const char *name = type->is_void ? NULL : dwarf_diename(&entry);
    int tag = type->is_void ? 0 : dwarf_tag(&entry);
    CType next;

    if (tag == DW_TAG_subroutine_type)
        add_text(text, size, "function");
    else if (name && !type->indexed) {
        add_text(text, size, tag_word(tag));
        add_text(text, size, name);
    } else if (type->is_void || depth == DEEPEST_TYPE) {
        add_text(text, size, type->is_void ? "void" : "?");
    } else if (tag == DW_TAG_structure_type || tag == DW_TAG_union_type ||
               tag == DW_TAG_enumeration_type) {
        add_text(text, size, tag_word(tag));
        add_text(text, size, "{...}");
    } else {
        next = type_of(&entry);
        name_type(&next, text, size, depth + 1);
        if (tag == DW_TAG_pointer_type)
            add_pointer(text, size);
    }
}

const char *type_name(const CType *type, char *text, size_t size)
{
    CType element = *type;
    char bounds[32];

    *text = '\0';
    while (!element.pointers && type_kind(&element) == C_ARRAY && element.indexed < UINT8_MAX &&
           dwarf_tag(&element.entry) == DW_TAG_array_type)
        element = type_target(&element);
    name_type(&element, text, size, 0);
    for (unsigned i = 0; i < element.pointers && i < DEEPEST_TYPE; i++)
        add_pointer(text, size);
    if (element.entry.addr == type->entry.addr)
        return text;
    add_text(text, size, " ");
    for (element = *type; type_kind(&element) == C_ARRAY; element = type_target(&element)) {
        snprintf(bounds, sizeof bounds, "[%llu]", (unsigned long long)type_count(&element));
        add_text(text, size, bounds);
        if (strlen(text) + 1 >= size)
            break;
    }
    return text;
}

const char *type_incomplete(const CType *type)
{
    Dwarf_Attribute attribute;
    Dwarf_Die entry;
    bool declared = false;

    if (type_kind(type) != C_RECORD || !peel(type, &entry) ||
        dwarf_formflag(dwarf_attr(&entry, DW_AT_declaration, &attribute), &declared) || !declared)
        return NULL;
    return dwarf_diename(&entry);
}

/* ---- members ---- */

/* Since DWARF 4 bits are counted from the record's beginning; before, from the most significant end
 * of a storage unit. */
static void place_bits(Dwarf_Die *entry, CMember *member)
{
    u64 bits = 0, from = 0, size = type_size(&member->type);

    if (!number_of(entry, DW_AT_bit_size, &bits) || !bits || bits > 64)
        return;
    if (number_of(entry, DW_AT_data_bit_offset, &from)) {
        member->offset += from / 8;
        from %= 8;
    } else if (number_of(entry, DW_AT_bit_offset, &from)) {
        number_of(entry, DW_AT_byte_size, &size);
        from = size * 8 - from - bits;
    }
    member->bits = (u8)bits;
    member->shift = (u8)from;
}

static CMember member_of(Dwarf_Die *entry)
{
    CMember member = {.name = dwarf_diename(entry), .type = type_of(entry)};

    number_of(entry, DW_AT_data_member_location, &member.offset);
    place_bits(entry, &member);
    return member;
}

void type_each_member(const CType *type, MemberVisit *visit, void *owner)
{
    Dwarf_Die entry, child;
    CMember member;

    if (type_kind(type) != C_RECORD || !peel(type, &entry) || dwarf_child(&entry, &child))
        return;
    do {
        if (dwarf_tag(&child) != DW_TAG_member)
            continue;
        member = member_of(&child);
        if (!visit(owner, &member))
            return;
    } while (!dwarf_siblingof(&child, &child));
}

typedef struct MemberSearch {
    const char *name;
    size_t length;
    unsigned depth;
    u64 offset; /* of the record that is looked through */
    CMember *found;
    bool done;
} MemberSearch;

static bool match_member(void *owner, const CMember *member)
{
    MemberSearch *search = owner;

    if (member->name && strlen(member->name) == search->length &&
        !strncmp(member->name, search->name, search->length)) {
        *search->found = *member;
        search->found->offset += search->offset;
        search->done = true;
    } else if (!member->name && search->depth < DEEPEST_TYPE) {
        MemberSearch inner = *search;

        inner.depth++;
        inner.offset += member->offset;
        type_each_member(&member->type, match_member, &inner);
        search->done = inner.done;
    }
    return !search->done;
}

bool type_member(const CType *type, const char *name, size_t length, CMember *member)
{
    MemberSearch search = {.name = name, .length = length, .found = member};

    type_each_member(type, match_member, &search);
    return search.done;
}

/* ---- enumerations ---- */

static const char *find_enumerator(const CType *type, u64 value, bool any_bit, u64 *found)
{
    u64 size = type_size(type), mask, number;
    Dwarf_Die entry, child;
    Dwarf_Attribute attribute;
    Dwarf_Sword word;

    if (type_kind(type) != C_ENUMERATION || !size || size > QWORD || !peel(type, &entry) ||
        dwarf_child(&entry, &child))
        return NULL;
    mask = size_mask((Size)size);
    do {
        if (dwarf_tag(&child) != DW_TAG_enumerator ||
            dwarf_formsdata(dwarf_attr(&child, DW_AT_const_value, &attribute), &word))
            continue;
        number = (u64)word & mask;
        if (any_bit ? number && !(number & (number - 1)) && (value & number)
                    : number == (value & mask)) {
            *found = number;
            return dwarf_diename(&child);
        }
    } while (!dwarf_siblingof(&child, &child));
    return NULL;
}

void type_each_enumerator(const CType *type, EnumeratorVisit *visit, void *owner)
{
    Dwarf_Die entry, child;
    Dwarf_Attribute attribute;
    Dwarf_Sword word;

    if (type_kind(type) != C_ENUMERATION || !peel(type, &entry) || dwarf_child(&entry, &child))
        return;
    do {
        if (dwarf_tag(&child) == DW_TAG_enumerator && dwarf_diename(&child) &&
            !dwarf_formsdata(dwarf_attr(&child, DW_AT_const_value, &attribute), &word))
            visit(owner, dwarf_diename(&child), word);
    } while (!dwarf_siblingof(&child, &child));
}

const char *type_enumerator(const CType *type, u64 value)
{
    u64 found;

    return find_enumerator(type, value, false, &found);
}

const char *type_enumerator_bit(const CType *type, u64 value, u64 *found)
{
    return find_enumerator(type, value, true, found);
}
