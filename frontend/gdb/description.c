#include "frontend/gdb/description.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* `bits` that are as many as the general registers have. */
enum { BY_MODE = 0 };

typedef struct Row {
    const char *name; /* NULL: the end */
    const char *type; /* gdb's, or one of `types` */
    unsigned bits;
    const char *source; /* frontend/debugger/registers.h's name, if that is another */
    const char *upper;  /* the same, of bits 64 and up */
} Row;

// clang-format off
#define SELECTORS \
    {"cs", "int32", 32, NULL, NULL}, {"ss", "int32", 32, NULL, NULL}, {"ds", "int32", 32, NULL, NULL}, \
    {"es", "int32", 32, NULL, NULL}, {"fs", "int32", 32, NULL, NULL}, {"gs", "int32", 32, NULL, NULL}
#define ST(n) {"st" #n, "i387_ext", 80, NULL, "st" #n ".exponent"}
#define X87_STATE \
    ST(0), ST(1), ST(2), ST(3), ST(4), ST(5), ST(6), ST(7), \
    {"fctrl", "int", 32, NULL, NULL}, {"fstat", "int", 32, NULL, NULL}, {"ftag", "int", 32, NULL, NULL}, \
    {"fiseg", "int", 32, NULL, NULL}, {"fioff", "int", 32, NULL, NULL}, {"foseg", "int", 32, NULL, NULL}, \
    {"fooff", "int", 32, NULL, NULL}, {"fop", "int", 32, NULL, NULL}
#define XMM(n) {"xmm" #n, "vec128", 128, NULL, "xmm" #n ".high"}
#define YMM(n) {"ymm" #n "h", "uint128", 128, NULL, "ymm" #n "h.high"}
#define DWORD_ROW(name, type) {name, type, 32, NULL, NULL}
#define QWORD_ROW(name, type) {name, type, 64, NULL, NULL}
#define MODE_ROW(name, type, source) {name, type, BY_MODE, source, NULL}
#define BASE_ROW(name, source) {name, NULL, BY_MODE, source, NULL}

static const Row core_32[] = {
    DWORD_ROW("eax", "int32"), DWORD_ROW("ecx", "int32"), DWORD_ROW("edx", "int32"), DWORD_ROW("ebx", "int32"),
    DWORD_ROW("esp", "data_ptr"), DWORD_ROW("ebp", "data_ptr"), DWORD_ROW("esi", "int32"), DWORD_ROW("edi", "int32"),
    DWORD_ROW("eip", "code_ptr"), DWORD_ROW("eflags", "eflags_bits"), SELECTORS, X87_STATE, {0},
};

static const Row core_64[] = {
    QWORD_ROW("rax", "int64"), QWORD_ROW("rbx", "int64"), QWORD_ROW("rcx", "int64"), QWORD_ROW("rdx", "int64"),
    QWORD_ROW("rsi", "int64"), QWORD_ROW("rdi", "int64"), QWORD_ROW("rbp", "data_ptr"), QWORD_ROW("rsp", "data_ptr"),
    QWORD_ROW("r8", "int64"), QWORD_ROW("r9", "int64"), QWORD_ROW("r10", "int64"), QWORD_ROW("r11", "int64"),
    QWORD_ROW("r12", "int64"), QWORD_ROW("r13", "int64"), QWORD_ROW("r14", "int64"), QWORD_ROW("r15", "int64"),
    QWORD_ROW("rip", "code_ptr"), DWORD_ROW("eflags", "eflags_bits"), SELECTORS, X87_STATE, {0},
};

static const Row sse_32[] = {
    XMM(0), XMM(1), XMM(2), XMM(3), XMM(4), XMM(5), XMM(6), XMM(7), DWORD_ROW("mxcsr", "mxcsr_bits"), {0},
};

static const Row sse_64[] = {
    XMM(0), XMM(1), XMM(2), XMM(3), XMM(4), XMM(5), XMM(6), XMM(7),
    XMM(8), XMM(9), XMM(10), XMM(11), XMM(12), XMM(13), XMM(14), XMM(15), DWORD_ROW("mxcsr", "mxcsr_bits"), {0},
};

static const Row avx_32[] = {
    YMM(0), YMM(1), YMM(2), YMM(3), YMM(4), YMM(5), YMM(6), YMM(7), {0},
};

static const Row avx_64[] = {
    YMM(0), YMM(1), YMM(2), YMM(3), YMM(4), YMM(5), YMM(6), YMM(7),
    YMM(8), YMM(9), YMM(10), YMM(11), YMM(12), YMM(13), YMM(14), YMM(15), {0},
};

