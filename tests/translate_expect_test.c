/*
 * What guest code becomes in the IR: tests/expect/NAME.txt has the bytes of a block in its first
 * line, and below that its operations after all passes. A change of a lifter or a pass shows there;
 * UPDATE_EXPECT=1 writes the files anew.
 */
#include "bare_machine.h"

#include <glob.h>
#include <stdio.h>

#include "translate/ir.h"
#include "translate/translator.h"

enum { TEXT = 8192 };

typedef struct Listing {
    char text[TEXT];
    size_t length;
} Listing;

static void add(Listing *listing, const char *line)
{
    listing->length +=
        (size_t)snprintf(listing->text + listing->length, TEXT - listing->length, "%s\n", line);
    cr_assert_lt(listing->length, TEXT);
}

static void list(void *context, const TranslatorListing *made)
{
    const IrBlock *ir = made->ir;
    unsigned op = 0;

    for (unsigned i = 0; i < ir->block->count; i++) {
        add(context, insn_name(&ir->block->insns[i]));
        for (; op < ir->count && ir->ops[op].insn == i; op++) {
            char line[128] = "    ";

            ir_print(&ir->ops[op], line + 4, sizeof line - 4);
            add(context, line);
        }
    }
}

/* The block whose bytes are written in `line`, in flat 32-bit code. */
static void explain(const char *line, Listing *listing)
{
    BareMachine *m = bare_in_ring(0);
    u64 at = BARE_CODE;
    char error[128];
    unsigned byte;
    int used;

    m->cpu.cr4 |= CR4_OSFXSR;
    m->cpu.x87.control |= 0x3F;
    for (; sscanf(line, " %2x%n", &byte, &used) == 1; line += used)
        bare_write(m, at++, BYTE, byte);
    cr_assert(translator_attach(&m->cpu, 1 << 20, error, sizeof error), "%s", error);
    translator_listen(&m->cpu, list, listing);
    cr_assert(translator_translate(&m->cpu));
    translator_detach(&m->cpu);
    bare_destroy(m);
}

static void check(const char *path)
{
    FILE *file = fopen(path, "r+");
    char bytes[256], expected[TEXT] = "";
    Listing listing = {.length = 0};

    cr_assert(file && fgets(bytes, sizeof bytes, file), "%s cannot be read", path);
    expected[fread(expected, 1, TEXT - 1, file)] = '\0';
    explain(bytes, &listing);
    if (getenv("UPDATE_EXPECT")) {
        cr_assert(freopen(path, "w", file));
        fprintf(file, "%s%s", bytes, listing.text);
    } else {
        cr_expect_str_eq(listing.text, expected, "%s: it is now\n%s", path, listing.text);
    }
    fclose(file);
}

Test(translate_expect, listings)
{
    glob_t found;

    cr_assert_eq(glob("tests/expect/*.txt", 0, NULL, &found), 0, "run in the project's folder");
    for (size_t i = 0; i < found.gl_pathc; i++)
        check(found.gl_pathv[i]);
    globfree(&found);
}
