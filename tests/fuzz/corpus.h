/* What programs share that write a seed corpus: files in a folder. */

#ifndef CAROM_TESTS_CORPUS_H
#define CAROM_TESTS_CORPUS_H

#include <stdio.h>
#include <stdlib.h>

static const char *folder;

static void insist(int truth, const char *what)
{
    if (!truth) {
        fprintf(stderr, "corpus: %s\n", what);
        exit(1);
    }
}

static void write_bytes(const char *name, const void *bytes, size_t length)
{
    char path[1000];

    insist(snprintf(path, sizeof path, "%s/%s", folder, name) < (int) sizeof path, "path too long");
    FILE *file = fopen(path, "wb");
    insist(file != NULL, path);
    insist(fwrite(bytes, 1, length, file) == length, path);
    insist(fclose(file) == 0, path);
}

#endif
