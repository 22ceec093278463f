/*
 * Vector instructions whose immediate is part of the host's instruction: a table each, of one
 * function per immediate. Each function is an Operation (simd.h): operands in XMM0 and XMM1, the
 * result in XMM0. Those of the text instructions take XMM1 and XMM2, and give what the instruction
 * gives: ECX or XMM0, and flags.
 *
 * Manual: Intel SDM Vol. 2, each instruction's page.
 */
        .text

/* `count` functions of sixteen bytes each. */
.macro IMMEDIATES name, count, instruction:vararg
        .balign 16
        .globl  simd_immediate_\name
        .hidden simd_immediate_\name
        .type   simd_immediate_\name, @function
simd_immediate_\name:
        .set    number, 0
        .rept   \count
        .balign 16
        \instruction
        ret
        .set    number, number + 1
        .endr
        .size   simd_immediate_\name, . - simd_immediate_\name
.endm

        IMMEDIATES roundps, 16, roundps $number, %xmm1, %xmm0
        IMMEDIATES roundpd, 16, roundpd $number, %xmm1, %xmm0
        IMMEDIATES roundss, 16, roundss $number, %xmm1, %xmm0
        IMMEDIATES roundsd, 16, roundsd $number, %xmm1, %xmm0
        IMMEDIATES insertps, 256, insertps $number, %xmm1, %xmm0
        IMMEDIATES mpsadbw, 8, mpsadbw $number, %xmm1, %xmm0
        IMMEDIATES pblendw, 256, pblendw $number, %xmm1, %xmm0
        IMMEDIATES pclmulqdq, 256, pclmulqdq $number, %xmm1, %xmm0
        IMMEDIATES pshufd, 256, pshufd $number, %xmm1, %xmm0
        IMMEDIATES pshuflw, 256, pshuflw $number, %xmm1, %xmm0
        IMMEDIATES pshufhw, 256, pshufhw $number, %xmm1, %xmm0
        IMMEDIATES shufps, 256, shufps $number, %xmm1, %xmm0
        IMMEDIATES shufpd, 4, shufpd $number, %xmm1, %xmm0
        IMMEDIATES palignr, 33, palignr $number, %xmm1, %xmm0
        IMMEDIATES pslldq, 17, pslldq $number, %xmm0
        IMMEDIATES psrldq, 17, psrldq $number, %xmm0
        IMMEDIATES vcmpps, 32, vcmpps $number, %xmm1, %xmm0, %xmm0
        IMMEDIATES vcmppd, 32, vcmppd $number, %xmm1, %xmm0, %xmm0
        IMMEDIATES vcmpss, 32, vcmpss $number, %xmm1, %xmm0, %xmm0
        IMMEDIATES vcmpsd, 32, vcmpsd $number, %xmm1, %xmm0, %xmm0
        IMMEDIATES vcvtps2ph, 8, vcvtps2ph $number, %xmm1, %xmm0
        IMMEDIATES sha1rnds4, 4, sha1rnds4 $number, %xmm1, %xmm0

/* With REX.W: lengths in RAX and RDX. */
        IMMEDIATES pcmpestrm, 128, .byte 0x66, 0x48, 0x0F, 0x3A, 0x60, 0xCA, number
        IMMEDIATES pcmpestri, 128, .byte 0x66, 0x48, 0x0F, 0x3A, 0x61, 0xCA, number
        IMMEDIATES pcmpistrm, 128, pcmpistrm $number, %xmm2, %xmm1
        IMMEDIATES pcmpistri, 128, pcmpistri $number, %xmm2, %xmm1

        .section .note.GNU-stack, "", @progbits
