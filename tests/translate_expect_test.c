/*
 * What guest code becomes: tests/expect/NAME.txt has the bytes of a block in its first line, and
 * below that each guest instruction, its operations after all passes, and the host code of those. A
 * change of a lifter, a pass or the backend shows there; UPDATE_EXPECT=1 writes the files anew.
 * Where jumps go within a translation is left out, and so is the code off the path.
 */
#include "bare_machine.h"

#include <glob.h>
#include <stdio.h>

#include "frontend/listing.h"

enum { TEXT = 32768 };

typedef struct Listing {
    char text[TEXT];
    size_t length;
    bool on_path;
} Listing;

static void add(void *owner, const ListingLine *line)
{
    static const unsigned indents[] = {[LISTING_IR] = 4, [LISTING_HOST] = 36};
    Listing *listing = owner;
    int length = (int)strlen(line->text);

    if (line->kind == LISTING_HEADING)
        listing->on_path = strcmp(line->text, "entry") == 0;
    if (!listing->on_path || line->kind == LISTING_HEADING || line->kind == LISTING_LIFTED ||
        line->kind == LISTING_PASS)
        return;
    if (line->kind == LISTING_HOST && line->text[0] == 'j' && strstr(line->text, " +"))
        length = (int)(strstr(line->text, " +") - line->text);
    listing->length += (size_t)snprintf(listing->text + listing->length, TEXT - listing->length,
                                        "%*s%.*s\n", indents[line->kind], "", length, line->text);
    cr_assert_lt(listing->length, TEXT);
}

static void list(void *context, const TranslatorListing *made)
{
    listing_each(made, add, context);
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
