; Ports: CPL against IOPL, and the I/O permission map of the TSS.
; Manual: Intel SDM Vol. 1, "I/O Privilege Level", "I/O Permission Bit Map".

%include "case.inc"

main:

; port title, ring, IOPL, offset of the map in the TSS, limit of the TSS, byte 10h of the map,
; byte 11h, instruction, allowed. Ports 80h to 8Fh.
%macro port 9
    case %1
        mov edi, TSS + 0x68
        mov ecx, 0x30 / 4
        mov eax, -1
        rep stosd
        mov word [TSS + 102], %4
        mov byte [TSS + 0x68 + 0x10], %6
        mov byte [TSS + 0x68 + 0x11], %7
        descriptor FREE, TSS, %5, PRESENT | TSS32, 0
        mov eax, FREE
        ltr ax
        to_ring %2, iopl(%3)
        mov eax, 0
        mov edx, 0x80
    .at: %8
    %if %9
    gets NOTHING
    %else
    gets EXC_GP, 0
    saved_eip .at
    %endif
%endmacro
    port "a port, CPL = IOPL: no map needed", 3, 3, 0x68, 0x67, 0xFF, 0xFF, {out 0x80, al}, 1
    port "a port, CPL below IOPL", 1, 2, 0x68, 0x67, 0xFF, 0xFF, {out 0x80, al}, 1
    port "a port, CPL above IOPL, bit clear", 3, 0, 0x68, 0x97, 0xFE, 0xFF, {out 0x80, al}, 1
    port "a port, CPL above IOPL, bit set: #GP(0)", 3, 2, 0x68, 0x97, 0x01, 0xFF, {out 0x80, al}, 0
    port "a port read, bit clear", 3, 0, 0x68, 0x97, 0xFE, 0xFF, {in al, 0x80}, 1
    port "a port in DX, bit clear", 3, 0, 0x68, 0x97, 0xFE, 0xFF, {out dx, al}, 1
    port "a word, its second bit set: #GP(0)", 3, 0, 0x68, 0x97, 0xFE, 0xFF, {out 0x80, ax}, 0
    port "a word, both bits clear", 3, 0, 0x68, 0x97, 0xFC, 0xFF, {out 0x80, ax}, 1
    port "a doubleword, three bits clear: #GP(0)", 3, 0, 0x68, 0x97, 0xF8, 0xFF, {out 0x80, eax}, 0
    port "a doubleword across two bytes of the map, clear", 3, 0, 0x68, 0x97, 0x3F, 0xFC, {out 0x86, eax}, 1
    port "a doubleword across two bytes of the map, set: #GP(0)", 3, 0, 0x68, 0x97, 0x3F, 0xFE, {out 0x86, eax}, 0
    port "no map in the TSS: #GP(0)", 3, 0, 0x68, 0x67, 0x00, 0x00, {out 0x80, al}, 0
    port "the map's offset is at the TSS's limit: #GP(0)", 3, 0, 0x97, 0x97, 0x00, 0x00, {out 0x80, al}, 0
    port "the map ends before the byte: #GP(0)", 3, 0, 0x68, 0x77, 0x00, 0x00, {out 0x80, al}, 0
    port "the map ends with the byte: two are read, #GP(0)", 3, 0, 0x68, 0x78, 0x00, 0x00, {out 0x80, al}, 0
    port "the map ends with the byte behind", 3, 0, 0x68, 0x79, 0x00, 0x00, {out 0x80, al}, 1
    port "OUTSB, bit clear", 3, 0, 0x68, 0x97, 0xFE, 0xFF, {call out_string}, 1
    port "ring 1 needs IOPL too: #GP(0)", 1, 0, 0x68, 0x97, 0xFF, 0xFF, {out 0x80, al}, 0

    case "a 286 TSS has no map: #GP(0)"
        descriptor FREE, TSS, 0x97, PRESENT | TSS16, 0
        mov word [TSS + 2], TSS_STACK - STACK2
        mov word [TSS + 4], FREE + 8
        descriptor FREE + 8, STACK2, 0xFFFF, PRESENT | WRITABLE, 0
        mov eax, FREE
        ltr ax
        to_ring 3
    .at: out 0x80, al
    gets EXC_GP, 0
    saved_eip .at

    case "REP OUTSB with ECX = 0 asks all the same: #GP(0)"
        to_ring 3
        xor ecx, ecx
        mov dx, 0x80
    .at: rep outsb
    gets EXC_GP, 0
    saved_eip .at

    case "REP INSB with ECX = 0 asks all the same: #GP(0)"
        to_ring 3
        xor ecx, ecx
        mov dx, 0x80
    .at: rep insb
    gets EXC_GP, 0
    saved_eip .at

    finish

out_string:
    mov esi, DATA
    outsb
    ret
