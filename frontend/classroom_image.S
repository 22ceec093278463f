/* The classroom guest's disk image (roms/classroom), part of the program: what boots without options. */
    .section .rodata
    .global classroom_image, classroom_image_end
    .balign 16
classroom_image:
    .incbin "roms/classroom.img"
classroom_image_end:
    .section .note.GNU-stack, "", @progbits
