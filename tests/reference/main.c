/*
 * Writes the instruction reference: reference-pages FOLDER, which holds results.txt and
 * results-translator.txt.
 */
#include <errno.h>
#include <string.h>

#include "tests/reference/reference.h"

int main(int argc, char **argv)
{
    static Results results[REFERENCE_ENGINES];
    char path[4096];

    if (argc != 2) {
        fprintf(stderr, "usage: reference-pages FOLDER\n");
        return 2;
    }
    for (unsigned engine = 0; engine < REFERENCE_ENGINES; engine++) {
        snprintf(path, sizeof path, "%s/%s", argv[1], reference_result_files[engine]);
        results_read(&results[engine], path);
    }
    for (unsigned page = 0; reference_page_file(page); page++) {
        FILE *file;

        snprintf(path, sizeof path, "%s/%s", argv[1], reference_page_file(page));
        file = fopen(path, "w");
        if (file)
            reference_page(file, page, results);
        if (!file || fclose(file) != 0) {
            fprintf(stderr, "%s cannot be written: %s\n", path, strerror(errno));
            return 1;
        }
    }
    return 0;
}
