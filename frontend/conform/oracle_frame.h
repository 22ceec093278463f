/*
 * What the oracle's child and its assembly (oracle_x64.S) share: two pages at fixed addresses, so
 * that code of any mode finds them without a register.
 */
#ifndef FRONTEND_CONFORM_ORACLE_FRAME_H
#define FRONTEND_CONFORM_ORACLE_FRAME_H

#define ORACLE_CODE  0x13570000 /* oracle_x64.S, copied there */
#define ORACLE_FRAME 0x13571000 /* an OracleFrame */

/* Offsets in an OracleFrame. */
#define FRAME_GPR        0
#define FRAME_FLAGS      128
#define FRAME_HOST_RSP   136
#define FRAME_HOST_FS    144
#define FRAME_FS_BASE    152
#define FRAME_GS_BASE    160
#define FRAME_ENTRY      168
#define FRAME_ON_SIGNAL  176
#define FRAME_SELECTORS  184
#define FRAME_ARRIVED    196
#define FRAME_MXCSR      200
#define FRAME_LONG       204
#define FRAME_OUT_GPR    208
#define FRAME_OUT_FLAGS  336
#define FRAME_OUT_X87    344
#define FRAME_FX         384
#define FRAME_OUT_FX     896
#define FRAME_SCRATCH    1920 /* the end of a small stack */
#define FRAME_USES_YMM   1920
#define FRAME_YMM        1984 /* XSAVE's format; of 64 bytes */
#define FRAME_OUT_YMM    2816
#define XSAVE_YMM        4    /* the component: upper halves of YMM registers */

/* What ARRIVED says: where the case came out. */
#define ARRIVED_BEHIND  0
#define ARRIVED_TARGET  1
#define ARRIVED_SIGNAL  2

#ifndef __ASSEMBLER__

#include "frontend/conform/case.h"

/* The standard format, as far as the upper halves. */
typedef struct XsaveImage {
    FxImage legacy;
    u64 components, unused[7];
    u8 ymm_high[16][16];
} __attribute__((aligned(64))) XsaveImage;

typedef struct OracleFrame {
    u64 gpr[16];
    u64 flags;
    u64 host_rsp, host_fs;
    u64 fs_base, gs_base;               /* for 64-bit mode */
    struct {
        u32 offset;
        u16 selector, unused;
    } entry;                            /* a far pointer */
    u64 on_signal;                      /* address of a function */
    u16 selectors[6];                   /* by SegmentRegister */
    u32 arrived;
    u32 mxcsr;                          /* for C */
    u32 is_long;                        /* 64-bit mode */
    u64 out_gpr[16];
    u64 out_flags;
    u8 out_x87[40];                     /* FNSTENV */
    FxImage fx, out_fx;
    u64 scratch[64];
    u32 uses_ymm;
    XsaveImage ymm, out_ymm;
} OracleFrame;

/* The assembly, and labels in it. */
extern const u8 oracle_code[] __attribute__((visibility("hidden")));
extern const u8 oracle_code_end[] __attribute__((visibility("hidden")));
extern const u8 oracle_signal[] __attribute__((visibility("hidden")));
extern const u8 oracle_behind[] __attribute__((visibility("hidden")));
extern const u8 oracle_target[] __attribute__((visibility("hidden")));

#endif
#endif
