/*
 * One line of assembly for a case, by nasm, which is asked through two files in a folder of its
 * own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frontend/conform/case_text.h"

typedef struct Workshop {
    char folder[40], source[64], result[64], messages[64];
} Workshop;

static bool open_workshop(Workshop *shop)
{
    snprintf(shop->folder, sizeof shop->folder, "/tmp/vitrine-case-XXXXXX");
    if (!mkdtemp(shop->folder))
        return false;
    snprintf(shop->source, sizeof shop->source, "%s/case.asm", shop->folder);
    snprintf(shop->result, sizeof shop->result, "%s/case.bin", shop->folder);
    snprintf(shop->messages, sizeof shop->messages, "%s/messages", shop->folder);
    return true;
}

static void close_workshop(const Workshop *shop)
{
    unlink(shop->source);
    unlink(shop->result);
    unlink(shop->messages);
    rmdir(shop->folder);
}

/* nasm's exit status; 127: there is no nasm. */
static int run_nasm(const Workshop *shop)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        int messages = open(shop->messages, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        dup2(messages, 1);
        dup2(messages, 2);
        execlp("nasm", "nasm", "-f", "bin", "-o", shop->result, shop->source, (char *)NULL);
        _exit(127);
    }
    if (child < 0)
        return -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* nasm's first message without the file's name. */
static void first_message(const Workshop *shop, char *error, size_t error_size)
{
    char line[200] = "";
    FILE *file = fopen(shop->messages, "r");
    const char *text = line;

    if (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        text = strstr(line, "error: ") ? strstr(line, "error: ") + 7 : line;
    }
    if (file)
        fclose(file);
    snprintf(error, error_size, "nasm does not take this: %s", text);
}

static bool read_code(const Workshop *shop, u8 *code, unsigned *length)
{
    u8 bytes[INSN_MAX_LENGTH + 1];
    FILE *file = fopen(shop->result, "r");

    *length = 0;
    if (file) {
        *length = (unsigned)fread(bytes, 1, sizeof bytes, file);
        fclose(file);
    }
    if (*length == 0 || *length > INSN_MAX_LENGTH)
        return false;
    memcpy(code, bytes, *length);
    return true;
}

bool case_assemble(const char *source, unsigned bits, u8 *code, unsigned *length, char *error,
                   size_t error_size)
{
    Workshop shop;
    FILE *file;
    int status = -1;
    bool fine = false;

    snprintf(error, error_size, "'asm' needs a temporary file, which cannot be made: %s",
             strerror(errno));
    if (!open_workshop(&shop))
        return false;
    file = fopen(shop.source, "w");
    if (file) {
        fprintf(file, "bits %u\norg 0\n%s\n", bits, source);
        if (fclose(file) == 0)
            status = run_nasm(&shop);
    }
    if (status == 127)
        snprintf(error, error_size,
                 "'asm' needs nasm, which is not installed; write the bytes "
                 "with 'code'");
    else if (status != 0)
        first_message(&shop, error, error_size);
    else if (!read_code(&shop, code, length))
        snprintf(error, error_size, "this is not one instruction of 1 to %d bytes",
                 INSN_MAX_LENGTH);
    else
        fine = true;
    close_workshop(&shop);
    return fine;
}
