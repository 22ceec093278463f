/* The commands, one file for each group of them. */
#pragma once

void command_about(const char *arguments);
void command_clear(const char *arguments);
void command_cpu(const char *arguments);
void command_crash(const char *arguments);
void command_disk(const char *arguments);
void command_draw(const char *arguments);
void command_fault(const char *arguments);
void command_help(const char *arguments);
void command_interrupts(const char *arguments);
void command_memory(const char *arguments);
void command_off(const char *arguments);
void command_pages(const char *arguments);
void command_pci(const char *arguments);
void command_protect(const char *arguments);
void command_reboot(const char *arguments);
void command_segments(const char *arguments);
void command_syscall(const char *arguments);
void command_tasks(const char *arguments);
void command_time(const char *arguments);
