/*
 * From decoded instructions to the IR: operands, and which lifter knows which instruction.
 */
#include "translate/lift.h"

#include "cpu/opcodes.h"

IrOp *lift_op(Lifter *lifter, IrOpcode opcode, unsigned size, u8 dst, u8 src)
{
    IrOp *op = &lifter->ir->ops[lifter->ir->count++];

    *op = (IrOp){.opcode = (u8)opcode,
                 .size = (u8)size,
                 .dst = dst,
                 .src = src,
                 .live = FLAGS_OSZAPC,
                 .insn = lifter->index,
                 .immediate = lifter->insn->immediate};
    return op;
}

static u8 gpr_value(unsigned byte_offset)
{
    return byte_offset / 8 == REG_ZERO ? VALUE_NONE : (u8)(VALUE_GPR + byte_offset / 8);
}

IrAddress lift_address(const Lifter *lifter)
{
    const Insn *insn = lifter->insn;
    u64 displacement = insn->displacement + (insn->rip_relative ? lifter->next_rip : 0);

    return (IrAddress){.base = gpr_value(insn->base),
                       .index = gpr_value(insn->index),
                       .scale = insn->scale,
                       .segment = insn->segment,
                       .bits = (u8)(64 - insn->address_shift),
                       .displacement = displacement};
}

static unsigned stack_bits(const Lifter *lifter)
{
    return lifter->ir->assumptions.small_stack       ? 16
           : (lifter->ir->block->mode & 15) == QWORD ? 64
                                                     : 32;
}

IrAddress lift_stack_address(const Lifter *lifter, i64 offset)
{
    return (IrAddress){.base = VALUE_GPR + RSP,
                       .segment = SS,
                       .bits = (u8)stack_bits(lifter),
                       .displacement = (u64)offset};
}

void lift_move_stack(Lifter *lifter, i64 bytes)
{
    IrOp *op = lift_op(lifter, IR_ADDRESS, stack_bits(lifter) / 8, VALUE_GPR + RSP, VALUE_NONE);

    op->address = lift_stack_address(lifter, bytes);
}

IrOp *lift_load(Lifter *lifter, IrOpcode opcode, unsigned size, u8 value, IrAddress address)
{
    bool stores = opcode == IR_STORE;
    IrOp *op =
        lift_op(lifter, opcode, size, stores ? VALUE_NONE : value, stores ? value : VALUE_NONE);

    op->address = address;
    return op;
}

u8 lift_read(Lifter *lifter, unsigned number, unsigned size, u8 temporary)
{
    Operand operand = lifter->insn->operands[number];

    if (operand.kind == OPERAND_MEMORY) {
        lift_load(lifter, IR_LOAD, size, temporary, lift_address(lifter));
        return temporary;
    }
    if (operand.kind == OPERAND_GPR && is_high(lifter, number)) {
        lift_op(lifter, IR_HIGH_GET, BYTE, temporary, gpr_value(operand.number));
        return temporary;
    }
    return operand.kind == OPERAND_GPR ? gpr_value(operand.number) : VALUE_IMMEDIATE;
}

u8 lift_change(Lifter *lifter, unsigned size)
{
    if (is_memory(lifter, 0)) {
        lift_load(lifter, IR_LOAD_FOR_WRITE, size, VALUE_T0, lift_address(lifter));
        return VALUE_T0;
    }
    return lift_read(lifter, 0, size, VALUE_T1);
}

void lift_changed(Lifter *lifter, unsigned size, u8 value)
{
    if (is_memory(lifter, 0))
        lift_op(lifter, IR_STORE_BACK, size, VALUE_NONE, value);
    else if (is_high(lifter, 0))
        lift_op(lifter, IR_HIGH_PUT, BYTE, gpr_value(lifter->insn->operands[0].number), value);
}

void lift_write(Lifter *lifter, unsigned size, u8 value)
{
    Operand operand = lifter->insn->operands[0];

    if (operand.kind == OPERAND_MEMORY)
        lift_load(lifter, IR_STORE, size, value, lift_address(lifter));
    else if (is_high(lifter, 0))
        lift_op(lifter, IR_HIGH_PUT, BYTE, gpr_value(operand.number), value);
    else
        lift_op(lifter, IR_MOVE, size, gpr_value(operand.number), value);
}

/* ---- who knows what ---- */

