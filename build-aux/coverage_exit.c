/* Linked into the programs of a coverage build: processes that end by _exit, as forked ones must, write down what was counted
 * before they do.  See test.sh.  What a signal ends is lost. */

#include <stdlib.h>

void __gcov_dump(void);
void __real__exit(int code) __attribute__((noreturn));
void __wrap__exit(int code) __attribute__((noreturn));
void __real__Exit(int code) __attribute__((noreturn));
void __wrap__Exit(int code) __attribute__((noreturn));

void __wrap__exit(int code)
{
    __gcov_dump();
    __real__exit(code);
}

void __wrap__Exit(int code)
{
    __gcov_dump();
    __real__Exit(code);
}
