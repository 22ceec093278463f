/* The processor's state table: what is saved is enough to go on exactly. */
#include "tests/bare_machine.h"

enum { FIELD_BYTES = 8192 };

/* A program that uses much of the state: segments, flags, stack, MSRs, debug registers. */
PROGRAM(busy, 32,
        "mov ecx, 0x277\n rdmsr\n mov dword ptr [0xC000], 1\n"
        "1: push eax\n add eax, 0x12345\n pushf\n pop ebx\n push ds\n pop es\n"
        "mov edx, [0xC000]\n imul edx, edx, 1103515245\n add edx, 12345\n mov [0xC000], edx\n"
        "mov dr0, edx\n cmc\n adc esi, edx\n int 0x40\n pop edi\n xadd edi, esi\n jmp 1b");
PROGRAM(handler, 32, "add dword ptr [0xC004], 3\n std\n cld\n iret");

static size_t save(const Cpu *cpu, u8 *bytes)
{
    size_t length = 0;

    for (u32 i = 0; i < cpu_state.count; i++) {
        const Field *field = &cpu_state.fields[i];

        cr_assert_leq(length + field->width * field->count, FIELD_BYTES);
        memcpy(bytes + length, (const u8 *)cpu + field->offset, field->width * field->count);
        length += field->width * field->count;
    }
    return length;
}

static void restore(Cpu *cpu, const u8 *bytes)
{
    for (u32 i = 0; i < cpu_state.count; i++) {
        const Field *field = &cpu_state.fields[i];

        memcpy((u8 *)cpu + field->offset, bytes, field->width * field->count);
        bytes += field->width * field->count;
    }
    cpu_state.restored(cpu);
}

static BareMachine *busy_machine(void)
{
    BareMachine *m = bare_in_ring(0);

    bare_idt(m, 0x40, bare_gate(BARE_CODE0, BARE_DATA + 0x100, ACCESS_P | 14));
    bare_load(m, BARE_DATA + 0x100, handler, handler_end);
    bare_load(m, BARE_CODE, busy, busy_end);
    return m;
}

Test(cpu_state, restoring_goes_on_exactly)
{
    static u8 saved[FIELD_BYTES], first[FIELD_BYTES], second[FIELD_BYTES];
    BareMachine *m = busy_machine();
    u8 *memory = malloc(BARE_RAM);
    size_t length;

    cr_assert(memory);
    bare_run(m, 1000);
    save(&m->cpu, saved);
    memcpy(memory, m->ram.bytes, BARE_RAM);
    bare_run(m, 5000);
    length = save(&m->cpu, first);

    cpu_reset(&m->cpu);
    space_write_bytes(&m->memory, 0, memory, BARE_RAM);
    restore(&m->cpu, saved);
    bare_run(m, 5000);
    save(&m->cpu, second);
    cr_expect_eq(memcmp(first, second, length), 0);
    cr_expect_gt(bare_read(m, 0xC004, DWORD), 500);
    free(memory);
    bare_destroy(m);
}

/* The same program in pieces of any size comes to the same state. */
Test(cpu_state, pieces_do_not_matter)
{
    static u8 first[FIELD_BYTES], second[FIELD_BYTES];
    BareMachine *whole = busy_machine(), *pieces = busy_machine();
    size_t length;

    bare_run(whole, 4000);
    for (unsigned done = 0, piece = 1; done < 4000; done += piece, piece = piece % 7 + 1) {
        piece = piece < 4000 - done ? piece : 4000 - done;
        bare_run(pieces, piece);
    }
    length = save(&whole->cpu, first);
    save(&pieces->cpu, second);
    cr_expect_eq(memcmp(first, second, length), 0);
    bare_destroy(whole);
    bare_destroy(pieces);
}

/* A snapshot from elsewhere may say anything. */
Test(cpu_state, nonsense_is_put_within_bounds)
{
    static u8 nonsense[FIELD_BYTES];
    BareMachine *m = busy_machine();

    memset(nonsense, 0xFF, sizeof nonsense);
    restore(&m->cpu, nonsense);
    m->cpu.attention = 0;
    m->cpu.cycles = 0;
    bare_run(m, 100);
    cr_expect_eq(m->cpu.gpr[REG_ZERO], 0);
    cr_expect_leq(m->cpu.x87.top, 7);
    cr_expect_leq(m->cpu.cpl, 3);
    bare_destroy(m);
}
