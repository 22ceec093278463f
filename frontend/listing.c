#include "frontend/listing.h"

#include <stdio.h>
#include <string.h>

#include "frontend/disassembly.h"
#include "frontend/host_words.h"
#include "translate/ir.h"

/* Whom to tell. */
typedef struct Visitor {
    ListingVisit *visit;
    void *owner;
    const TranslatorListing *listing;
} Visitor;

static void tell(const Visitor *visitor, ListingKind kind, const char *text)
{
    visitor->visit(visitor->owner, &(ListingLine){.kind = kind, .bytes = "", .text = text});
}

static void tell_guest(const Visitor *visitor, const IrBlock *ir, const Insn *insn)
{
    const u8 *bytes = ir->block->host + insn->start;
    u64 address = ir->rip + insn->start;
    char hex[2 * INSN_MAX_LENGTH + 1] = "", words[256];

    for (unsigned i = 0; i < insn->length; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    if (!disassemble_one(bytes, insn->length, address, ir->block->mode & 15, words, sizeof words))
        snprintf(words, sizeof words, "%s", insn_name(insn));
    visitor->visit(visitor->owner, &(ListingLine){LISTING_GUEST, address, hex, words});
}

static void host_line(void *owner, u64 address, const u8 *bytes, u64 length, const char *words)
{
    const Visitor *visitor = owner;
    char text[256];

    (void)bytes, (void)length;
    host_words(visitor->listing, words, text, sizeof text);
    visitor->visit(visitor->owner, &(ListingLine){LISTING_HOST, address, "", text});
}

/* The code from one offset to another. */
static void tell_host(Visitor *visitor, u64 start, u64 end)
{
    disassemble(visitor->listing->host + start, end - start, start, 8, host_line, visitor);
}

/* As lifted, and what each pass has changed. */
static void tell_stages(const Visitor *visitor, const TranslatorListing *listing, unsigned number)
{
    char before[128], after[128], line[160];

    ir_print(&listing->stages[0].ops[number], before, sizeof before);
    tell(visitor, LISTING_LIFTED, before);
    for (unsigned i = 0; i < IR_PASSES; i++) {
        const IrOp *op = &listing->stages[i + 1].ops[number];

        ir_print(op, after, sizeof after);
        if (strcmp(before, after) == 0)
            continue;
        snprintf(line, sizeof line, "%s: %s", ir_passes[i].name,
                 op->opcode == IR_NOTHING ? "removed" : after);
        tell(visitor, LISTING_PASS, line);
        memcpy(before, after, sizeof before);
    }
}

static void tell_op(Visitor *visitor, const TranslatorListing *listing, unsigned number)
{
    u32 start = listing->op_offsets[number], end = listing->op_offsets[number + 1];
    char text[128];

    tell_stages(visitor, listing, number);
    ir_print(&listing->ir->ops[number], text, sizeof text);
    tell(visitor, LISTING_IR, text);
    tell_host(visitor, start, end);
}

void listing_each(const TranslatorListing *listing, ListingVisit *visit, void *owner)
{
    const IrBlock *ir = listing->ir;
    Visitor visitor = {visit, owner, listing};
    unsigned op = 0;

    tell(&visitor, LISTING_HEADING, "entry");
    tell_host(&visitor, 0, listing->op_offsets[0]);
    for (unsigned i = 0; i < ir->block->count; i++) {
        tell_guest(&visitor, ir, &ir->block->insns[i]);
        for (; op < ir->count && ir->ops[op].insn == i; op++)
            tell_op(&visitor, listing, op);
    }
    tell(&visitor, LISTING_HEADING, "exits, and accesses that are declined");
    tell_host(&visitor, listing->op_offsets[ir->count], listing->length);
}