#define CONDITIONAL(prefix, function)                                                              \
    [INSN_##prefix##O] = function, [INSN_##prefix##NO] = function, [INSN_##prefix##B] = function,  \
    [INSN_##prefix##NB] = function, [INSN_##prefix##Z] = function, [INSN_##prefix##NZ] = function, \
    [INSN_##prefix##BE] = function, [INSN_##prefix##NBE] = function,                               \
    [INSN_##prefix##S] = function, [INSN_##prefix##NS] = function, [INSN_##prefix##P] = function,  \
    [INSN_##prefix##NP] = function, [INSN_##prefix##L] = function, [INSN_##prefix##NL] = function, \
    [INSN_##prefix##LE] = function, [INSN_##prefix##NLE] = function

static LiftFunction *const functions[INSN_COUNT] = {
    [INSN_ADD] = lift_alu,
    [INSN_OR] = lift_alu,
    [INSN_ADC] = lift_alu,
    [INSN_SBB] = lift_alu,
    [INSN_AND] = lift_alu,
    [INSN_SUB] = lift_alu,
    [INSN_XOR] = lift_alu,
    [INSN_CMP] = lift_alu,
    [INSN_TEST] = lift_test,
    [INSN_INC] = lift_step,
    [INSN_DEC] = lift_step,
    [INSN_NEG] = lift_step,
    [INSN_NOT] = lift_not,
    [INSN_ROL] = lift_shift,
    [INSN_ROR] = lift_shift,
    [INSN_RCL] = lift_shift,
    [INSN_RCR] = lift_shift,
    [INSN_SHL] = lift_shift,
    [INSN_SHR] = lift_shift,
    [INSN_SAR] = lift_shift,
    [INSN_SHLD] = lift_double_shift,
    [INSN_SHRD] = lift_double_shift,
    [INSN_BT] = lift_bit,
    [INSN_BTS] = lift_bit,
    [INSN_BTR] = lift_bit,
    [INSN_BTC] = lift_bit,
    [INSN_BSF] = lift_bit_scan,
    [INSN_BSR] = lift_bit_scan,
    [INSN_BSWAP] = lift_bswap,
    [INSN_IMUL2] = lift_product,
    [INSN_IMUL3] = lift_product3,
    [INSN_MUL] = lift_wide_product,
    [INSN_IMUL] = lift_wide_product,
    [INSN_DIV] = lift_divide,
    [INSN_IDIV] = lift_divide,
    [INSN_MOV] = lift_mov,
    [INSN_MOVSEG] = lift_movseg,
    [INSN_MOVZX] = lift_extend,
    [INSN_MOVSX] = lift_extend,
    [INSN_MOVSXD] = lift_extend,
    [INSN_LEA] = lift_lea,
    [INSN_XCHG] = lift_xchg,
    [INSN_CBW] = lift_cbw,
    [INSN_CWD] = lift_cwd,
    [INSN_NOP] = lift_nop,
    [INSN_LFENCE] = lift_nop,
    [INSN_MFENCE] = lift_nop,
    [INSN_SFENCE] = lift_nop,
    [INSN_CMPXCHG] = lift_cmpxchg,
    [INSN_XADD] = lift_xadd,
    [INSN_PUSHF] = lift_pushf,
    [INSN_LAHF] = lift_flags_ah,
    [INSN_SAHF] = lift_flags_ah,
    [INSN_CLC] = lift_carry,
    [INSN_STC] = lift_carry,
    [INSN_CMC] = lift_carry,
    [INSN_CLI] = lift_cli,
    [INSN_CLD] = lift_direction,
    [INSN_STD] = lift_direction,
    CONDITIONAL(CMOV, lift_cmov),
    CONDITIONAL(SET, lift_setcc),
    CONDITIONAL(J, lift_jcc),
    [INSN_PUSH] = lift_push,
    [INSN_POP] = lift_pop,
    [INSN_POPSEG] = lift_popseg,
    [INSN_LEAVE] = lift_leave,
    [INSN_XLAT] = lift_xlat,
    [INSN_RDTSC] = lift_rdtsc,
    [INSN_MOVS] = lift_string,
    [INSN_STOS] = lift_string,
    [INSN_LODS] = lift_string,
    [INSN_CMPS] = lift_string,
    [INSN_SCAS] = lift_string,
    [INSN_JCXZ] = lift_jcxz,
    [INSN_LOOP] = lift_loop,
    [INSN_JMP] = lift_jmp,
    [INSN_CALL] = lift_call,
    [INSN_RET] = lift_ret,
};

static bool lift_insn(Lifter *lifter)
{
    LiftFunction *function = functions[lifter->name];

    if (opcode_rows[lifter->insn->row].attributes & VEX_BIT)
        return false;
    /* LOCK needs nothing: one guest processor runs at a time. */
    if (!function)
        function =
            (opcode_rows[lifter->insn->row].code & 0xFFF8) == 0xD8 || lifter->name == INSN_FWAIT
                ? lift_x87
                : lift_simd;
    return function(lifter);
}

/* Do registers and flags go in, and nothing but registers and flags come out? */
static bool is_simple(const Lifter *lifter)
{
    for (unsigned i = 0; i < INSN_OPERANDS; i++)
        if (lifter->insn->operands[i].kind == OPERAND_MEMORY)
            return false;
    switch (lifter->name) {
    case INSN_AAM: /* by 0 it raises #DE */
        return lifter->insn->immediate != 0;
    case INSN_AAA:
    case INSN_AAD:
    case INSN_AAS:
    case INSN_DAA:
    case INSN_DAS:
    case INSN_CPUID:
    case INSN_CRC32:
    case INSN_LZCNT:
    case INSN_POPCNT:
    case INSN_TZCNT:
        return true;
    default:
        return false;
    }
}

const IrPass ir_passes[IR_PASSES] = {{"fuse", ir_fuse_pass}, {"flags", ir_flags_pass}};

void ir_lift(IrBlock *ir)
{
    ir->count = 0;
    for (unsigned i = 0; i < ir->block->count; i++) {
        const Insn *insn = &ir->block->insns[i];
        unsigned before = ir->count;
        u64 next = ir->rip + insn->start + insn->length;
        Lifter lifter = {ir, insn, (u8)i, opcode_rows[insn->row].name, next};

        if (lift_insn(&lifter))
            continue;
        ir->count = before;
        lift_op(&lifter, is_simple(&lifter) ? IR_CALL_SIMPLE : IR_CALL, insn->size, VALUE_NONE,
                VALUE_NONE);
    }
}
