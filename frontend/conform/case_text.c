#include "frontend/conform/case_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cpu/cpu.h"
#include "cpu/decode.h"
#include "cpu/opcodes.h"

enum { CASES_MAX = 1000, STATEMENT = 400 };

typedef struct Parser {
    CaseList *list;
    const char *name;
    unsigned line;
    CaseSpec *spec; /* the one being read; NULL: none yet */
    bool has_code, has_tags, expecting, has_expectation;
    unsigned st_used; /* bit n: ST(n) was given a value */
    Cpu *decoder;     /* NULL: not needed yet */
    char *error;
    size_t error_size;
} Parser;

__attribute__((format(printf, 2, 3))) static bool fail(Parser *parser, const char *format, ...)
{
    int used = snprintf(parser->error, parser->error_size, "%s:%u: ", parser->name, parser->line);
    va_list arguments;

    va_start(arguments, format);
    if (used > 0 && (size_t)used < parser->error_size)
        vsnprintf(parser->error + used, parser->error_size - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- beginning and ending a case ---- */

static bool begin_case(Parser *parser, const char *title)
{
    CaseList *list = parser->list;
    CaseSpec *specs;

    if (list->count == CASES_MAX)
        return fail(parser, "a file has at most %d cases", CASES_MAX);
    specs = realloc(list->specs, (list->count + 1) * sizeof *specs);
    if (!specs)
        return fail(parser, "the host is out of memory");
    list->specs = specs;
    parser->spec = &specs[list->count++];
    memset(parser->spec, 0, sizeof *parser->spec);
    case_init(&parser->spec->c, CASE_32, (const u8 *)"", 0);
    snprintf(parser->spec->title, sizeof parser->spec->title, "%s", title);
    parser->spec->line = parser->line;
    parser->spec->vector = -1;
    parser->has_code = parser->has_tags = false;
    parser->expecting = parser->has_expectation = false;
    parser->st_used = 0;
    return true;
}

/* The offset in CS at which code can lie. */
static u64 code_start(const Case *c)
{
    return CASE_CODE - case_segments[c->mode][CS].base;
}

/* A relative branch has its landing pad where it goes. */
static void find_target(Case *c, const Insn *insn)
{
    u64 target = case_instruction(c) + c->length + insn->immediate;

    if (c->mode != CASE_64)
        target &= insn->size == WORD ? 0xFFFF : 0xFFFFFFFF;
    for (unsigned i = 0; i < INSN_OPERANDS; i++)
        if (insn->operands[i].kind == OPERAND_RELATIVE &&
            target - code_start(c) < CASE_CODE_SIZE - 16 && !c->target)
            c->target = (u32)target;
}

static bool make_decoder(Parser *parser)
{
    if (parser->decoder)
        return true;
    parser->decoder = calloc(1, sizeof *parser->decoder);
    if (!parser->decoder)
        return fail(parser, "the host is out of memory");
    memset(&parser->decoder->features, 0xFF, sizeof parser->decoder->features);
    opcodes_index(parser->decoder);
    return true;
}

static bool is_instruction(const Parser *parser, const CaseNeighbour *neighbour)
{
    DecodeMode mode = {(u8)case_code_size(parser->spec->c.mode), true};
    Insn insn = {0};

    return neighbour->length == 0 || (decode(parser->decoder, mode, neighbour->bytes,
                                             neighbour->length, &insn) == DECODE_OK &&
                                      insn.length == neighbour->length);
}

static bool complete_case(Parser *parser)
{
    CaseSpec *spec = parser->spec;
    DecodeMode mode;
    Insn insn = {0};

    if (!parser->has_code)
        return fail(parser, "this case has no code; write 'code 11 d8' or 'asm adc eax, ebx'");
    if (!parser->has_expectation)
        return fail(parser, "this case expects nothing; write 'expect silicon', or 'expect' and "
                            "below it what the result is");
    if (!make_decoder(parser))
        return false;
    mode = (DecodeMode){(u8)case_code_size(spec->c.mode), true};
    if (decode(parser->decoder, mode, spec->c.code, spec->c.length, &insn) != DECODE_OK)
        return fail(parser, "the code is not a whole instruction: its %u bytes go on",
                    spec->c.length);
    if (insn.length != spec->c.length)
        return fail(parser,
                    "the code is more than one instruction: the first has %u of its %u "
                    "bytes",
                    insn.length, spec->c.length);
    if (!is_instruction(parser, &spec->c.ahead) || !is_instruction(parser, &spec->c.behind))
        return fail(parser, "'ahead' and 'behind' are one instruction each");
    if (strcmp(insn_name(&insn), "UD") != 0)
        spec->c.row = insn.row;
    find_target(&spec->c, &insn);
    for (unsigned i = 0; i < 8 && !parser->has_tags; i++)
        if (parser->st_used & 1u << i)
            spec->c.before.fx.tags |= (u8)(1u << (((spec->c.before.fx.status >> 11) + i) & 7));
    return true;
}

/* Messages about a whole case name the line where it begins. */
static bool end_case(Parser *parser)
{
    unsigned line = parser->line;
    bool fine;

    if (!parser->spec)
        return true;
    parser->line = parser->spec->line;
    fine = complete_case(parser);
    parser->line = line;
    return fine;
}

/* ---- statements ---- */

static bool parse_mode(Parser *parser, const char *text)
{
    CaseSpec *spec = parser->spec;

    for (unsigned mode = 0; mode < CASE_MODES; mode++)
        if (strcmp(text, case_mode_name(mode)) == 0) {
            if (parser->has_code)
                return fail(parser, "'mode' comes before code and registers");
            case_init(&spec->c, mode, (const u8 *)"", 0);
            return true;
        }
    return fail(parser, "mode is 16, 32 or 64, not '%s'", text);
}

/* At most `most` bytes, which are an instruction. */
static bool parse_bytes(Parser *parser, const char *text, unsigned most, u8 *bytes, u8 *count)
{
    u8 length = 0;

    for (; *text; text++) {
        char digits[3] = {text[0], text[1], '\0'};

        if (*text == ' ' || *text == '\t')
            continue;
        if (!isxdigit((u8)text[0]) || !isxdigit((u8)text[1]))
            return fail(parser,
                        "code is bytes in hexadecimal, like 'code 66 0f 6e c1', not '%.16s'", text);
        if (length == most)
            return fail(parser, "this instruction has at most %u bytes", most);
        bytes[length++] = (u8)strtoul(digits, NULL, 16);
        text++;
    }
    *count = length;
    return length != 0 || fail(parser, "'code' wants bytes, like 'code 11 d8'");
}

static bool parse_code(Parser *parser, const char *text)
{
    Case *c = &parser->spec->c;

    parser->has_code = parse_bytes(parser, text, INSN_MAX_LENGTH, c->code, &c->length);
    return parser->has_code;
}

static bool parse_neighbour(Parser *parser, const char *text, CaseNeighbour *neighbour)
{
    return parse_bytes(parser, text, CASE_NEIGHBOUR_SIZE, neighbour->bytes, &neighbour->length);
}

static bool parse_ahead(Parser *parser, const char *text)
{
    return parse_neighbour(parser, text, &parser->spec->c.ahead);
}

static bool parse_behind(Parser *parser, const char *text)
{
    return parse_neighbour(parser, text, &parser->spec->c.behind);
}

static bool parse_asm(Parser *parser, const char *text)
{
    Case *c = &parser->spec->c;
    char error[200];
    unsigned length;

    if (!case_assemble(text, 8 * case_code_size(c->mode), c->code, &length, error, sizeof error))
        return fail(parser, "%s", error);
    c->length = (u8)length;
    parser->has_code = true;
    return true;
}

static bool parse_target(Parser *parser, const char *text)
{
    char *end;
    u64 target = strtoull(text, &end, 0);
    u64 start = code_start(&parser->spec->c);

    if (end == text || *end || target - start >= CASE_CODE_SIZE - 16)
        return fail(parser,
                    "target is where a branch goes, an offset from 0x%" PRIX64 " to 0x%" PRIX64,
                    start, start + CASE_CODE_SIZE - 16);
    parser->spec->c.target = (u32)target;
    return true;
}

static bool parse_expect(Parser *parser, const char *text)
{
    bool is_silicon = strcasecmp(text, "silicon") == 0;

    if (*text && !is_silicon)
        return fail(parser, "'expect' stands alone, or is 'expect silicon'; the expected registers "
                            "are in lines of their own, like 'eax = 5'");
    parser->spec->silicon = is_silicon;
    parser->expecting = parser->has_expectation = true;
    return true;
}

/* "#PF code 4 address 0x40013000" */
static bool parse_exception(Parser *parser, const char *text)
{
    CaseSpec *spec = parser->spec;
    char name[8] = "", word[16];
    int length = 0, next;
    unsigned long long number;

    if (!parser->expecting || spec->silicon)
        return fail(parser, "'exception' is expected: write a line 'expect' before it");
    sscanf(text, "%7s%n", name, &length);
    spec->vector = vector_find(name);
    if (spec->vector < 0)
        return fail(parser, "there is no exception '%s'; they are called #DE, #UD, #GP, #PF ...",
                    name);
    for (text += length; sscanf(text, "%15s %lli%n", word, (long long *)&number, &next) == 2;
         text += next) {
        if (strcmp(word, "code") == 0) {
            spec->has_error_code = true;
            spec->error_code = (u32)number;
        } else if (strcmp(word, "address") == 0) {
            spec->has_address = true;
            spec->address = number;
        } else {
            return fail(parser, "after the exception's name come 'code N' and 'address N'");
        }
    }
    return text[strspn(text, " \t")] == '\0' ||
           fail(parser, "'%s' is not understood; write 'exception #PF code 4 address 0x40013000'",
                text);
}

/* ---- "place = value" ---- */

static bool set_initial(Parser *parser, const Place *place, const u8 *value)
{
    Case *c = &parser->spec->c;

    if (place->kind == PLACE_MEMORY)
        return case_patch(c, place->address, value, place->size) ||
               fail(parser,
                    "there is no memory there, or there are too many pieces; data is at "
                    "0x%X to 0x%X, the stack at 0x%X to 0x%X",
                    CASE_DATA, CASE_READ_ONLY + CASE_READ_ONLY_SIZE - 1, CASE_STACK,
                    CASE_STACK + CASE_STACK_SIZE - 1);
    place_store(&c->before, place, value);
    if (place->kind == PLACE_RIP && c->before.rip - code_start(c) > CASE_CODE_SIZE - 64)
        return fail(parser, "the code can lie at offsets from 0x%" PRIX64 " to 0x%" PRIX64,
                    code_start(c), code_start(c) + CASE_CODE_SIZE - 64);
    parser->has_tags |= place_is_tags(place);
    if (place->kind == PLACE_ST)
        parser->st_used |= 1u << place->number;
    if (place->kind == PLACE_YMM)
        c->flags |= CASE_USES_YMM;
    return true;
}

static bool add_expected(Parser *parser, const Place *place, const u8 *value)
{
    CaseSpec *spec = parser->spec;

    if (spec->silicon)
        return fail(parser, "'expect silicon' says it all: nothing comes after it");
    if (spec->expected_count == CASE_EXPECTED)
        return fail(parser, "at most %d results can be expected", CASE_EXPECTED);
    spec->expected[spec->expected_count].place = *place;
    memcpy(spec->expected[spec->expected_count++].value, value, PLACE_BYTES);
    return true;
}

static bool find_place(Parser *parser, char *name, Place *place)
{
    char *end;
    u64 address;

    for (char *at = name; *at; at++)
        *at = (char)tolower((u8)*at);
    if (strncmp(name, "memory", 6) == 0 && (name[6] == ' ' || name[6] == '\t')) {
        address = strtoull(name + 7, &end, 0);
        *place = (Place){.kind = PLACE_MEMORY, .address = (u32)address};
        return (end != name + 7 && !*end && address <= 0xFFFFFFFF) ||
               fail(parser, "'%s' is no address; write 'memory 0x%X = 01 02'", name + 7, CASE_DATA);
    }
    *place = place_find(name, parser->spec->c.mode);
    return place->kind || fail(parser, "there is no register '%s' in %s-bit mode", name,
                               case_mode_name(parser->spec->c.mode));
}

static bool parse_assignment(Parser *parser, char *name, const char *value)
{
    u8 bytes[PLACE_BYTES] = {0};
    char error[200];
    Place place;

    if (!find_place(parser, name, &place))
        return false;
    if (!place_parse_value(&place, value, bytes, error, sizeof error))
        return fail(parser, "'%s' cannot be %.40s: %s", name, *value ? value : "nothing", error);
    return parser->expecting ? add_expected(parser, &place, bytes)
                             : set_initial(parser, &place, bytes);
}

/* ---- lines ---- */

static char *trim(char *text)
{
    char *end;

    text += strspn(text, " \t\r");
    end = text + strlen(text);
    while (end > text && strchr(" \t\r", end[-1]))
        *--end = '\0';
    return text;
}

static bool parse_word(Parser *parser, const char *word, const char *rest)
{
    static const struct {
        const char *word;
        bool (*parse)(Parser *parser, const char *rest);
    } statements[] = {{"mode", parse_mode},     {"code", parse_code},
                      {"asm", parse_asm},       {"target", parse_target},
                      {"ahead", parse_ahead},   {"behind", parse_behind},
                      {"expect", parse_expect}, {"exception", parse_exception}};

    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        if (strcasecmp(word, statements[i].word) != 0)
            continue;
        if (parser->expecting && i < 6)
            return fail(parser, "'%s' comes before 'expect'; a new case begins with 'case TITLE'",
                        word);
        return statements[i].parse(parser, rest);
    }
    return fail(parser,
                "'%s' is not understood; a line is 'case', 'mode', 'code', 'asm', 'target', "
                "'ahead', 'behind', 'expect', 'exception' or 'REGISTER = VALUE'",
                word);
}

static bool parse_statement(Parser *parser, char *statement)
{
    char *text = trim(statement), *equals = strchr(text, '=');
    size_t length = strcspn(text, " \t");
    char *rest = trim(text + length + (text[length] != '\0'));

    if (!*text)
        return true;
    if (length == 4 && strncasecmp(text, "case", 4) == 0)
        return end_case(parser) && begin_case(parser, rest);
    if (!parser->spec && !begin_case(parser, ""))
        return false;
    if (equals && strncasecmp(text, "asm", length) != 0) {
        *equals = '\0';
        return parse_assignment(parser, trim(text), trim(equals + 1));
    }
    text[length] = '\0';
    return parse_word(parser, text, rest);
}

/* "# ..." is a comment; "#PF" is not. */
static bool is_comment(const char *text, size_t at)
{
    return text[at] == '#' && (at == 0 || !isupper((u8)text[at + 1]));
}

/* A statement ends at a semicolon, a comment or the line's end, but not within quotes; a title may
 * have semicolons. */
static size_t statement_length(const char *text)
{
    bool quoted = false, is_title = strncasecmp(text, "case", 4) == 0 && strchr(" \t", text[4]);
    size_t length;

    for (length = 0; text[length] && text[length] != '\n'; length++) {
        quoted ^= text[length] == '"' && !is_title;
        if (!quoted && ((text[length] == ';' && !is_title) || is_comment(text, length)))
            break;
    }
    return length;
}

static bool parse_all(Parser *parser, const char *text)
{
    char statement[STATEMENT];

    while (*text) {
        size_t length = statement_length(text);

        if (length >= sizeof statement)
            return fail(parser, "this line is longer than %d characters", STATEMENT - 1);
        memcpy(statement, text, length);
        statement[length] = '\0';
        text += length;
        if (!parse_statement(parser, statement))
            return false;
        if (*text == '#')
            text += strcspn(text, "\n");
        if (*text == '\n')
            parser->line++;
        text += *text != '\0';
    }
    return end_case(parser);
}

bool case_text_parse(CaseList *list, const char *text, const char *name, char *error,
                     size_t error_size)
{
    Parser parser = {
        .list = list, .name = name, .line = 1, .error = error, .error_size = error_size};
    bool fine;

    *list = (CaseList){0};
    fine = parse_all(&parser, text);
    if (fine && list->count == 0)
        fine = fail(&parser, "there is no case in here");
    free(parser.decoder);
    return fine;
}

void case_list_free(CaseList *list)
{
    free(list->specs);
    *list = (CaseList){0};
}
