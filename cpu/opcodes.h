/*
 * The rows of instructions.def and opcodes.def as tables, and the index by code.
 */
#ifndef CPU_OPCODES_H
#define CPU_OPCODES_H

#include "cpu/exec.h"

/* The opcode maps, and those of VEX prefixes. Manual: Intel SDM Vol. 2, "Opcode Map". */
typedef enum OpcodeMap {
    MAP_ONE_BYTE, MAP_0F, MAP_0F38, MAP_0F3A, MAP_VEX_0F, MAP_VEX_0F38, MAP_VEX_0F3A, MAP_COUNT
} OpcodeMap;

/* The copies of each instruction's body. */
extern const Handlers *const insn_handlers[INSN_COUNT];

/* A code's place in Cpu.opcode_index: rows opcode_order[index[slot]] .. opcode_order[index[slot + 1] - 1]
 * are those of the code, in the order of the file. */
FORCE_INLINE unsigned opcode_slot(OpcodeMap map, u8 byte)
{
    return map * 256u + byte;
}

/* Fills in cpu->opcode_index and cpu->opcode_order; before the first decode(). */
void opcodes_index(Cpu *cpu);

#endif
