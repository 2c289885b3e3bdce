/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wrapper for a function of any signature that returns an integer or a pointer, 0 or NULL being
 * its failure: asks mr_fault_now, then goes on to the real function with all arguments untouched,
 * or returns 0. Only names are known where the list of functions is read from an object file.
 */
#ifndef MR_TEST_FAULT_STUB_H
#define MR_TEST_FAULT_STUB_H

#ifndef __x86_64__
#error "the wrappers of library calls are written for x86-64"
#endif

/* Seven pushes behind the frame pointer, and 8 bytes, keep the stack aligned to 16. */
#define MR_FAULT_STUB_AS(name, stub, real)                                                         \
	__asm__(".section .rodata\n"                                                               \
		"mr_fault_name_" #name ": .asciz \"" #name "\"\n"                                  \
		".text\n"                                                                          \
		".globl " stub "\n"                                                                \
		".type " stub ", @function\n"                                                      \
		"" stub ":\n"                                                                      \
		"	endbr64\n"                                                                       \
		"	push %rbp\n"                                                                     \
		"	mov %rsp, %rbp\n"                                                                \
		"	push %rdi\n"                                                                     \
		"	push %rsi\n"                                                                     \
		"	push %rdx\n"                                                                     \
		"	push %rcx\n"                                                                     \
		"	push %r8\n"                                                                      \
		"	push %r9\n"                                                                      \
		"	push %rax\n"                                                                     \
		"	sub $8, %rsp\n"                                                                  \
		"	lea mr_fault_name_" #name "(%rip), %rdi\n"                                 \
		"	call mr_fault_now@PLT\n"                                                         \
		"	mov %al, %r11b\n"                                                                \
		"	add $8, %rsp\n"                                                                  \
		"	pop %rax\n"                                                                      \
		"	pop %r9\n"                                                                       \
		"	pop %r8\n"                                                                       \
		"	pop %rcx\n"                                                                      \
		"	pop %rdx\n"                                                                      \
		"	pop %rsi\n"                                                                      \
		"	pop %rdi\n"                                                                      \
		"	pop %rbp\n"                                                                      \
		"	test %r11b, %r11b\n"                                                             \
		"	jne 1f\n"                                                                        \
		"	jmp " real "@PLT\n"                                                        \
		"1:	xor %eax, %eax\n"                                                              \
		"	ret\n"                                                                           \
		".size " stub ", . - " stub "\n");

/* Called in its place by an object file whose reference was renamed. */
#define MR_FAULT_STUB(name) MR_FAULT_STUB_AS(name, "mr_faulty_" #name, #name)
/* Called in its place in a program linked with --wrap. */
#define MR_FAULT_WRAP(name) MR_FAULT_STUB_AS(name, "__wrap_" #name, "__real_" #name)

#endif