static const Row data_segments[] = {
    BASE_ROW("fs_base", "fs.base"), BASE_ROW("gs_base", "gs.base"), {0},
};

/* gdb counts in linear addresses: where code lies is cs_base + eip, and so on. */
static const Row system_state[] = {
    BASE_ROW("k_gs_base", NULL), BASE_ROW("cs_base", "cs.base"), BASE_ROW("ss_base", "ss.base"),
    BASE_ROW("ds_base", "ds.base"), BASE_ROW("es_base", "es.base"),
    MODE_ROW("cr0", "cr0_bits", NULL), BASE_ROW("cr2", NULL), BASE_ROW("cr3", NULL),
    MODE_ROW("cr4", "cr4_bits", NULL), BASE_ROW("cr8", NULL), MODE_ROW("efer", "efer_bits", NULL), {0},
};

typedef struct FeatureRows {
    const char *name;
    const Row *rows_32, *rows_64;
    bool of_avx;
} FeatureRows;

/* gdb takes fs_base by its number in 64-bit mode only; else it is but one more register. */
static const FeatureRows features[] = {
    {"org.gnu.gdb.i386.core", core_32, core_64, false},
    {"org.gnu.gdb.i386.sse", sse_32, sse_64, false},
    {"org.gnu.gdb.i386.avx", avx_32, avx_64, true},
    {"org.gnu.gdb.i386.segments", NULL, data_segments, false},
    {"vitrine.i386.segments", data_segments, NULL, false},
    {"vitrine.i386.system", system_state, system_state, false},
};

/* ---- types ---- */

typedef struct FlagsType {
    const char *id;
    unsigned bits;
    const char *fields;         /* "NAME:bit" and "NAME:first-last" */
    const char *feature;        /* the one that uses it */
} FlagsType;

/* Intel SDM Vol. 1, "EFLAGS Register", "MXCSR Control and Status Register"; Vol. 3, "Control Registers",
 * "Extended Feature Enable Register". */
static const FlagsType types[] = {
    {"eflags_bits", 32, "CF:0 PF:2 AF:4 ZF:6 SF:7 TF:8 IF:9 DF:10 OF:11 IOPL:12-13 NT:14 RF:16 VM:17 AC:18 "
                        "VIF:19 VIP:20 ID:21", "org.gnu.gdb.i386.core"},
    {"mxcsr_bits", 32, "IE:0 DE:1 ZE:2 OE:3 UE:4 PE:5 DAZ:6 IM:7 DM:8 ZM:9 OM:10 UM:11 PM:12 RC:13-14 FZ:15",
     "org.gnu.gdb.i386.sse"},
    {"cr0_bits", BY_MODE, "PE:0 MP:1 EM:2 TS:3 ET:4 NE:5 WP:16 AM:18 NW:29 CD:30 PG:31", "vitrine.i386.system"},
    {"cr4_bits", BY_MODE, "VME:0 PVI:1 TSD:2 DE:3 PSE:4 PAE:5 MCE:6 PGE:7 PCE:8 OSFXSR:9 OSXMMEXCPT:10 UMIP:11 "
                          "LA57:12 FSGSBASE:16 PCIDE:17 OSXSAVE:18 SMEP:20 SMAP:21 PKE:22", "vitrine.i386.system"},
    {"efer_bits", BY_MODE, "SCE:0 LME:8 LMA:10 NXE:11", "vitrine.i386.system"},
};

static const char vector_types[] =
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/><vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/><vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/><vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
    "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/><field name=\"v2_double\" type=\"v2d\"/>"
    "<field name=\"v16_int8\" type=\"v16i8\"/><field name=\"v8_int16\" type=\"v8i16\"/>"
    "<field name=\"v4_int32\" type=\"v4i32\"/><field name=\"v2_int64\" type=\"v2i64\"/>"
    "<field name=\"uint128\" type=\"uint128\"/></union>";
// clang-format on

/* ---- writing it down ---- */

static void say(GdbDescription *description, const char *format, ...) PRINTF_LIKE(2, 3);

static void say(GdbDescription *description, const char *format, ...)
{
    size_t room = GDB_XML - description->xml_length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(description->xml + description->xml_length, room, format, arguments);
    va_end(arguments);
    assert(length >= 0 && (size_t)length < room);
    description->xml_length += (size_t)length;
}

static unsigned mode_bits(const GdbDescription *description, unsigned bits)
{
    if (bits != BY_MODE)
        return bits;
    return description->architecture == GDB_CODE_64 ? 64 : 32;
}

