/*
 * What the manual's operand letters mean: where an operand comes from, and how wide it is.
 * Manual: Intel SDM Vol. 2, "Codes for Addressing Method" and "Codes for Operand Type".
 */
#ifndef CPU_OPERAND_LETTERS_H
#define CPU_OPERAND_LETTERS_H

#include "cpu/opcodes.h"

/* Where an operand comes from. */
typedef enum Source {
    FROM_NOWHERE,
    FROM_MODRM_RM,
    FROM_MODRM_REG,
    FROM_MODRM_MEMORY,
    FROM_MODRM_REGISTER,
    FROM_IMMEDIATE,
    FROM_ONE,
    FROM_RELATIVE,
    FROM_FAR,
    FROM_OFFSET,
    FROM_OPCODE,
    FROM_REGISTER,
    FROM_STRING_SOURCE,
    FROM_STRING_DESTINATION,
    FROM_SEGMENT_FIELD,
    FROM_SEGMENT,
    FROM_CONTROL,
    FROM_DEBUG,
    FROM_X87_TOP,
    FROM_X87_RM,
    FROM_SECOND_IMMEDIATE,
    FROM_MODRM_WORD_OR_REGISTER,
    FROM_MODRM_BYTE_OR_REGISTER,
    FROM_MMX_REG,
    FROM_MMX_RM,
    FROM_XMM_REG,
    FROM_XMM_RM,
    FROM_XMM_VVVV,
    FROM_XMM_IMMEDIATE,
    FROM_VECTOR_INDEX,
    FROM_VVVV,
} Source;

/* How many bytes: a number, or by the effective operand size. */
enum {
    SIZE_V = 100,
    SIZE_Z,
    SIZE_Y,
    SIZE_NATIVE,
    SIZE_X,
    SIZE_X_HALF,
    SIZE_X_FOURTH,
    SIZE_X_EIGHTH
};

typedef struct OperandLetters {
    u8 source;      /* Source */
    u8 size;        /* bytes, or SIZE_ */
    u8 number;      /* of a register; of an immediate: is it sign-extended? */
} OperandLetters;

extern const OperandLetters operand_letters[CODE_COUNT];

/* Does an encoding have a ModRM byte? */
bool row_has_modrm(const OpcodeRow *row);

#endif
