#include "translate/code_memory.h"

#include <sys/mman.h>
#include <unistd.h>

bool code_memory_create(CodeMemory *memory, u64 size)
{
    int file = memfd_create("vitrine-code", MFD_CLOEXEC);
    void *writable = MAP_FAILED, *executable = MAP_FAILED;

    *memory = (CodeMemory){.size = size};
    if (file < 0)
        return false;
    if (ftruncate(file, (off_t)size) == 0) {
        writable = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        executable = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    }
    close(file);
    memory->writable = writable == MAP_FAILED ? NULL : writable;
    memory->executable = executable == MAP_FAILED ? NULL : executable;
    if (memory->writable && memory->executable)
        return true;
    code_memory_destroy(memory);
    return false;
}

void code_memory_destroy(CodeMemory *memory)
{
    if (memory->writable)
        munmap(memory->writable, memory->size);
    if (memory->executable)
        munmap((void *)(uintptr_t)memory->executable, memory->size);
    *memory = (CodeMemory){0};
}
