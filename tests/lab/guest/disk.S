/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A boot sector for BIOS, which prints a banner and switches the machine off. TITLE is the target that it names.
 */
    .code16
    .globl _start
_start:
    xorw %ax, %ax
    movw %ax, %ds
    movw $banner, %si
    cld
next:
    lodsb
    testb %al, %al
    jz off
    movb $0x0e, %ah /* teletype output, which the firmware sends to the serial console */
    movw $0x0007, %bx
    int $0x10
    jmp next
off:
    movw $0x0604, %dx /* QEMU's power management: SLP_EN with the type of S5 */
    movw $0x2000, %ax
    outw %ax, %dx
    hlt
    jmp off
banner:
    .ascii "\r\n\r\n    +----------------------------------------------------+\r\n"
    .ascii "    |  a boot sector\r\n    |  target: " TITLE "\r\n"
    .asciz "    +----------------------------------------------------+\r\n\r\n"
    .org 510
    .word 0xaa55