static void say_field(GdbDescription *description, const char *field)
{
    unsigned first, last;
    char name[16];
    int found = sscanf(field, "%15[^:]:%u-%u", name, &first, &last);

    if (found == 2)
        last = first;
    say(description, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>", name, first, last);
}

static void say_types(GdbDescription *description, const char *feature)
{
    for (unsigned i = 0; i < COUNT_OF(types); i++) {
        if (strcmp(types[i].feature, feature))
            continue;
        say(description, "<flags id=\"%s\" size=\"%u\">", types[i].id,
            mode_bits(description, types[i].bits) / 8);
        for (const char *at = types[i].fields; at;
             at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
            say_field(description, at);
        say(description, "</flags>");
    }
    if (!strcmp(feature, "org.gnu.gdb.i386.sse"))
        say(description, "%s", vector_types);
}

static const Register *find(const char *name)
{
    const Register *reg = register_find(name, strlen(name));

    assert(reg);
    return reg;
}

static void add_register(GdbDescription *description, const Row *row)
{
    assert(description->count < GDB_REGISTERS);
    GdbRegister *reg = &description->registers[description->count++];

    *reg = (GdbRegister){
        .name = row->name,
        .bits = mode_bits(description, row->bits),
        .low = find(row->source ? row->source : row->name),
        .high = row->upper ? find(row->upper) : NULL,
    };
    say(description, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"/>", row->name, reg->bits,
        row->type         ? row->type
        : reg->bits == 64 ? "uint64"
                          : "uint32");
}

static void find_program_counter(GdbDescription *description, bool linear)
{
    const char *name = description->architecture == GDB_CODE_64 ? "rip" : "eip";

    for (unsigned i = 0; i < description->count; i++) {
        if (!strcmp(description->registers[i].name, name)) {
            description->registers[i].linear = linear;
            description->pc = &description->registers[i];
        }
    }
}

void gdb_describe(GdbDescription *description, const Cpu *cpu, GdbArchitecture architecture,
                  bool linear_pc)
{
    description->architecture = architecture;
    description->count = 0;
    description->xml_length = 0;
    say(description,
        "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">"
        "<architecture>%s</architecture><osabi>none</osabi>",
        gdb_architecture_name(architecture));
    for (unsigned i = 0; i < COUNT_OF(features); i++) {
        const FeatureRows *feature = &features[i];
        const Row *row = architecture == GDB_CODE_64 ? feature->rows_64 : feature->rows_32;

        if (!row || (feature->of_avx && !cpu_has(cpu, FEATURE_AVX)))
            continue;
        say(description, "<feature name=\"%s\">", feature->name);
        say_types(description, feature->name);
        for (; row->name; row++)
            add_register(description, row);
        say(description, "</feature>");
    }
    say(description, "</target>");
    find_program_counter(description, linear_pc);
}

const char *gdb_architecture_name(GdbArchitecture architecture)
{
    static const char *const names[] = {
        [GDB_CODE_16] = "i8086", [GDB_CODE_32] = "i386", [GDB_CODE_64] = "i386:x86-64"};

    return names[architecture];
}

/* ---- reading and writing registers ---- */

u64 gdb_register_value(const GdbRegister *reg, const Cpu *cpu)
{
    u64 value = register_read(reg->low, cpu);

    return reg->linear ? (value + cpu->segments[CS].base) & cpu->linear_mask : value;
}

unsigned gdb_register_read(const GdbRegister *reg, const Cpu *cpu, u8 *bytes)
{
    u64 value = gdb_register_value(reg, cpu);

    memcpy(bytes, &value, sizeof value);
    value = reg->high ? register_read(reg->high, cpu) : 0;
    memcpy(bytes + sizeof value, &value, sizeof value);
    return reg->bits / 8;
}

bool gdb_register_write(const GdbRegister *reg, Debugger *debugger, const u8 *bytes)
{
    u8 all[GDB_REGISTER_BYTES] = {0}, now[GDB_REGISTER_BYTES];
    const Cpu *cpu = machine_cpu(debugger_machine(debugger), 0);
    u64 value;

    memcpy(all, bytes, reg->bits / 8);
    gdb_register_read(reg, cpu, now);
    /* gdb writes registers back that nobody has changed, and some of them cannot be written. */
    if (!memcmp(all, now, reg->bits / 8))
        return true;
    memcpy(&value, all, sizeof value);
    if (reg->linear)
        value -= cpu->segments[CS].base;
    if (!debugger_write_register(debugger, register_name(reg->low), value))
        return false;
    memcpy(&value, all + sizeof value, sizeof value);
    return !reg->high || debugger_write_register(debugger, register_name(reg->high), value);
}
