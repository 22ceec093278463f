#include "cpu/operand_letters.h"

const OperandLetters operand_letters[CODE_COUNT] = {
    [CODE__] = {FROM_NOWHERE, 0, 0},
    [CODE_Eb] = {FROM_MODRM_RM, 1, 0},
    [CODE_Ew] = {FROM_MODRM_RM, 2, 0},
    [CODE_Ed] = {FROM_MODRM_RM, 4, 0},
    [CODE_Ev] = {FROM_MODRM_RM, SIZE_V, 0},
    [CODE_Ez] = {FROM_MODRM_RM, SIZE_Z, 0},
    [CODE_Ey] = {FROM_MODRM_RM, SIZE_Y, 0},
    [CODE_Gb] = {FROM_MODRM_REG, 1, 0},
    [CODE_Gw] = {FROM_MODRM_REG, 2, 0},
    [CODE_Gd] = {FROM_MODRM_REG, 4, 0},
    [CODE_Gv] = {FROM_MODRM_REG, SIZE_V, 0},
    [CODE_Gy] = {FROM_MODRM_REG, SIZE_Y, 0},
    [CODE_Gq] = {FROM_MODRM_REG, SIZE_NATIVE, 0},
    [CODE_Rd] = {FROM_MODRM_REGISTER, SIZE_NATIVE, 0},
    [CODE_Rv] = {FROM_MODRM_REGISTER, SIZE_V, 0},
    [CODE_M] = {FROM_MODRM_MEMORY, 0, 0},
    [CODE_Mb] = {FROM_MODRM_MEMORY, 1, 0},
    [CODE_Mw] = {FROM_MODRM_MEMORY, 2, 0},
    [CODE_Md] = {FROM_MODRM_MEMORY, 4, 0},
    [CODE_Mq] = {FROM_MODRM_MEMORY, 8, 0},
    [CODE_Mdq] = {FROM_MODRM_MEMORY, 16, 0},
    [CODE_Mv] = {FROM_MODRM_MEMORY, SIZE_V, 0},
    [CODE_Mt] = {FROM_MODRM_MEMORY, 10, 0},
    [CODE_Ma] = {FROM_MODRM_MEMORY, 0, 0},
    [CODE_Mp] = {FROM_MODRM_MEMORY, 0, 0},
    [CODE_Ms] = {FROM_MODRM_MEMORY, 0, 0},
    [CODE_MwRv] = {FROM_MODRM_WORD_OR_REGISTER, SIZE_V, 0},
    [CODE_MwRd] = {FROM_MODRM_WORD_OR_REGISTER, SIZE_Y, 0},
    [CODE_MbRd] = {FROM_MODRM_BYTE_OR_REGISTER, SIZE_Y, 0},
    [CODE_Ib] = {FROM_IMMEDIATE, 1, 0},
    [CODE_sIb] = {FROM_IMMEDIATE, 1, 1},
    [CODE_Iw] = {FROM_IMMEDIATE, 2, 0},
    [CODE_Iv] = {FROM_IMMEDIATE, SIZE_V, 1},
    [CODE_Iz] = {FROM_IMMEDIATE, SIZE_Z, 1},
    [CODE_Ib2] = {FROM_SECOND_IMMEDIATE, 1, 0},
    [CODE_ONE] = {FROM_ONE, 1, 0},
    [CODE_Jb] = {FROM_RELATIVE, 1, 1},
    [CODE_Jz] = {FROM_RELATIVE, SIZE_Z, 1},
    [CODE_Ap] = {FROM_FAR, SIZE_V, 0},
    [CODE_Ob] = {FROM_OFFSET, 1, 0},
    [CODE_Ov] = {FROM_OFFSET, SIZE_V, 0},
    [CODE_Zb] = {FROM_OPCODE, 1, 0},
    [CODE_Zv] = {FROM_OPCODE, SIZE_V, 0},
    [CODE_AL] = {FROM_REGISTER, 1, RAX},
    [CODE_CL] = {FROM_REGISTER, 1, RCX},
    [CODE_DX] = {FROM_REGISTER, 2, RDX},
    [CODE_AX] = {FROM_REGISTER, 2, RAX},
    [CODE_rAX] = {FROM_REGISTER, SIZE_V, RAX},
    [CODE_Xb] = {FROM_STRING_SOURCE, 1, 0},
    [CODE_Xv] = {FROM_STRING_SOURCE, SIZE_V, 0},
    [CODE_Xz] = {FROM_STRING_SOURCE, SIZE_Z, 0},
    [CODE_Yb] = {FROM_STRING_DESTINATION, 1, 0},
    [CODE_Yv] = {FROM_STRING_DESTINATION, SIZE_V, 0},
    [CODE_Yz] = {FROM_STRING_DESTINATION, SIZE_Z, 0},
    [CODE_Sw] = {FROM_SEGMENT_FIELD, 2, 0},
    [CODE_ES] = {FROM_SEGMENT, 0, ES},
    [CODE_CS] = {FROM_SEGMENT, 0, CS},
    [CODE_SS] = {FROM_SEGMENT, 0, SS},
    [CODE_DS] = {FROM_SEGMENT, 0, DS},
    [CODE_FS] = {FROM_SEGMENT, 0, FS},
    [CODE_GS] = {FROM_SEGMENT, 0, GS},
    [CODE_Cd] = {FROM_CONTROL, SIZE_NATIVE, 0},
    [CODE_Dd] = {FROM_DEBUG, SIZE_NATIVE, 0},
    [CODE_ST0] = {FROM_X87_TOP, 10, 0},
    [CODE_STi] = {FROM_X87_RM, 10, 0},
    [CODE_Pq] = {FROM_MMX_REG, 8, 0},
    [CODE_Qd] = {FROM_MMX_RM, 4, 0},
    [CODE_Qq] = {FROM_MMX_RM, 8, 0},
    [CODE_Vdq] = {FROM_XMM_REG, 16, 0},
    [CODE_Wb] = {FROM_XMM_RM, 1, 0},
    [CODE_Ww] = {FROM_XMM_RM, 2, 0},
    [CODE_Wss] = {FROM_XMM_RM, 4, 0},
    [CODE_Wsd] = {FROM_XMM_RM, 8, 0},
    [CODE_Wdq] = {FROM_XMM_RM, 16, 0},
    [CODE_By] = {FROM_VVVV, SIZE_Y, 0},
    [CODE_Vx] = {FROM_XMM_REG, SIZE_X, 0},
    [CODE_Hx] = {FROM_XMM_VVVV, SIZE_X, 0},
    [CODE_Wx] = {FROM_XMM_RM, SIZE_X, 0},
    [CODE_Mx] = {FROM_MODRM_MEMORY, SIZE_X, 0},
    [CODE_Wh] = {FROM_XMM_RM, SIZE_X_HALF, 0},
    [CODE_Wf] = {FROM_XMM_RM, SIZE_X_FOURTH, 0},
    [CODE_We] = {FROM_XMM_RM, SIZE_X_EIGHTH, 0},
    [CODE_Hdq] = {FROM_XMM_VVVV, 16, 0},
    [CODE_Ldq] = {FROM_XMM_IMMEDIATE, 16, 0},
    [CODE_Lx] = {FROM_XMM_IMMEDIATE, SIZE_X, 0},
    [CODE_Vqq] = {FROM_XMM_REG, 32, 0},
    [CODE_Hqq] = {FROM_XMM_VVVV, 32, 0},
    [CODE_Wqq] = {FROM_XMM_RM, 32, 0},
    [CODE_Mqq] = {FROM_MODRM_MEMORY, 32, 0},
    [CODE_VM] = {FROM_VECTOR_INDEX, SIZE_X, 0},
};

static bool source_is_modrm(u8 code)
{
    switch (operand_letters[code].source) {
    case FROM_MODRM_RM:
    case FROM_MODRM_REG:
    case FROM_MODRM_MEMORY:
    case FROM_MODRM_REGISTER:
    case FROM_SEGMENT_FIELD:
    case FROM_CONTROL:
    case FROM_DEBUG:
    case FROM_X87_RM:
    case FROM_MODRM_WORD_OR_REGISTER:
    case FROM_MODRM_BYTE_OR_REGISTER:
    case FROM_MMX_REG:
    case FROM_MMX_RM:
    case FROM_XMM_REG:
    case FROM_XMM_RM:
    case FROM_VECTOR_INDEX:
        return true;
    default:
        return false;
    }
}

bool row_has_modrm(const OpcodeRow *row)
{
    return row->digit != ANY || source_is_modrm(row->operands[0]) ||
           source_is_modrm(row->operands[1]) || source_is_modrm(row->operands[2]);
}
